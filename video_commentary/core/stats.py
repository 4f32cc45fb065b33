"""Counts and averages of what the commentator has done."""

from __future__ import annotations

from dataclasses import dataclass

from .comment import Comment
from .pacing import Average
from .stamp import to_seconds

MAX_DELAY = 60.0
"""Seconds; a longer delay means that camera and node disagree about the time of day."""


@dataclass
class Stats:
    """Counts since activation; `..._delay` and `cycle_time` in seconds.

    `words_delay`, `sound_delay`: averages from the newest frame's stamp to the first words and to
    the first sound. `cycle_time`: of the last comment.
    """

    comments: int = 0
    silent: int = 0
    cancelled: int = 0
    engine_errors: int = 0
    cycle_time: float = 0.0
    words_delay: float = 0.0
    sound_delay: float = 0.0


class StatsRecorder:
    """Keeps `stats` up to date."""

    def __init__(self) -> None:
        self.stats = Stats()
        self._words_delay = Average(0.2, 0.0)
        self._sound_delay = Average(0.2, 0.0)

    def reset(self) -> None:
        """Count from 0 again; keep the averages."""
        self.stats = Stats()

    def add_error(self) -> None:
        """Count a comment that failed."""
        self.stats.engine_errors += 1

    def add(self, comment: Comment, took: float) -> None:
        """Count a finished comment, which took `took` seconds."""
        stats = self.stats
        stats.cycle_time = took
        if comment.cancelled:
            stats.cancelled += 1
        elif comment.silent:
            stats.silent += 1
        else:
            stats.comments += 1
        if comment.first_words is not None:
            delay = to_seconds(comment.first_words - comment.newest)
            stats.words_delay = _updated(self._words_delay, delay)
        if comment.first_sound is not None:
            delay = to_seconds(comment.first_sound - comment.newest)
            stats.sound_delay = _updated(self._sound_delay, delay)


def _updated(average: Average, delay: float) -> float:
    """Return the average with one more delay; the first counts whole, absurd ones don't."""
    if 0 <= delay < MAX_DELAY:
        average.value = average.value or delay
        average.add(delay)
    return average.value
