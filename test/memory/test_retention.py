from __future__ import annotations

from pathlib import Path

from test.memory.memories import comment
from video_commentary.memory.reader import reading
from video_commentary.memory.retention import DISTRUST, Retention, RetentionLimits
from video_commentary.memory.store import CHUNK, MemoryStore

DAY = 86_400 * 10**9
START = 20_000 * DAY


def texts(path: Path) -> list[str]:
    with reading(path) as reader:
        return [entry.text for entry in reader.page(limit=10_000).entries]


def prune_all(retention: Retention, store: MemoryStore, now: int, passed: float) -> None:
    while retention.prune(store, now, passed):
        pass


def test_what_is_older_than_its_days_goes(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    store = MemoryStore(path)
    store.add(comment(f"day {i}", START + i * DAY) for i in range(10))
    prune_all(Retention(RetentionLimits(3, 10**9)), store, START + 9 * DAY, 0.0)
    assert texts(path) == ["day 9", "day 8", "day 7", "day 6"]
    store.close()


def test_more_than_a_chunk_goes_in_several_steps(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path / "m.db")
    store.add(comment("old", START + i) for i in range(2 * CHUNK + 1))
    retention = Retention(RetentionLimits(1, 10**9))
    steps = [retention.prune(store, START + 9 * DAY, 0.0) for _ in range(4)]
    assert steps == [True, True, True, False]
    store.close()


def test_the_oldest_go_where_the_megabytes_are_used_up(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    store = MemoryStore(path)
    limit = 12_000_000
    retention = Retention(RetentionLimits(30, limit))
    for i in range(60):
        pictures = [(START + i * 100 + n, bytes([i]) + n.to_bytes(2, "big")) for n in range(100)]
        store.add(comment(f"c{t}", t, thumbnail=p + bytes(4000)) for t, p in pictures)
        prune_all(retention, store, START, 0.0)
        assert store.size <= limit
    kept = texts(path)
    assert kept[0] == f"c{START + 5999}"
    assert kept == [f"c{START + 5999 - i}" for i in range(len(kept))], "the oldest are gone"
    assert len(kept) > 1000
    store.close()


def test_nothing_is_deleted_by_age_just_after_the_clock_was_set(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    store = MemoryStore(path)
    store.add([comment("kept", START)])
    retention = Retention(RetentionLimits(1, 10**9))
    prune_all(retention, store, START, 0.0)
    prune_all(retention, store, START + 99 * DAY, 10.0)  # set forward by mistake
    assert texts(path) == ["kept"]
    prune_all(retention, store, START + 20 * 10**9, 20.0)  # and back
    prune_all(retention, store, START + round((DISTRUST + 30) * 1e9), DISTRUST + 30)
    assert texts(path) == ["kept"]
    late = 2 * 86_400 + DISTRUST
    prune_all(retention, store, START + round(late * 1e9), late)
    assert texts(path) == []
    store.close()
