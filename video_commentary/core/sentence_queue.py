"""Sentences that are said as they are: alerts, and those of ~/say."""

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
class Sentence:
    """Words to say as they are. Raise ValueError if there are none, or too many."""

    text: str
    priority: SpeechPriority = SpeechPriority.NORMAL

    def __post_init__(self) -> None:
        """Put the text on one line, without control characters."""
        object.__setattr__(self, "text", checked_sentence(self.text))


class SentenceQueue:
    """The sentences that wait, by priority. Not thread-safe."""

    def __init__(self) -> None:
        self._waiting: dict[SpeechPriority, deque[Sentence]] = {p: deque() for p in SpeechPriority}

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def add(self, sentence: Sentence) -> None:
        """Add a sentence behind those of its priority. Raise ValueError if too many wait."""
        alerts = self._waiting[SpeechPriority.ALERT]
        if sentence.priority is SpeechPriority.ALERT:
            if len(alerts) >= MAX_ALERTS:
                alerts.popleft()
        elif len(self) - len(alerts) >= MAX_SENTENCES:
            raise ValueError(f"{MAX_SENTENCES} sentences are waiting: say it again later")
        self._waiting[sentence.priority].append(sentence)

    def put_back(self, sentence: Sentence) -> None:
        """Put a sentence that was cut off before the others of its priority."""
        same = self._waiting[sentence.priority]
        if sentence.priority is not SpeechPriority.ALERT or len(same) < MAX_ALERTS:
            same.appendleft(sentence)

    def first(self, least: SpeechPriority = SpeechPriority.NORMAL) -> Sentence | None:
        """Return the sentence to be said next, if it has priority `least` or a higher one."""
        waiting = (same[0] for p, same in self._waiting.items() if p <= least and same)
        return next(waiting, None)

    def take(self, least: SpeechPriority = SpeechPriority.NORMAL) -> Sentence | None:
        """Return what `first` does, and remove it."""
        sentence = self.first(least)
        if sentence is not None:
            self._waiting[sentence.priority].popleft()
        return sentence

    def clear(self) -> None:
        """Drop all."""
        for same in self._waiting.values():
            same.clear()
