"""The memory's database file: its tables, opening it, and moving aside one that is damaged."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from datetime import datetime
from pathlib import Path

VERSION = 2
"""Of the tables, kept in the file."""
APPLICATION = 0x56434D45
"""Marks a database as ours: "VCME"."""
COMPANIONS = ("-wal", "-shm")
"""Ends of the names of the files that SQLite keeps beside the database."""
BUSY_TIMEOUT = 5.0
"""Seconds to wait for another connection's lock."""
WAL_BYTES = 4_000_000
"""To which SQLite cuts its write-ahead log once it is in the database."""

# The events' indexes hold all that questions about events filter by, and count. Queries name them,
# since SQLite would take the index of kinds, and repeat their condition without a parameter.
_TABLES = """
CREATE TABLE thumbnails (id INTEGER PRIMARY KEY, jpeg BLOB NOT NULL);
CREATE TABLE entries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  stamp INTEGER NOT NULL,
  time INTEGER NOT NULL,
  camera TEXT NOT NULL,
  text TEXT NOT NULL,
  question TEXT NOT NULL,
  event TEXT NOT NULL,
  who TEXT NOT NULL,
  place TEXT NOT NULL,
  count INTEGER,
  at_least INTEGER NOT NULL,
  colour TEXT NOT NULL,
  thumbnail INTEGER REFERENCES thumbnails (id)
);
CREATE INDEX entries_by_time ON entries (time);
CREATE INDEX entries_by_kind ON entries (kind, time);
CREATE INDEX events_by_who ON entries (who, time, event, place, colour, count, at_least)
  WHERE kind = 'event';
CREATE INDEX events_by_time ON entries (time, who, event, place, colour, count, at_least)
  WHERE kind = 'event';
CREATE INDEX entries_by_thumbnail ON entries (thumbnail) WHERE thumbnail IS NOT NULL;
CREATE VIRTUAL TABLE words USING fts5 (
  text, question, content = 'entries', content_rowid = 'id', tokenize = 'porter unicode61'
);
CREATE TRIGGER entries_added AFTER INSERT ON entries BEGIN
  INSERT INTO words (rowid, text, question) VALUES (new.id, new.text, new.question);
END;
CREATE TRIGGER entries_deleted AFTER DELETE ON entries BEGIN
  INSERT INTO words (words, rowid, text, question)
    VALUES ('delete', old.id, old.text, old.question);
END;
"""


_MIGRATIONS = {
    1: """
ALTER TABLE entries ADD COLUMN place_name TEXT NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN frame TEXT NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN x REAL;
ALTER TABLE entries ADD COLUMN y REAL;
ALTER TABLE entries ADD COLUMN yaw REAL;
ALTER TABLE entries ADD COLUMN latitude REAL;
ALTER TABLE entries ADD COLUMN longitude REAL;
""",
}
"""What brings tables of a version to the next one; new databases begin as version 1 too. None of
it may take long with millions of entries."""


class DamagedDatabaseError(Exception):
    """The file is not a database of this version of the package, or is damaged."""


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether an error means that the file is damaged, not that it can't be used now.

    SQLite's "malformed" and "not a database" are DatabaseErrors; full disks, locks and denied
    permissions are a subclass of it.
    """
    return type(error) is sqlite3.DatabaseError


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Return a connection to the database at `path`, which is made if there is none.

    Raise sqlite3.OperationalError or OSError if that fails, DamagedDatabaseError if the file can't
    be used.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)
    try:
        _prepare(connection)
    except sqlite3.Error as error:
        connection.close()
        if is_damage(error):
            raise DamagedDatabaseError(str(error)) from None
        raise
    except DamagedDatabaseError:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    # A commit waits for no disk: killing the process loses nothing that was committed, a power
    # cut at most the last seconds, and neither harms the file.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        version, tables = _require_ours(connection), ""
    else:
        version, tables = 1, f"{_TABLES} PRAGMA application_id = {APPLICATION};"
    if version != VERSION:
        steps = "".join(_MIGRATIONS[each] for each in range(version, VERSION))
        connection.executescript(
            f"BEGIN IMMEDIATE; {tables} {steps} PRAGMA user_version = {VERSION}; COMMIT;"
        )


def _require_ours(connection: sqlite3.Connection) -> int:
    """Return the version of the tables. Raise DamagedDatabaseError if they can't be used."""
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
        raise DamagedDatabaseError("it is another program's database")
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if not 1 <= version <= VERSION:
        raise DamagedDatabaseError("a newer version of this package has written it")
    connection.execute("SELECT max(id) FROM entries").fetchone()
    return version


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Return a connection that can't change the database. Raise sqlite3.OperationalError."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", BUSY_TIMEOUT, uri=True)
    connection.execute("PRAGMA query_only = 1")
    return connection


def move_aside(path: Path, now: datetime) -> Path:
    """Rename a damaged database and SQLite's files beside it; return its new name.

    Raise OSError.
    """
    name = f"{path.name}.damaged-{now:%Y%m%d-%H%M%S}"
    aside = path.with_name(name)
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{name}-{number}")
    path.rename(aside)
    for end in COMPANIONS:
        with suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(aside.with_name(aside.name + end))
    return aside


def size_on_disk(path: Path) -> int:
    """Return the bytes of the database and of SQLite's files beside it."""
    size = 0
    for end in ("", *COMPANIONS):
        with suppress(OSError):
            size += path.with_name(path.name + end).stat().st_size
    return size
