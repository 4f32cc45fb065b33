"""Whether the linear filter still knows the room: what it leaves may be the robot after all.

A filter that has learned one room leaves much of the echo in another one, and by its loudness alone
that is like somebody who speaks. But it is a mixture of what was played at a few delays, in each
frequency, and somebody else's words are not.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from .echo import HOP, best_offset, halved, spectra
from .items import Samples
from .utterance_detector import level

_STEPS = 8
"""Steps of sound that are judged: 0.26 s."""
_TAPS = 4
"""Delays of 8 ms each, from one before that of the loudest echo."""
_RIDGE = 3e-3
_NOTHING = 1e-9
_REMOVED = 6.0
"""Decibels that a filter takes away at least where it knows the room and nobody else is heard."""
_LOUD_RANGE = 15.0
_LOUD_STEPS = 4
"""It is the median of the steps less than so many dB below the loudest, if there are enough."""
_LEFT = 0.45
"""Part of the power of what the filter leaves from which it may be an echo. Of 75 beginnings of
people's words over a robot's, 4 % had more, of 54 echoes in a room that was not the learned one,
74 %."""
_ECHO_ALONE = 0.7
"""Part of the power of what is heard from which nobody but the robot is."""
_CHANGED_STEPS = 6
"""Steps of the robot alone, of which the filter left an echo, after which the room has changed."""


@dataclass(frozen=True)
class RoomState:
    """`doubt`: whether the latest sound may be the robot's. `changed`: whether the room has."""

    doubt: bool = False
    changed: bool = False


class RoomWatch:
    """Follows one stream while the robot speaks."""

    def __init__(self) -> None:
        self._raw: deque[Samples] = deque(maxlen=_STEPS)
        self._rest: deque[Samples] = deque(maxlen=_STEPS)
        self._left = 0

    def reset(self) -> None:
        """Begin afresh."""
        self._raw.clear()
        self._rest.clear()
        self._left = 0

    def push(self, raw: Samples, rest: Samples) -> None:
        """Take the next step: what was heard, and what the filter left of it."""
        self._raw.append(raw)
        self._rest.append(rest)

    def judge(self, searched: Samples, played: Samples) -> RoomState:
        """Compare the latest steps with what was played, unless the filter takes most of them away.

        searched: the stream's latest sound, from which the delay is found, shape [n]. played: shape
        [m + n], as of `coherent_share`.
        """
        if len(self._raw) < _STEPS:
            return RoomState(doubt=True)
        removed = self._removed()
        if removed is not None and removed > _REMOVED:
            self._left = 0
            return RoomState()
        searched, played = halved(searched), halved(played)
        raw, rest = (halved(np.concatenate(steps)) for steps in (self._raw, self._rest))
        first = best_offset(searched, played) + len(searched) - len(raw) - (_TAPS - 2) * HOP
        delayed = played[max(0, first) :][: len(raw) + (_TAPS - 1) * HOP]
        if delayed_share(rest, delayed) < _LEFT:
            return RoomState()
        if removed is not None:
            self._left += delayed_share(raw, delayed) > _ECHO_ALONE
        return RoomState(doubt=True, changed=self._left >= _CHANGED_STEPS)

    def _removed(self) -> float | None:
        """Decibels that the filter takes away of most steps; None if too little is loud to say."""
        heard = [level(step) for step in self._raw]
        removed = [
            loud - level(rest)
            for loud, rest in zip(heard, self._rest, strict=True)
            if loud > max(heard) - _LOUD_RANGE
        ]
        return median(removed) if len(removed) >= _LOUD_STEPS else None


def delayed_share(heard: Samples, played: Samples) -> float:
    """Return the part, 0 to 1, of the power of `heard` that a filter of _TAPS delays explains.

    heard: shape [n] at 8 kHz. played: shape [n + (_TAPS - 1) * HOP], of which that much more is
    before it.
    The filter is the one that fits best in each frequency (least squares).
    """
    here, there = spectra(heard), spectra(played)
    count = min(len(here), len(there) - _TAPS + 1)
    if count < 2 * _TAPS:
        return 0.0
    delays: NDArray[np.complexfloating] = np.stack(
        [there[_TAPS - 1 - tap :][:count] for tap in range(_TAPS)], axis=2
    ).transpose(1, 0, 2)
    target = here[:count].T[:, :, None]
    adjoint = delays.conj().transpose(0, 2, 1)
    normal = adjoint @ delays
    power = np.trace(normal, axis1=1, axis2=2).real / _TAPS
    normal = normal + (_RIDGE * power + _NOTHING)[:, None, None] * np.eye(_TAPS)
    error = target - delays @ np.linalg.solve(normal, adjoint @ target)
    left, all_of_it = float((np.abs(error) ** 2).sum()), float((np.abs(target) ** 2).sum())
    return 1 - left / all_of_it if all_of_it > _NOTHING else 0.0
