"""What doctor finds out about one thing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..config.paths import PACKAGE, source_tree


class State(Enum):
    """Whether a thing is there; OPTIONAL: it is not, and what was asked for works without."""

    GOOD = "ok"
    OPTIONAL = "--"
    MISSING = "NO"


@dataclass(frozen=True)
class Finding:
    """One line of the report: what was looked at, what is there, and what mends it."""

    state: State
    what: str
    found: str
    fix: str = ""


def absent(what: str, found: str, fix: str, needed: bool) -> Finding:
    """Return the finding of something that is not there."""
    return Finding(State.MISSING if needed else State.OPTIONAL, what, found, fix)


def tool_command(words: str) -> str:
    """Return how a user of this installation calls one of our tools."""
    root = source_tree()
    if root is not None and (root / ".venv").is_dir():
        name, _, rest = words.partition(" ")
        return f".venv/bin/python -m {PACKAGE}.tools.{name} {rest}".rstrip()
    return f"ros2 run {PACKAGE} {words}"
