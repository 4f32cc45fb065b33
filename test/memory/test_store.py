from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from test.memory.memories import at, comment, event, filled
from video_commentary.core.location import GeoFix, Location, PlanarPose
from video_commentary.core.memory_entry import COMMENT, EVENT, MemoryEntry
from video_commentary.memory.database import VERSION, DamagedDatabaseError, move_aside
from video_commentary.memory.filters import EntryFilter
from video_commentary.memory.reader import MemoryReadError, Page, reading, search_words
from video_commentary.memory.store import MemoryStore

VERSION_1 = Path(__file__).parents[1] / "data" / "memory" / "version1.db.gz"


def page(path: Path, limit: int = 50, cursor: str = "", **chosen: object) -> Page:
    with reading(path) as reader:
        filters = EntryFilter(**chosen)  # type: ignore[arg-type]
        return reader.page(filters, limit=limit, cursor=cursor, thumbnails=True)


def texts(found: Page) -> list[str]:
    return [entry.text for entry in found.entries]


def test_an_entry_comes_back_as_it_was(tmp_path: Path) -> None:
    whole = event(
        "enters", "car", at("12:00"), where="left", count=2, at_least=True, colour="red",
        thumbnail=b"\xff\xd8jpeg",
    )  # fmt: skip
    bare = comment("Zwei Hunde laufen. 犬", at("12:01"), stamp=5)
    path = filled(tmp_path / "m.db", whole, bare)
    got = page(path).entries
    assert [entry.id for entry in got] == [2, 1]
    assert got[1] == MemoryEntry(**(vars(whole) | {"id": 1}))
    assert got[0] == MemoryEntry(**(vars(bare) | {"id": 2}))


@pytest.mark.parametrize(
    "location",
    [
        Location(name="the dock", pose=PlanarPose(frame="map", x=2.1, y=-3.4, yaw=0.5)),
        Location(fix=GeoFix(latitude=0.0, longitude=-13.5)),
        Location(
            pose=PlanarPose(frame="odom", x=0.0, y=0.0, yaw=0.0),
            fix=GeoFix(latitude=1.0, longitude=2.0),
        ),
    ],
)
def test_where_the_robot_was_comes_back(tmp_path: Path, location: Location) -> None:
    path = filled(tmp_path / "m.db", comment("c1", 1, location=location), comment("c2", 2))
    assert [entry.location for entry in page(path).entries] == [None, location]


