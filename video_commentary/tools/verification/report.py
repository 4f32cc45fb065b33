"""The rows on one screen, and the report to send: without anything that names a person."""

from __future__ import annotations

import getpass
import json
import math
import re
import socket
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.text import Text

from ... import __version__
from .check import CheckVerdict
from .checks import CheckedRow

FORMAT = 1
"""Version of the report's layout."""
WIDTH = 80
_NAME_WIDTH = 13
_MARK_WIDTH = 5
_MOST_LINES = 3
"""Lines of one row's finding on the screen; the report has all of it."""
_STYLES = {
    CheckVerdict.OK: "green",
    CheckVerdict.WARN: "yellow",
    CheckVerdict.FAIL: "bold red",
    CheckVerdict.SKIP: "dim",
}
_ABSOLUTE_PATH = re.compile(r"(?<![\w/.:])/(?:[^\s/:'\"()]+/)+")
"""The folders of an absolute path; its last part stays."""
_SHORTEST_NAME = 3


def render_row(row: CheckedRow, width: int = WIDTH) -> Text:
    """Return a row as lines of at most `width` columns."""
    outcome = row.outcome
    indent = " " * (_MARK_WIDTH + _NAME_WIDTH)
    inner = max(20, width - len(indent))
    lines = textwrap.wrap(outcome.found, inner, max_lines=_MOST_LINES, placeholder=" ...")
    if outcome.remedy:
        lines += textwrap.wrap(f"-> {outcome.remedy}", inner)
    text = Text(f"{outcome.verdict.value:<{_MARK_WIDTH}}", _STYLES[outcome.verdict])
    text.append(f"{row.name:<{_NAME_WIDTH}}", "default")
    text.append(f"\n{indent}".join(lines), "default")
    return text


def make_report(rows: Iterable[CheckedRow], model: str, log: Sequence[str]) -> dict[str, Any]:
    """Return the report as JSON has it; `model` is awq, bf16 or a folder's name."""
    document = {
        "format": FORMAT,
        "version": __version__,
        "model": model,
        "checks": [
            {
                "name": row.name,
                "verdict": row.outcome.verdict.value.lower(),
                "found": row.outcome.found,
                "remedy": row.outcome.remedy,
                "figures": row.outcome.figures,
            }
            for row in rows
        ],
        "log": list(log),
    }
    scrubbed: dict[str, Any] = scrub(document, personal_words())
    return scrubbed


def write_report(path: Path, document: Mapping[str, Any]) -> None:
    """Write the report. Raise OSError."""
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def personal_words() -> dict[str, str]:
    """Return the words that name this machine and its user, and what stands in for each."""
    host = socket.gethostname()
    words = {host: "HOST", host.partition(".")[0]: "HOST", Path.home().name: "USER"}
    with suppress(KeyError, OSError):  # a container's user may have no name
        words[getpass.getuser()] = "USER"
    return {word: mark for word, mark in words.items() if len(word) >= _SHORTEST_NAME}


def scrub(value: Any, words: Mapping[str, str]) -> Any:
    """Return a value as JSON has it, without absolute paths and `words` in any text of it."""
    if isinstance(value, str):
        value = _ABSOLUTE_PATH.sub("", value)
        for word in sorted(words, key=len, reverse=True):
            value = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", words[word], value)
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has neither NaN nor infinity
    if isinstance(value, Mapping):
        return {scrub(key, words): scrub(item, words) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [scrub(item, words) for item in value]
    return value
