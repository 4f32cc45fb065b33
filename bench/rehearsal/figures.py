"""Figures of a row, and the table of all rows."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

COLUMNS = ("n", "min", "median", "p99", "max")


@dataclass(frozen=True)
class Spread:
    """A quantity measured several times."""

    n: int
    min: float
    median: float
    p99: float
    max: float

    @staticmethod
    def of(values: Sequence[float]) -> Spread | None:
        """Return the spread of `values`, None if there are none.

        The 99th percentile is the value below which 99 % are: the maximum of fewer than 100.
        """
        if not values:
            return None
        ordered = sorted(values)
        rank = min(len(ordered) - 1, int(0.99 * len(ordered)))
        middle = statistics.median(ordered)
        return Spread(len(ordered), ordered[0], middle, ordered[rank], ordered[-1])


@dataclass
class Row:
    """What a row of the rehearsal measured, or why it could not.

    `spreads` and `values` by name, with the unit in the name; `series`: what the spreads were made
    of, in the order of time, which shows when an outlier came; `notes`: sentences.
    """

    name: str
    spreads: dict[str, Spread | None] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    failure: str = ""
    series: dict[str, list[float]] = field(default_factory=dict)

    def add(self, series: Mapping[str, list[float]]) -> None:
        """Add quantities that were measured several times."""
        self.series |= series
        self.spreads |= {name: Spread.of(values) for name, values in series.items()}

    def lines(self) -> list[str]:
        """Return the row as lines of the table."""
        found = [self.name + (f": FAILED, {self.failure}" if self.failure else "")]
        for name, spread in self.spreads.items():
            if spread is None:
                found.append(f"  {name:44}{0:>6}")
            else:
                cells = "".join(
                    f"{value:10.4g}"
                    for value in (spread.min, spread.median, spread.p99, spread.max)
                )
                found.append(f"  {name:44}{spread.n:>6}{cells}")
        found += [f"  {name:44}{'':6}{'':10}{value:10.4g}" for name, value in self.values.items()]
        return found + [f"  {note}" for note in self.notes]


def heading() -> str:
    """Return the columns' names."""
    first, *others = COLUMNS
    return f"{'':46}{first:>6}" + "".join(f"{name:>10}" for name in others)
