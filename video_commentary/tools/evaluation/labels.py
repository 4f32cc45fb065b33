"""A set of labelled clips: a folder with labels.yaml and the videos it names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

LABELS = "labels.yaml"
POOLED = "all"
"""The table's name for all clips together; no clip may have it."""
NONE, CANT_TELL = "NONE", "CANT_TELL"
"""Stand for any wording of no, none, nobody, 0; and of I can't tell."""
_LINE = "\0line"


class LabelError(Exception):
    """A set can't be read; the message names the file, the clip, the field and the line."""


@dataclass(frozen=True, kw_only=True)
class LabelledEvent:
    """What happens from `t` to `until`, seconds of the clip.

    `what`: enters, leaves, ... or any other word. `importance`: 3 surely worth mentioning to 1
    perhaps. `note`: more about it, for people; nouns and colours in it bear out what is said.
    """

    t: float
    until: float
    what: str
    who: str
    count: int
    where: str
    importance: int
    note: str


@dataclass(frozen=True, kw_only=True)
class LabelledQuestion:
    """A question asked at `t` seconds, and the words of which any one makes an answer right."""

    t: float
    q: str
    accepted: tuple[str, ...]
    kind: str


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A labelled clip. `begin` and `end`: the seconds between which it is labelled."""

    name: str
    path: Path
    begin: float
    end: float
    events: tuple[LabelledEvent, ...]
    facts: tuple[str, ...]
    quiet: tuple[tuple[float, float], ...]
    questions: tuple[LabelledQuestion, ...]


def read_labels(folder: Path) -> list[Clip]:
    """Return the clips of a set, in the file's order; the videos are not opened.

    Raise LabelError.
    """
    path = folder / LABELS
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise LabelError(f"{path}: {error.strerror}; give a folder with {LABELS} in it") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LabelError(f"{path}: not a YAML text: {error}") from None
    if not isinstance(document, dict) or not _names(document):
        raise LabelError(f"{path}: expected clips by name")
    return [_clip(_Entry(path, name, document[name]), folder) for name in _names(document)]


def _names(document: Mapping[Any, Any]) -> list[Any]:
    return [name for name in document if name != _LINE]


class _Loader(yaml.SafeLoader):
    """Keeps the line of every mapping in it, for error messages."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    found: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    found[_LINE] = node.start_mark.line + 1
    return found


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


class _Entry:
    """A clip, or one event or question of it, whose fields are read with a check each."""

    def __init__(self, path: Path, clip: Any, value: Any, field: str = "") -> None:
        self._path = path
        self._clip = clip
        self._field = field
        self._line: int | None = None
        self.name = str(clip)
        if not isinstance(value, dict):
            raise self.wrong("", "expected a mapping of fields")
        self._line = value.get(_LINE)
        self._value = value

    def wrong(self, name: str, message: str) -> LabelError:
        """Return an error about one of the fields."""
        field = ".".join(filter(None, (self._field, name)))
        line = f", line {self._line}" if self._line else ""
        place = f"{self._path}: clip {self._clip}{line}"
        return LabelError(f"{place}: {field}: {message}" if field else f"{place}: {message}")

    def number(self, name: str, default: float | None = None) -> float:
        """Return a number of 0 or more."""
        value: Any = self._value.get(name, default)
        if not _is_number(value):
            raise self.wrong(name, f"expected a number of 0 or more, not {value!r}")
        return float(value)

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number within limits."""
        value = self._value.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.wrong(name, f"expected a whole number from {low} to {high}, not {value!r}")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text on one line."""
        value = self._value.get(name, default)
        if not isinstance(value, str):
            raise self.wrong(name, f"expected a text, not {value!r}")
        return " ".join(value.split())

    def items(self, name: str, needed: bool = False) -> list[Any]:
        """Return a list; empty if the field is left out, unless it is needed."""
        value = self._value.get(name, None if needed else [])
        if not isinstance(value, list):
            raise self.wrong(name, f"expected a list, not {value!r}")
        return value

    def entries(self, name: str, needed: bool = False) -> list[_Entry]:
        """Return a list of mappings as entries."""
        return [
            _Entry(self._path, self._clip, value, f"{name}[{index}]")
            for index, value in enumerate(self.items(name, needed))
        ]

    def span(self, name: str, value: Any) -> tuple[float, float]:
        """Return a span [from, until]."""
        whole = isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))
        if not whole or value[0] >= value[1]:
            raise self.wrong(name, f"expected [from, until] in seconds, not {value!r}")
        return float(value[0]), float(value[1])

    def words(self, name: str) -> tuple[str, ...]:
        """Return a list of words; a bare yes, no or number, which YAML takes for more, too."""
        values = self.items(name, needed=True)
        plain = {True: "yes", False: "no"}
        words = tuple(plain[v] if isinstance(v, bool) else str(v) for v in values)
        if not words or not all(isinstance(v, str | int | float) for v in values):
            raise self.wrong(name, f"expected a list of words, not {values!r}")
        return words

    def has(self, name: str) -> bool:
        """Return whether a field is there."""
        return name in self._value

    def given(self, name: str) -> Any:
        """Return a field as it is."""
        return self._value[name]


def _is_number(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0


def _clip(entry: _Entry, folder: Path) -> Clip:
    if entry.name == POOLED:
        raise entry.wrong("", f"{POOLED!r} is the name of all clips together: choose another")
    duration = entry.number("duration")
    begin, end = 0.0, duration
    if entry.has("labelled"):
        begin, end = entry.span("labelled", entry.given("labelled"))
    facts = entry.items("facts")
    if not all(isinstance(fact, str) for fact in facts):
        raise entry.wrong("facts", "expected a list of texts; put one with a colon in quotes")
    return Clip(
        name=entry.name,
        path=folder / entry.text("file", f"{entry.name}.mp4"),
        begin=begin,
        end=end,
        events=tuple(_event(event) for event in entry.entries("events", needed=True)),
        facts=tuple(facts),
        quiet=tuple(
            entry.span(f"quiet[{index}]", value) for index, value in enumerate(entry.items("quiet"))
        ),
        questions=tuple(_question(question) for question in entry.entries("questions")),
    )


def _event(entry: _Entry) -> LabelledEvent:
    t = entry.number("t")
    until = entry.number("until", t)
    if until < t:
        raise entry.wrong("until", f"{until} is before t, {t}")
    return LabelledEvent(
        t=t,
        until=until,
        what=entry.text("what"),
        who=entry.text("who"),
        count=entry.whole("count", 1, 0, 1_000_000),
        where=entry.text("where", ""),
        importance=entry.whole("importance", 1, 1, 3),
        note=entry.text("note", ""),
    )


def _question(entry: _Entry) -> LabelledQuestion:
    return LabelledQuestion(
        t=entry.number("t"),
        q=entry.text("q"),
        accepted=entry.words("a"),
        kind=entry.text("kind", ""),
    )
