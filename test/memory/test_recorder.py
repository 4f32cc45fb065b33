from __future__ import annotations

import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from test.memory.memories import comment, filled
from video_commentary.core.memory_entry import MemoryEntry
from video_commentary.memory.reader import reading
from video_commentary.memory.recorder import QUEUE_SIZE, Recorder
from video_commentary.memory.retention import RetentionLimits
from video_commentary.memory.store import MemoryStore

ROOT = Path(__file__).resolve().parents[2]
LIMITS = RetentionLimits(30, 10**9)
NOW = time.time_ns()


@contextmanager
def recorder(path: Path, log: Callable[[str], None] = lambda _: None) -> Iterator[Recorder]:
    it = Recorder(path, LIMITS, time.time_ns, log)
    try:
        yield it
    finally:
        it.close()


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def texts(path: Path) -> list[str]:
    with reading(path) as reader:
        return [entry.text for entry in reader.page(limit=100_000).entries]


def test_entries_can_be_read_while_it_records(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "m.db"
    with recorder(path) as it:
        it.add(comment("one", time.time_ns()))
        until(lambda: it.written == 1)
        assert texts(path) == ["one"]
        it.add(comment("two", time.time_ns()))
        until(lambda: it.written == 2)
        assert texts(path) == ["two", "one"]
        assert it.trouble == ""


def test_what_is_queued_is_written_before_it_closes(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with recorder(path) as it:
        it.add(comment("first", time.time_ns()))
        until(lambda: it.written == 1)  # the database is made, which a slow disk takes its time for
        for i in range(1199):
            it.add(comment(f"c{i}", time.time_ns() + i))
    assert len(texts(path)) == 1200


def test_an_entry_that_comes_just_before_the_close_is_written_too(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    idle, closed = threading.Event(), threading.Event()

    def now() -> int:
        """Hold the thread where it has seen an empty queue and looks for old entries."""
        idle.set()
        closed.wait(10)
        return NOW

    it = Recorder(path, LIMITS, now)
    assert idle.wait(10)
    it.add(comment("late", NOW))
    closing = threading.Thread(target=it.close)
    closing.start()
    closing.join(0.1)  # it has said that it closes, and waits for the thread
    closed.set()
    closing.join()
    assert texts(path) == ["late"]


def test_killed_in_the_middle_of_writing_no_row_is_lost_or_torn(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    command = [sys.executable, "-m", "test.memory.busy_recorder", str(path)]
    stored = 0
    for killed_after in (1, 40, 173, 400):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            acknowledged = 0
            while acknowledged < killed_after:
                acknowledged = int(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
            acknowledged = max([acknowledged, *map(int, process.stdout.read().split())])
            assert process.wait() == -signal.SIGKILL
        found = check(path)
        assert found >= stored + acknowledged, "an entry that was stored is lost"
        stored = found


def check(path: Path) -> int:
    """Return how many entries there are; all must be whole, in every index too."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.execute("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")
    with reading(path) as reader:
        entries = reader.after(0, 1_000_000, thumbnails=True)
    for entry in entries:
        number = int(entry.text.split()[1])
        picture = number.to_bytes(4, "big")
        assert entry.text == f"entry {number} of {picture.hex()}"
        assert entry.thumbnail == picture * 1000
    return len(entries)


def test_a_full_disk_is_reported_and_nothing_is_lost_when_there_is_room_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "m.db"
    warnings: list[str] = []
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with recorder(path, warnings.append) as it:
        it.add(comment("before", NOW))
        until(lambda: it.written == 1)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
        try:
            for i in range(100):
                it.add(comment(f"c{i}", NOW + 1 + i, thumbnail=i.to_bytes(1, "big") * 20_000))
            until(lambda: it.trouble)
            assert texts(path)[-1] == "before", "what is there can still be read"
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        assert "Free space on its disk" in it.trouble
        until(lambda: it.written == 101)
        assert it.trouble == ""
    assert texts(path) == [*(f"c{i}" for i in reversed(range(100))), "before"]
    assert len(warnings) == 1


def test_while_nothing_can_be_written_the_oldest_are_dropped(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.write_text("in the way")
    with recorder(folder / "m.db") as it:
        until(lambda: it.trouble)
        for i in range(QUEUE_SIZE + 5):
            it.add(comment(f"c{i}", NOW + i))
        assert it.dropped == 5
        folder.unlink()
        until(lambda: it.written == QUEUE_SIZE)
    assert texts(folder / "m.db")[-1] == "c5"


def test_a_flood_of_entries_does_not_outgrow_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    add = MemoryStore.add

    def measured(store: MemoryStore, entries: list[MemoryEntry]) -> None:
        add(store, entries)
        sizes.append(store.size)

    monkeypatch.setattr(MemoryStore, "add", measured)
    flood = [comment("c", NOW, thumbnail=i.to_bytes(4, "big") * 500) for i in range(5000)]
    it = Recorder(tmp_path / "m.db", RetentionLimits(30, 1_000_000), time.time_ns)
    try:
        for entry in flood:
            it.add(entry)
        until(lambda: it.written == len(flood))
    finally:
        it.close()
    assert 1_000_000 < max(sizes) < 6_000_000 < len(flood) * 2000


def test_an_entry_that_cant_be_stored_does_not_stop_the_others(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    warnings: list[str] = []
    with recorder(path, warnings.append) as it:
        it.add(comment("too late", 2**70))
        until(lambda: it.dropped == 1)
        it.add(comment("after", NOW))
        until(lambda: it.written == 1)
    assert texts(path) == ["after"]
    assert "1 entries can't be stored" in warnings[0]


def test_a_damaged_database_is_moved_aside(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    path.write_bytes(b"these are no entries" * 500)
    warnings: list[str] = []
    with recorder(path, warnings.append) as it:
        it.add(comment("after", NOW))
        until(lambda: it.written == 1)
        assert Path(it.damaged).read_bytes().startswith(b"these are no entries")
    assert texts(path) == ["after"]
    assert len(warnings) == 1
    assert it.damaged in warnings[0] and "a new one is begun" in warnings[0]


def test_a_database_that_is_damaged_in_the_middle_is_moved_aside(tmp_path: Path) -> None:
    path = filled(tmp_path / "m.db", *(comment(f"c{i} " * 100, NOW + i) for i in range(2000)))
    content = bytearray(path.read_bytes())
    content[8192:] = bytes(len(content) - 8192)
    path.write_bytes(content)
    with recorder(path) as it:
        it.add(comment("after", NOW))
        until(lambda: it.written == 1)
        assert it.damaged
    assert texts(path) == ["after"]


@pytest.mark.parametrize("jump", [-3600, -10 * 365 * 86_400])
def test_a_clock_that_is_set_back_loses_nothing(tmp_path: Path, jump: int) -> None:
    path = tmp_path / "m.db"
    now = time.time_ns()
    with recorder(path) as it:
        it.add(comment("before", now))
        until(lambda: it.written == 1)
        it.add(comment("after", now + jump * 10**9))
        until(lambda: it.written == 2)
    assert texts(path) == ["before", "after"]
    with reading(path) as reader:
        assert [entry.text for entry in reader.after(0, 10)] == ["before", "after"]
