"""Announcements: alerts, and the sentences of ~/say."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import IntEnum

from .prompting import checked_sentence

MAX_SENTENCES = 8
"""Sentences of ~/say that may wait; more are refused, none is dropped."""
MAX_ALERTS = 8
"""Alerts that may wait; of more, the oldest is left out."""


class SpeechPriority(IntEnum):
    """Who is said first; those of one priority in the order in which they came."""

    ALERT = 0
    HIGH = 1
    NORMAL = 2


@dataclass(frozen=True, eq=False)
class Announcement:
    """Words to say as they are. Raise ValueError if there are none, or too many."""

    text: str
    priority: SpeechPriority = SpeechPriority.NORMAL

    def __post_init__(self) -> None:
        """Put the text on one line, without control characters."""
        object.__setattr__(self, "text", checked_sentence(self.text))


class AnnouncementQueue:
    """The announcements that wait, by priority. Not thread-safe."""

    def __init__(self) -> None:
        self._waiting: dict[SpeechPriority, deque[Announcement]] = {
            p: deque() for p in SpeechPriority
        }

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def add(self, announcement: Announcement) -> None:
        """Add one behind those of its priority. Raise ValueError if too many wait."""
        alerts = self._waiting[SpeechPriority.ALERT]
        if announcement.priority is SpeechPriority.ALERT:
            if len(alerts) >= MAX_ALERTS:
                alerts.popleft()
        elif len(self) - len(alerts) >= MAX_SENTENCES:
            raise ValueError(f"{MAX_SENTENCES} sentences are waiting: say it again later")
        self._waiting[announcement.priority].append(announcement)

    def put_back(self, announcement: Announcement) -> None:
        """Put one that was cut off before the others of its priority."""
        same = self._waiting[announcement.priority]
        if announcement.priority is not SpeechPriority.ALERT or len(same) < MAX_ALERTS:
            same.appendleft(announcement)

    def first(self, least: SpeechPriority = SpeechPriority.NORMAL) -> Announcement | None:
        """Return the one to be said next, if it has priority `least` or a higher one."""
        waiting = (same[0] for p, same in self._waiting.items() if p <= least and same)
        return next(waiting, None)

    def take(self, least: SpeechPriority = SpeechPriority.NORMAL) -> Announcement | None:
        """Return what `first` does, and remove it."""
        announcement = self.first(least)
        if announcement is not None:
            self._waiting[announcement.priority].popleft()
        return announcement

    def clear(self) -> None:
        """Drop all."""
        for same in self._waiting.values():
            same.clear()
