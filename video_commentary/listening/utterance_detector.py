"""Where utterances begin and end: from the probability of speech and the level of each step."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

from .items import Samples
from .voice_activity import STEP_SECONDS

_BEGIN = 0.5
_CONTINUE = 0.35
"""Probability of speech with which an utterance begins, and goes on."""
_ONSET = 0.08
"""Probability with which the soft beginning of a word is counted in."""
_ONSET_STEPS = 4
_LOUDER = 4.0
"""Decibels above the background that speech must have: a room full of voices is not speech."""
_FLOOR_RISE, _FLOOR_FALL = 0.06, 0.3
"""Part of the difference by which the background's level follows in a step, outside utterances."""
_QUIETEST = -60.0
_FLOOR_PERCENTILE = 15


class SpeechChange(Enum):
    """What a step meant for the utterance."""

    NONE = auto()
    BEGAN = auto()
    ENDED = auto()


def level(samples: Samples) -> float:
    """Return the level of sound in dB of full scale, at least -100."""
    return float(10 * np.log10(max(float(np.dot(samples, samples)) / len(samples), 1e-10)))


@dataclass(frozen=True)
class _Step:
    probability: float
    level: float


class UtteranceDetector:
    """Follows one stream. Pure: time is counted in steps of 32 ms.

    `needed_silence`: seconds of silence that end the utterance; set it at any time.
    """

    def __init__(self, needed_silence: float, longest: float) -> None:
        self.needed_silence = needed_silence
        self._longest = longest
        self._floor = _QUIETEST
        self._before: deque[_Step] = deque(maxlen=_ONSET_STEPS)
        self._steps: list[bool] = []
        self._levels: list[float] = []
        self._last_active = 0
        self.speaking = False

    @property
    def length(self) -> float:
        """Seconds since the utterance began."""
        return len(self._steps) * STEP_SECONDS

    @property
    def silence(self) -> float:
        """Seconds since somebody last spoke in the utterance."""
        return (len(self._steps) - self._last_active) * STEP_SECONDS

    @property
    def active(self) -> float:
        """Seconds of the utterance in which somebody certainly speaks."""
        return sum(self._steps) * STEP_SECONDS

    def push(self, probability: float, level: float) -> SpeechChange:
        """Take the next step; `level` in dB of full scale."""
        step = _Step(probability, level)
        if self.speaking:
            return self._go_on(step)
        loud = level > self._floor + _LOUDER
        if loud and probability >= _BEGIN:
            self._begin(step)
            return SpeechChange.BEGAN
        self._before.append(step)
        self._follow(level)
        return SpeechChange.NONE

    def onset_steps(self) -> int:
        """Return how many steps before the current one the utterance began, just after BEGAN."""
        return len(self._steps) - 1

    def cut(self) -> None:
        """End the utterance now."""
        if self._levels:
            quiet = float(np.percentile(self._levels, _FLOOR_PERCENTILE))
            self._floor = max(_QUIETEST, min(quiet, self._levels[-1] + _LOUDER))
        self.speaking = False
        self._steps, self._levels = [], []
        self._before.clear()

    def _begin(self, step: _Step) -> None:
        soft = 0
        for before in reversed(self._before):
            if before.probability < _ONSET or before.level < self._floor + _LOUDER:
                break
            soft += 1
        self.speaking = True
        self._steps = [False] * soft + [True]
        self._levels = [step.level]
        self._last_active = len(self._steps)

    def _go_on(self, step: _Step) -> SpeechChange:
        loud = step.level > self._floor + _LOUDER
        active = loud and step.probability >= _CONTINUE
        self._steps.append(active)
        self._levels.append(step.level)
        if active and self._resumes():
            self._last_active = len(self._steps)
        if self.silence >= self.needed_silence or self.length >= self._longest:
            self.cut()
            return SpeechChange.ENDED
        return SpeechChange.NONE

    def _resumes(self) -> bool:
        """Return whether an active step is speech again, not a blip in a silence."""
        since = self._steps[self._last_active :]
        return len(since) < 4 or sum(since[-4:]) >= 2

    def _follow(self, level: float) -> None:
        """Let the background's level follow."""
        rate = _FLOOR_RISE if level > self._floor else _FLOOR_FALL
        self._floor = max(_QUIETEST, self._floor + rate * (level - self._floor))
