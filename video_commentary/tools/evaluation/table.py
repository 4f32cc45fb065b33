"""The figures as a table for people, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .metrics import Figures


class Column(NamedTuple):
    """A column: its heading, the figure, and how it is written."""

    heading: str
    figure: str
    percent: bool = False


COLUMNS = (
    Column("said", "sentences"),
    Column("true", "true", True),
    Column("partly", "partly", True),
    Column("empty", "empty", True),
    Column("false", "false", True),
    Column("unjudged", "unjudged", True),
    Column("recall 3 s", "recall_3s", True),
    Column("10 s", "recall_10s", True),
    Column("2: 3 s", "recall_2_3s", True),
    Column("10 s", "recall_2_10s", True),
    Column("time F1", "time_f1", True),
    Column("delay s", "delay_median"),
    Column("silence s", "longest_silence"),
    Column("quiet w/min", "quiet_words_per_minute"),
    Column("repeats", "repeats"),
    Column("numbers", "numbers_right", True),
    Column("right", "answers_right", True),
    Column("wrong", "answers_wrong", True),
    Column("can't tell", "answers_unknown", True),
    Column("a minute", "comments_per_minute"),
)


def table(
    rows: Mapping[str, Figures], first: str = "clip", columns: Sequence[Column] = COLUMNS
) -> str:
    """Return a Markdown table, one row for each name; shares in per cent."""
    cells = [[first, *(column.heading for column in columns)]]
    cells += [[name, *(_cell(found, c) for c in columns)] for name, found in rows.items()]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [_line(row, widths) for row in cells]
    rule = "|".join(["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])])
    return "\n".join([lines[0], f"|{rule}|", *lines[1:]])


def _line(row: list[str], widths: list[int]) -> str:
    first = row[0].ljust(widths[0])
    rest = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
    return f"| {' | '.join([first, *rest])} |"


def _cell(found: Figures, column: Column) -> str:
    value = found[column.figure]
    if value is None:
        return "-"
    if column.percent:
        return f"{100 * value:.0f}"
    return str(value) if isinstance(value, int) else f"{value:.1f}"
