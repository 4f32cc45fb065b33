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
_LOUDER = 6.0
"""Decibels above the background that speech must have: a room full of voices is not speech."""
_SMOOTH, BACKGROUND_STEPS = 8, 96
"""Steps over which levels are smoothed, and of which the quietest is the background: 3 s."""
_QUIETEST = -60.0


class SpeechChange(Enum):
    """What a step meant for the utterance."""

    NONE = auto()
    BEGAN = auto()
    ENDED = auto()


def level(samples: Samples) -> float:
    """Return the level of sound in dB of full scale, at least -100."""
    return float(10 * np.log10(max(float(np.dot(samples, samples)) / len(samples), 1e-10)))


class Background:
    """The level of what is always there: the quietest moment of the last 3 s."""

    def __init__(self) -> None:
        self._latest: deque[float] = deque(maxlen=_SMOOTH)
        # A stream may begin with a word: what it begins with is no background.
        self._smoothed: deque[float] = deque([_QUIETEST], maxlen=BACKGROUND_STEPS)

    def push(self, level: float) -> None:
        """Take the level of the next step, in dB of full scale."""
        self._latest.append(level)
        self._smoothed.append(sum(self._latest) / len(self._latest))

    def is_below(self, level: float) -> bool:
        """Return whether a level stands out, so that it may be somebody speaking."""
        return level > max(_QUIETEST, min(self._smoothed)) + _LOUDER


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
        self._background = Background()
        self._before: deque[_Step] = deque(maxlen=_ONSET_STEPS)
        self._steps: list[bool] = []
        self._last_active = 0
        self._certain = 0.0
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
        """Seconds of the utterance in which somebody probably speaks."""
        return sum(self._steps) * STEP_SECONDS

    @property
    def certain(self) -> float:
        """Seconds in which somebody certainly speaks: a step counts less the less sure it is."""
        return self._certain * STEP_SECONDS

    def push(self, probability: float, level: float) -> SpeechChange:
        """Take the next step; `level` in dB of full scale."""
        step = _Step(probability, level)
        self._background.push(level)
        if self.speaking:
            return self._go_on(step)
        if self._background.is_below(step.level) and probability >= _BEGIN:
            self._begin(step)
            return SpeechChange.BEGAN
        self._before.append(step)
        return SpeechChange.NONE

    def onset_steps(self) -> int:
        """Return how many steps before the current one the utterance began, just after BEGAN."""
        return len(self._steps) - 1

    def cut(self) -> None:
        """End the utterance now."""
        self.speaking = False
        self._steps = []
        self._before.clear()

    def _begin(self, step: _Step) -> None:
        soft = 0
        for before in reversed(self._before):
            if before.probability < _ONSET or not self._background.is_below(before.level):
                break
            soft += 1
        self.speaking = True
        self._steps = [False] * soft + [True]
        self._certain = _certainty(step.probability)
        self._last_active = len(self._steps)

    def _go_on(self, step: _Step) -> SpeechChange:
        loud = self._background.is_below(step.level)
        active = loud and step.probability >= _CONTINUE
        self._steps.append(active)
        self._certain += _certainty(step.probability) if loud else 0.0
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


def _certainty(probability: float) -> float:
    """Return 0 for a probability of speech that says nothing, 1 for one without doubt."""
    return max(0.0, 2 * probability - 1)
