"""The file of watches: whole or damaged, kept or not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from video_commentary.core.watch_store import StoredWatches, WatchStore
from video_commentary.core.watches import Watch

DOOR = Watch(id=3, condition="a person enters", name="Tür", camera="eye", cooldown=5.0, speak=True)
GATE = Watch(id=5, condition="a car stops", name="a car stops")


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    store = WatchStore(tmp_path / "a" / "b.json")
    assert store.load() == StoredWatches()
    store.save([DOOR, GATE], 9)
    assert store.load() == StoredWatches((DOOR, GATE), 9)
    store.save([], 9)
    assert store.load() == StoredWatches((), 9)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.json"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"version": 2, "next_id": 1, "watches": []}',
        '{"version": 1, "next_id": 1, "watches": [{"id": 1}]}',
        '{"version": 1, "next_id": "1", "watches": []}',
        '{"version": 1, "next_id": 1, "watches": 7}',
        '{"version": 1, "next_id": 1, "watches": [{"id": -1, "condition": "a", "name": "b"}]}',
        '{"version": 1, "next_id": 1, "watches": [{"id": 1, "condition": 4, "name": "b"}]}',
        "[" * 100_000,
    ],
)
def test_a_damaged_file_is_moved_aside(tmp_path: Path, content: str) -> None:
    path = tmp_path / "watches.json"
    path.write_text(content, encoding="utf-8")
    stored = WatchStore(path).load()
    aside = tmp_path / "watches.json.damaged"
    assert stored.watches == ()
    assert str(aside) in stored.trouble
    assert not path.exists()
    assert aside.read_text(encoding="utf-8") == content


def test_two_watches_of_one_id_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "watches.json"
    WatchStore(path).save([DOOR, DOOR], 9)
    assert "same id" in WatchStore(path).load().trouble


def test_a_file_that_cannot_be_read_stays_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "watches.json").mkdir()
    assert "can't read" in WatchStore(tmp_path / "watches.json").load().trouble
    assert (tmp_path / "watches.json").is_dir()


def test_a_save_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    store = WatchStore(tmp_path / "watches.json")
    store.save([DOOR], 4)
    with pytest.raises(TypeError):
        store.save([Watch(id=object(), condition="", name="")], 5)  # type: ignore[arg-type]
    assert store.load() == StoredWatches((DOOR,), 4)
    assert len(list(tmp_path.iterdir())) == 1
    assert json.loads(store.path.read_text(encoding="utf-8"))["next_id"] == 4
