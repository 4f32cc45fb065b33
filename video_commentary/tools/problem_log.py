"""Which of the problems that nodes report in /diagnostics to print, and when."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SETTLE = 2.5
"""Seconds that a warning must last: nodes that have just started don't see each other yet."""
SILENT = 20.0
"""Seconds without a report, which comes every second, after which a node counts as hung."""
_SECONDS = re.compile(r"\d+(\.\d+)? s\b")


@dataclass(frozen=True)
class Problem:
    """What one check of a node reports as wrong. `error`: the node itself can't work."""

    message: str
    error: bool

    def same(self, other: Problem) -> bool:
        """Whether the messages differ in seconds alone, which count up while nothing changes."""
        return _SECONDS.sub("", self.message) == _SECONDS.sub("", other.message)


@dataclass
class _Entry:
    problem: Problem
    since: float
    shown: bool = False


class ProblemLog:
    """Selects each problem once; again when its message changes or when it comes back.

    Errors are due at once, warnings when they have lasted `SETTLE` seconds with every node there.
    All times are seconds of one monotonic clock.
    """

    def __init__(self, nodes: Sequence[str], now: float) -> None:
        """Expect reports of `nodes`."""
        self._heard_at = dict.fromkeys(nodes, now)
        self._missing = set(nodes)
        self._complete_at = float("inf")
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._any_shown = False

    @property
    def missing(self) -> list[str]:
        """The nodes that are still starting: those that have not reported yet."""
        return [node for node in self._heard_at if node in self._missing]

    def report(self, node: str, checks: Mapping[str, Problem | None], now: float) -> None:
        """Take a node's whole report, a problem or None per check; unexpected nodes are ignored."""
        if node not in self._heard_at:
            return
        self._heard_at[node] = now
        self._found(node, now)
        known = [check for owner, check in self._entries if owner == node]
        for check in dict.fromkeys([*known, *checks]):
            self._set((node, check), checks.get(check), now)

    def due(self, now: float) -> list[str]:
        """Return the lines to print now."""
        for node, heard_at in self._heard_at.items():
            if now - heard_at >= SILENT:
                self._found(node, now)
                text = f"nothing in /diagnostics for {now - heard_at:.0f} s: see its log"
                self._set((node, ""), Problem(text, error=True), now)
        lines = []
        for (node, _), entry in self._entries.items():
            if not entry.shown and self._ready(entry, now):
                if entry.problem.error or not self._shown(entry.problem):
                    lines.append(f"{node}: {entry.problem.message}")
                entry.shown = self._any_shown = True
        if self._any_shown and not self._entries:
            self._any_shown = False
            lines.append("all well again")
        return lines

    def _found(self, node: str, now: float) -> None:
        self._missing.discard(node)
        if not self._missing:
            self._complete_at = min(self._complete_at, now)

    def _set(self, key: tuple[str, str], problem: Problem | None, now: float) -> None:
        entry = self._entries.get(key)
        if problem is None:
            self._entries.pop(key, None)
        elif entry is not None and entry.problem.same(problem):
            entry.problem = problem
        else:
            self._entries[key] = _Entry(problem, now)

    def _ready(self, entry: _Entry, now: float) -> bool:
        return entry.problem.error or now - max(entry.since, self._complete_at) >= SETTLE

    def _shown(self, problem: Problem) -> bool:
        """Whether another check has shown the same message: two nodes may miss one camera."""
        return any(other.shown and other.problem.same(problem) for other in self._entries.values())
