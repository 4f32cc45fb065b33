"""One line of doctor's report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..config.paths import PACKAGE, source_tree


class FindingState(Enum):
    """Whether a thing was found; OPTIONAL: it was not, and the chosen engine works without it."""

    GOOD = "ok"
    OPTIONAL = "--"
    MISSING = "NO"


@dataclass(frozen=True)
class Finding:
    """What was checked, what was found, and the command that fixes it."""

    state: FindingState
    what: str
    found: str
    fix: str = ""


def present(what: str, found: str, fix: str = "") -> Finding:
    """Return the finding of something that works."""
    return Finding(FindingState.GOOD, what, found, fix)


def absent(what: str, found: str, fix: str, needed: bool) -> Finding:
    """Return the finding of something that is missing."""
    return Finding(FindingState.MISSING if needed else FindingState.OPTIONAL, what, found, fix)


def tool_command(words: str) -> str:
    """Return how a user of this installation calls one of our tools."""
    root = source_tree()
    if root is not None and (root / ".venv").is_dir():
        name, _, rest = words.partition(" ")
        return f".venv/bin/python -m {PACKAGE}.tools.{name} {rest}".rstrip()
    return f"ros2 run {PACKAGE} {words}"