def test_a_database_of_the_first_version_is_brought_to_this_one(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    path.write_bytes(gzip.decompress(VERSION_1.read_bytes()))
    place = Location(pose=PlanarPose(frame="map", x=1.0, y=2.0, yaw=0.0))
    for number in range(2):  # the second time it is of this version already
        filled(path, comment(f"new dog {number}", at("14:00") + number, location=place))
    found = page(path)
    assert texts(found) == [
        "new dog 1",
        "new dog 0",
        "Two cars.",
        "A dog runs at the gate.",
        "A red handbag is picked up on the right.",
    ]
    assert [entry.location for entry in found.entries] == [place, place, None, None, None]
    old = found.entries[-1]
    assert (old.id, old.who, old.colour, old.thumbnail) == (1, "handbag", "red", b"\xff\xd8old")
    assert texts(page(path, words=search_words("dog"))) == [texts(found)[i] for i in (0, 1, 3)]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_database_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = filled(tmp_path / "m.db", comment("c1", 1))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(DamagedDatabaseError, match="a newer version"):
        MemoryStore(path)


def test_the_newest_come_first_page_by_page(tmp_path: Path) -> None:
    path = filled(tmp_path / "m.db", *(comment(f"c{i}", at("12:00") + i // 3) for i in range(25)))
    cursor, seen, sizes = "", [], []
    while True:
        found = page(path, 10, cursor)
        seen += texts(found)
        sizes.append(len(found.entries))
        cursor = found.cursor
        if not cursor:
            break
    assert sizes == [10, 10, 5]
    assert seen == [f"c{i}" for i in reversed(range(25))]
    with pytest.raises(ValueError, match="cursor"):
        page(path, cursor="7; DROP TABLE entries")


def test_pages_are_filtered_by_time_kind_and_words(tmp_path: Path) -> None:
    path = filled(
        tmp_path / "m.db",
        comment("A dog runs.", at("12:00")),
        event("enters", "dog", at("12:01")),
        comment("Dogs bark at the gate.", at("12:02")),
        comment("A cat sleeps.", at("12:03")),
    )
    assert len(texts(page(path, kinds=(EVENT,)))) == 1
    assert len(texts(page(path, kinds=(EVENT, COMMENT)))) == 4
    assert texts(page(path, start=at("12:02"))) == ["A cat sleeps.", "Dogs bark at the gate."]
    dogs = search_words("dog")
    assert texts(page(path, words=dogs, kinds=(COMMENT,))) == [
        "Dogs bark at the gate.",
        "A dog runs.",
    ]
    assert texts(page(path, words=dogs, end=at("12:01"))) == ["A dog comes in.", "A dog runs."]
    assert texts(page(path, words=search_words('"dog* OR (cat'))) == []
    first = page(path, 1, words=dogs)
    assert texts(page(path, 1, first.cursor, words=dogs)) == ["A dog comes in."]


def test_entries_about_one_picture_share_its_thumbnail(tmp_path: Path) -> None:
    picture = bytes(4000)
    path = tmp_path / "m.db"
    store = MemoryStore(path)
    store.add([comment(f"c{i}", i, thumbnail=picture) for i in range(3)])
    store.add([comment("d", 4, thumbnail=picture)])
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM thumbnails").fetchone() == (1,)
    assert all(entry.thumbnail == picture for entry in page(path).entries)
    assert store.delete_before(4) == 3
    assert page(path).entries[0].thumbnail == picture, "one entry still shows it"
    assert store.delete_oldest() == 1
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM thumbnails").fetchone() == (0,)
    connection.close()
    store.close()


def test_what_is_deleted_is_not_found_and_its_id_not_used_again(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    store = MemoryStore(path)
    store.add([comment("old dog", 1), comment("new dog", 2)])
    assert store.delete_oldest() == 2
    store.add([comment("third dog", 3)])
    found = page(path, words=search_words("dog"))
    assert [(entry.id, entry.text) for entry in found.entries] == [(3, "third dog")]
    store.close()


def test_a_batch_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    store = MemoryStore(path)
    with pytest.raises(OverflowError):
        store.add([comment("fits", 1), comment("does not", 2**70)])
    store.add([comment("later", 3)])
    assert texts(page(path)) == ["later"]
    store.close()


@pytest.mark.parametrize("content", [b"not a database" * 1000, b"SQLite format 3\0" + bytes(4096)])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.db"
    path.write_bytes(content)
    with pytest.raises(DamagedDatabaseError):
        MemoryStore(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE entries (id)")
    connection.close()
    with pytest.raises(DamagedDatabaseError, match="another program"):
        MemoryStore(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM entries").fetchone() == (0,)
    connection.close()


def test_moving_aside_never_overwrites(tmp_path: Path) -> None:
    from test.memory.memories import moment

    path = tmp_path / "m.db"
    for content in (b"one", b"two"):
        path.write_bytes(content)
        (tmp_path / "m.db-wal").write_bytes(content)
        move_aside(path, moment("12:00"))
    kept = sorted(file.name for file in tmp_path.iterdir())
    assert kept == [
        "m.db.damaged-20260312-120000",
        "m.db.damaged-20260312-120000-2",
        "m.db.damaged-20260312-120000-2-wal",
        "m.db.damaged-20260312-120000-wal",
    ]


def test_a_query_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    path = filled(tmp_path / "m.db", *(comment("a dog", i) for i in range(5000)))
    ticks = iter(range(10_000))

    def search() -> None:
        with reading(path, clock=lambda: float(next(ticks)), seconds=0.5) as reader:
            reader.page(EntryFilter(words=search_words("dog"), kinds=(EVENT,)), limit=5)

    with pytest.raises(MemoryReadError, match="shorter time"):
        search()


def test_a_database_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(MemoryReadError, match="can't be opened"), reading(tmp_path / "none.db"):
        pass


def test_a_hundred_thousand_entries_are_read_in_windows(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    store = MemoryStore(path)
    store.add(
        event("enters", "car" if i % 1000 == 0 else "person", i * 10**9) for i in range(100_000)
    )
    store.close()
    assert [entry.id for entry in page(path, 3).entries] == [100_000, 99_999, 99_998]
    middle = page(path, 3, end=50_000 * 10**9)
    assert [entry.id for entry in middle.entries] == [50_001, 50_000, 49_999]
    assert page(path, 3, middle.cursor, end=50_000 * 10**9).entries[0].id == 49_998
    cars = page(path, 60, words=search_words("car"))
    assert len(cars.entries) == 60 and len(page(path, 60, cars.cursor, words='"car"').entries) == 40
