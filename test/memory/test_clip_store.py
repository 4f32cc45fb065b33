"""The folder of clips, and the thread that writes them."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest
from rosbags.highlevel import AnyReader

from test.memory.clips import PlainFiles, at, contents, cut
from test.memory.memories import comment
from video_commentary.core.clip import ClipPicture, RecordedClip
from video_commentary.memory.clip_buffer import ClipRefusedError, CutClip
from video_commentary.memory.clip_recorder import MAX_WAITING, ClipRecorder
from video_commentary.memory.clip_store import UNFINISHED, ClipStore
from video_commentary.nodes.memory.clip_files import ClipFileFormats

ROOT = Path(__file__).resolve().parents[2]
NOW = 1_700_000_000 * 10**9


def opened(root: Path, limit: int = 10**8, files: PlainFiles | None = None) -> ClipStore:
    store = ClipStore(root, files or PlainFiles(), limit)
    store.open()
    return store


def ids(store: ClipStore, before: int = 0, limit: int = 50) -> list[str]:
    return [clip.id for clip in store.newest(before, limit)]


def whole(store: ClipStore, id: str, format: str = "") -> bytes:
    data, total = store.read(id, format, 0, 0)
    while len(data) < total:
        data += store.read(id, format, len(data), 1000)[0]
    return data


def of(seconds: float, size: int) -> Any:
    """Return contents of one picture of so many bytes."""
    made = contents()
    return replace(made, pictures=(ClipPicture(at(seconds), bytes(size)),), words=(), sound=())


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_a_clip_is_there_after_a_restart_with_all_that_is_known(tmp_path: Path) -> None:
    clip = opened(tmp_path / "a" / "b").add(cut("c1", name="gate"), "mcap", 7)
    store = opened(tmp_path / "a" / "b")
    assert store.newest(0, 5) == [clip]
    assert clip == RecordedClip(
        id="c1",
        name="gate",
        begin=at(0.0),
        end=at(1.9),
        moment=at(1.0),
        alert=7,
        camera="eye",
        format="mcap",
        size=sum(len(picture.jpeg) for picture in contents().pictures),
        pictures=20,
    )
    assert whole(store, "c1") == b"".join(picture.jpeg for picture in contents().pictures)
    assert whole(store, "c1", "jpeg") == contents().pictures[10].jpeg
    assert whole(store, "c1", "vtt") == b'["A red <car>.", "It stops."]'


def test_ids_are_never_used_twice(tmp_path: Path) -> None:
    store = opened(tmp_path)
    first, second = store.new_id(NOW), store.new_id(NOW)
    assert second == f"{first}-2"
    store.add(cut(first), "mcap", 0)
    assert opened(tmp_path).new_id(NOW) == second


def test_the_newest_come_first_and_pages_follow(tmp_path: Path) -> None:
    store = opened(tmp_path)
    for i in range(4):
        store.add(cut(f"c{i}", of(10.0 * i, 100)), "mcap", 0)
    assert ids(store, limit=2) == ["c3", "c2"]
    assert ids(store, before=at(20.0)) == ["c1", "c0"]


def test_the_oldest_make_room_whatever_their_stamps_are(tmp_path: Path) -> None:
    store = opened(tmp_path, limit=500_000)
    for i, seconds in enumerate((500.0, 400.0, 300.0, 600.0)):
        store.add(cut(f"c{i}", of(seconds, 100_000)), "mcap", 0)
    assert sorted(ids(store)) == ["c2", "c3"]
    assert store.size <= 500_000
    assert sorted(p.name for p in tmp_path.iterdir()) == [UNFINISHED, "c2", "c3"]
    again = opened(tmp_path, limit=300_000)
    again.add(cut("c4", of(0.0, 100_000)), "mcap", 0)
    assert sorted(ids(again)) == ["c4"]
    with pytest.raises(ClipRefusedError, match="raise clip_disk_megabytes"):
        again.add(cut("c5", of(0.0, 300_000)), "mcap", 0)
    assert ids(again) == ["c4"], "nothing was deleted in vain"


def test_an_mp4_file_is_made_once_and_counts(tmp_path: Path) -> None:
    files = PlainFiles()
    store = opened(tmp_path, files=files)
    store.add(cut("c1"), "mcap", 0)
    before = store.size
    assert whole(store, "c1", "mp4") == whole(store, "c1", "mp4") == b"movie"
    assert files.made == 1 and store.size == before + len(b"movie")
    assert list((tmp_path / UNFINISHED).iterdir()) == []
    assert whole(opened(tmp_path, files=files), "c1", "mp4") == b"movie" and files.made == 1


def test_what_cant_be_read_is_refused_with_what_can(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.add(cut("c1"), "mp4", 0)
    (tmp_path / "secret").write_text("x")
    for id, format, length, words in (
        ("c2", "", 0, "no clip"),
        ("../secret", "", 0, "no clip"),
        ("c1", "avi", 0, "mcap, mp4, vtt, jpeg"),
        ("c1", "mcap", 0, "written as mp4"),
        ("c1", "", 262_145, "above 262144"),
    ):
        with pytest.raises(ClipRefusedError, match=words):
            store.read(id, format, 0, length)
    assert store.read("c1", "", 3, 100) == (b"ie", 5)
    assert store.read("c1", "", 2**60, 100) == (b"", 5)


def test_what_was_not_finished_is_removed_and_other_files_stay(tmp_path: Path) -> None:
    opened(tmp_path).add(cut("c1"), "mcap", 0)
    (tmp_path / UNFINISHED / "c2").mkdir()
    (tmp_path / UNFINISHED / "c2" / "c2.mcap").write_bytes(b"half")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "clip.json").write_text("{}")
    store = opened(tmp_path)
    assert ids(store) == ["c1"]
    assert list((tmp_path / UNFINISHED).iterdir()) == []
    assert (tmp_path / "mine").is_dir()


def test_a_clip_that_cant_be_written_leaves_nothing(tmp_path: Path) -> None:
    class Broken(PlainFiles):
        def subtitles(self, contents: object) -> str:
            raise RuntimeError("no words")

    store = opened(tmp_path, files=Broken())
    with pytest.raises(RuntimeError):
        store.add(cut("c1"), "mcap", 0)
    assert ids(store) == [] and list((tmp_path / UNFINISHED).iterdir()) == []


def test_both_formats_are_real_files(tmp_path: Path) -> None:
    store = ClipStore(tmp_path, ClipFileFormats("/commentator"), 10**8)
    store.open()
    bag, movie = store.add(cut("c1"), "mcap", 0), store.add(cut("c2"), "mp4", 0)
    assert bag.size == len(whole(store, "c1")) and movie.size == len(whole(store, "c2"))
    for id in ("c1", "c2"):
        (tmp_path / "played.mp4").write_bytes(whole(store, id, "mp4"))
        with av.open(str(tmp_path / "played.mp4")) as container:
            assert sum(1 for _ in container.decode(video=0)) == 20
        assert whole(store, id, "vtt").startswith(b"WEBVTT")


def test_what_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rosbags.rosbag2", None)
    store = ClipStore(tmp_path, ClipFileFormats("/commentator"), 10**8)
    with recording(store) as (recorder, _):
        recorder.add(cut("c1"))
        until(lambda: recorder.trouble)
        assert "pip install -r requirements.txt" in recorder.trouble


@contextmanager
def recording(
    store: ClipStore, **options: Any
) -> Iterator[tuple[ClipRecorder, list[RecordedClip]]]:
    written: list[RecordedClip] = []
    chosen: dict[str, Any] = {
        "format": "mcap",
        "max_waiting_size": 10**8,
        "entry_id": lambda entry: 5,
        "on_written": written.append,
    }
    recorder = ClipRecorder(store, **(chosen | options))
    try:
        yield recorder, written
    finally:
        recorder.close()


def test_clips_are_written_and_announced_with_their_alert(tmp_path: Path) -> None:
    store = ClipStore(tmp_path, PlainFiles(), 10**8)
    alert = comment("A person.", NOW)
    with recording(store) as (recorder, written):
        recorder.add(cut("c1"))
        asked = cut("c2")
        recorder.add(CutClip(replace(asked.order, alert=alert), asked.contents))
        until(lambda: recorder.written == 2)
    assert [(clip.id, clip.alert) for clip in written] == [("c1", 0), ("c2", 5)]
    assert written == list(reversed(store.newest(0, 9)))


def test_what_is_queued_is_written_before_it_closes(tmp_path: Path) -> None:
    store = ClipStore(tmp_path, PlainFiles(), 10**8)
    with recording(store) as (recorder, written):
        for i in range(5):
            recorder.add(cut(f"c{i}"))
    assert len(written) == 5


def test_a_clip_that_cant_be_written_does_not_stop_the_others(tmp_path: Path) -> None:
    warnings: list[str] = []
    store = ClipStore(tmp_path, PlainFiles(), 200_000)
    with recording(store, log=warnings.append) as (recorder, written):
        recorder.add(cut("c1", of(0.0, 300_000)))
        recorder.add(cut("c2", of(0.0, 100)))
        until(lambda: recorder.written == 1)
        assert (recorder.dropped, recorder.trouble) == (1, "")
    assert [clip.id for clip in written] == ["c2"]
    assert "raise clip_disk_megabytes" in warnings[0]


def test_a_full_disk_is_reported_and_clips_wait_for_room(tmp_path: Path) -> None:
    warnings: list[str] = []
    store = ClipStore(tmp_path, PlainFiles(), 10**8)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with recording(store, log=warnings.append) as (recorder, written):
        recorder.add(cut("c1", of(0.0, 1000)))
        until(lambda: recorder.written == 1)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
        try:
            for i in range(2, MAX_WAITING + 4):
                recorder.add(cut(f"c{i}", of(0.0, 60_000)))
            until(lambda: recorder.trouble)
            until(lambda: recorder.dropped >= 2)
            assert whole(store, "c1") == bytes(1000), "what is there can still be read"
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        assert "Free space on its disk" in recorder.trouble
        until(lambda: recorder.written == 1 + MAX_WAITING)
        assert recorder.trouble == "" and len(warnings) == 1
    assert [clip.id for clip in written][1:] == [f"c{i}" for i in range(4, MAX_WAITING + 4)]


def test_clips_that_wait_take_only_so_many_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.write_text("in the way")
    store = ClipStore(folder, PlainFiles(), 10**8)
    with recording(store, max_waiting_size=250_000) as (recorder, written):
        until(lambda: recorder.trouble)
        for i in range(4):
            recorder.add(cut(f"c{i}", of(0.0, 100_000)))
        assert recorder.dropped == 2
        folder.unlink()
        until(lambda: recorder.written == 2)
    assert [clip.id for clip in written] == ["c2", "c3"]


def test_killed_in_the_middle_of_writing_no_clip_is_torn(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "test.memory.busy_clips", str(tmp_path)]
    finished = 0
    for _ in range(3):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            for _ in range(2):
                finished += bool(process.stdout.readline())
            # in the middle: a file has been begun
            until(lambda: any((tmp_path / UNFINISHED).glob("*/*")))
            process.send_signal(signal.SIGKILL)
            finished += len(process.stdout.read().splitlines())
            assert process.wait() == -signal.SIGKILL
        store = opened(tmp_path)
        clips = store.newest(0, 1000)
        assert len(clips) >= finished
        assert {p.name for p in tmp_path.iterdir()} == {UNFINISHED, *(clip.id for clip in clips)}
        assert list((tmp_path / UNFINISHED).iterdir()) == []
    for clip in clips:
        with AnyReader([tmp_path / clip.id / f"{clip.id}.mcap"]) as reader:
            assert sum(1 for _ in reader.messages()) == clip.pictures + 2 + 1 + 15
