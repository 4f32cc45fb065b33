"""How surely somebody other than the robot speaks, step by step."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.stamp import Stamp, from_seconds
from .echo import LONGEST_DELAY, EchoCanceller, EchoGate, PlayedSound
from .items import RATE, Samples
from .sound_blocks import BLOCK
from .utterance_detector import level
from .voice_activity import STEP, StreamActivity, VoiceActivity

_SPEECH = 0.35
"""Probability of speech below which nobody speaks, whoever it would be."""
_OWN_SHARE = 0.5
"""Part of a sound's power above which it is the robot's own."""
_CLEAN_STEPS, _RAW_STEPS = 8, 4
"""Steps of sound that are compared with what was played, after and before cancellation."""
_ECHO_TAIL = from_seconds(1.5)
"""Time after the robot's last sound in which the echo canceller still runs."""
_SPEAKS_TAIL = from_seconds(LONGEST_DELAY)


@dataclass(frozen=True, eq=False)
class SpeechStep:
    """32 ms of a stream.

    `samples`: without echo, shape [STEP]. `end`: the stamp after the last one. `probability`: that
    somebody other than the robot speaks. `level`: of that sound, in dB of full scale. `robot`:
    whether the robot is heard, or will be at once.
    """

    samples: Samples
    end: Stamp
    probability: float
    level: float
    robot: bool


class SpeechDetector:
    """Follows one stream.

    While the robot speaks, two signals are looked at. The cancelled one has no echo, but lacks soft
    beginnings of words, so the one before cancellation counts too where it is not an echo.
    """

    def __init__(self, network: VoiceActivity, played: PlayedSound) -> None:
        self._played = played
        self._canceller = EchoCanceller(played)
        self._gate = EchoGate(played)
        self._clean, self._raw = StreamActivity(network), StreamActivity(network)
        self._blocks: list[NDArray[np.float32]] = []
        self._latest: deque[NDArray[np.float32]] = deque(maxlen=_CLEAN_STEPS)

    def reset(self) -> None:
        """Begin afresh after a gap."""
        self._clean.reset()
        self._raw.reset()
        self._blocks.clear()
        self._latest.clear()

    def push(self, block: Samples, begin: Stamp) -> Iterator[SpeechStep]:
        """Take 10 ms of sound; yield the step that it completes."""
        clean = block
        if self._played.audible(begin - _ECHO_TAIL, begin + _SPEAKS_TAIL):
            clean = self._canceller.clean(block, begin)
        self._blocks.append(np.stack([block, clean]))
        sound = np.concatenate(self._blocks, axis=1)
        if sound.shape[1] < STEP:
            return
        self._blocks = [sound[:, STEP:]]
        end = begin + from_seconds((BLOCK - sound.shape[1] + STEP) / RATE)
        yield self._step(sound[:, :STEP], end)

    def _step(self, sound: NDArray[np.float32], end: Stamp) -> SpeechStep:
        self._latest.append(sound)
        raw, clean = sound
        robot = self._played.audible(end - _SPEAKS_TAIL, end)
        probability, loud = self._clean.push(clean), level(clean)
        if not robot:
            return SpeechStep(clean, end, probability, loud, robot)
        if probability > _SPEECH and self._is_own(1, _CLEAN_STEPS, end):
            probability = 0.0
        before = self._raw.push(raw)
        if before > max(_SPEECH, probability) and not self._is_own(0, _RAW_STEPS, end):
            probability, loud = before, level(raw)
        return SpeechStep(clean, end, probability, loud, robot)

    def _is_own(self, signal: int, steps: int, end: Stamp) -> bool:
        heard = np.concatenate([each[signal] for each in list(self._latest)[-steps:]])
        return self._gate.share(heard, end) > _OWN_SHARE
