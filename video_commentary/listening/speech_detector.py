"""How surely somebody other than the robot speaks, step by step."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..core.stamp import Stamp, from_seconds
from .echo import LEAD_SECONDS, LONGEST_DELAY, EchoCanceller, EchoGate, PlayedSound
from .items import RATE, Samples
from .linear_echo import LinearEcho
from .room_change import RoomState, RoomWatch
from .sound_blocks import BLOCK
from .utterance_detector import BACKGROUND_STEPS, Background, level
from .voice_activity import STEP, STEP_SECONDS, StreamActivity, VoiceActivity

_SPEECH = 0.35
"""Probability of speech below which nobody speaks, whoever it would be."""
_OWN_SHARE = 0.5
"""Part of a sound's power above which it is the robot's own."""
_REVERB_STEPS = 8
_HANGOVER = 16
"""Steps after the last that stood out of the background in which the network still listens."""
_GATE_STEPS = 6
"""Steps of sound that are compared with what was played."""
_ECHO_SEARCH_STEPS = 24
_ECHO_SHARE = 0.25
"""Steps of a stream that are searched for the robot's echo, and the part of their power from which
there is one. Of other voices at most 0.19 was seen, of an echo 8 dB above noise 0.5."""
_LOUD_STEPS = 12
_LOUD_RANGE = 20.0
"""Steps that must be less than this many dB below the loudest: few are alike by chance."""
_LEARNING = 6.0
"""Seconds of the robot's voice from which the linear filter knows the room."""
_AUDIBLE = -50.0
_RESIDUE = 8.0
"""Decibels by which what the linear filter leaves of an echo, and the room's reverberation, are
quieter than the loudest echo of the last steps."""
_ECHO_TAIL = from_seconds(1.5)
"""Time after the robot's last sound in which the echo canceller still runs."""
_STEP = from_seconds(STEP_SECONDS)
_SPEAKS_TAIL = from_seconds(LONGEST_DELAY)


@dataclass(frozen=True, eq=False)
class SpeechStep:
    """32 ms of a stream.

    `samples`: without echo, shape [STEP]. `end`: the stamp after the last one. `probability`: that
    somebody other than the robot speaks. `level`: of that sound, in dB of full scale. `robot`:
    whether the robot is heard, or will be at once. `sure`: whether its echo is known well enough to
    tell others from it by the sound alone.
    """

    samples: Samples
    end: Stamp
    probability: float
    level: float
    robot: bool
    sure: bool = True


class SpeechDetector:
    """Follows one stream.

    While the robot speaks, its echo is taken out: by the canceller, which does so from the first
    second on but takes soft beginnings of words away too, until the linear filter, which leaves
    them, has learned the room. What is still like what was played is an echo. A stream in which no
    echo was ever found, such as a headset's, is left as it is.
    """

    def __init__(self, network: VoiceActivity, played: PlayedSound) -> None:
        self._played = played
        self._canceller = EchoCanceller(played)
        self._gate = EchoGate(played)
        self._linear = LinearEcho(STEP, LONGEST_DELAY + LEAD_SECONDS, RATE)
        self._learned = 0.0
        self._room = RoomWatch()
        self._echo_found = False
        self._since_gap = 0
        self._background = Background()
        self._idle = 0
        self._clean, self._rest = StreamActivity(network), StreamActivity(network)
        # filled in place: this runs a hundred times a second, for each stream
        self._pending = np.zeros((2, STEP + BLOCK), np.float32)
        self._count = 0
        self._searched: deque[Samples] = deque(maxlen=_ECHO_SEARCH_STEPS)
        self._latest_clean: deque[Samples] = deque(maxlen=_GATE_STEPS)
        self._latest_rest: deque[Samples] = deque(maxlen=_GATE_STEPS)
        self._echo_levels: deque[float] = deque(maxlen=_REVERB_STEPS)

    def reset(self) -> None:
        """Begin afresh after a gap; what was learned of the room stays."""
        self._clean.reset()
        self._rest.reset()
        self._count = 0
        self._searched.clear()
        self._latest_clean.clear()
        self._latest_rest.clear()
        self._linear.forget_played()
        self._room.reset()
        self._since_gap = 0

    def push(self, block: Samples, begin: Stamp) -> Iterator[SpeechStep]:
        """Take 10 ms of sound; yield the step that it completes."""
        clean = block
        if self._played.audible(begin - _ECHO_TAIL, begin + _SPEAKS_TAIL):
            cancelled = self._canceller.clean(block, begin)  # it learns before it is needed
            clean = cancelled if self._echo_found else block
        count = self._count + BLOCK
        self._pending[0, self._count : count] = block
        self._pending[1, self._count : count] = clean
        self._count = count
        if count < STEP:
            return
        raw, clean = self._pending[:, :STEP].copy()
        self._count = count - STEP
        self._pending[:, : self._count] = self._pending[:, STEP:count]
        end = begin + from_seconds((BLOCK - self._count) / RATE)
        yield self._step(raw, clean, end)

    def _step(self, raw: Samples, clean: Samples, end: Stamp) -> SpeechStep:
        self._latest_clean.append(clean)
        self._searched.append(raw)
        self._since_gap += 1
        robot = self._played.audible(end - _SPEAKS_TAIL, end)
        loud = level(clean)
        self._background.push(loud)
        self._idle = 0 if robot or self._background.is_below(loud) else self._idle + 1
        if self._idle > _HANGOVER:
            self._clean.skip(clean)
            return SpeechStep(clean, end, 0.0, loud, robot)
        probability = self._clean.push(clean)
        if not robot:
            return SpeechStep(clean, end, probability, loud, robot)
        if probability > _SPEECH and self._is_own(self._latest_clean, end):
            probability = 0.0
        self._echo_found = self._echo_found or self._finds_echo(end)
        return self._beside_robot(raw, SpeechStep(clean, end, probability, loud, robot))

    def _beside_robot(self, raw: Samples, cleaned: SpeechStep) -> SpeechStep:
        """Return what the linear filter makes of a step, once it has learned the room."""
        played = self._played.between(cleaned.end - _STEP + from_seconds(LEAD_SECONDS), STEP)
        rest, echo = self._linear.split(raw, played)
        self._latest_rest.append(rest)
        probability, loud = self._rest.push(rest), level(rest)
        self._echo_levels.append(level(echo))
        if self._learned < _LEARNING:
            self._learned += STEP_SECONDS if level(played) > _AUDIBLE else 0.0
            return replace(cleaned, sure=False)
        room = self._judge_room(raw, rest, cleaned.end)
        if room.changed:
            self._linear.learn_again()
            self._room.reset()
            self._learned = 0.0
            return replace(cleaned, sure=False)
        if probability > _SPEECH and (
            loud < max(self._echo_levels) - _RESIDUE or self._is_own(self._latest_rest, cleaned.end)
        ):
            probability = 0.0
        sure = not room.doubt and not self._is_new_place()
        return replace(cleaned, samples=rest, probability=probability, level=loud, sure=sure)

    def _is_new_place(self) -> bool:
        """Return whether the room's noise is not known, after a gap, where the robot is heard."""
        return self._echo_found and self._since_gap < BACKGROUND_STEPS

    def _judge_room(self, raw: Samples, rest: Samples, end: Stamp) -> RoomState:
        self._room.push(raw, rest)
        if not self._background.is_below(level(rest)):
            return RoomState()
        searched = np.concatenate(self._searched)
        return self._room.judge(searched, self._gate.played_before(len(searched), end))

    def _is_own(self, heard: deque[Samples], end: Stamp) -> bool:
        return self._gate.share(np.concatenate(heard), end) > _OWN_SHARE

    def _finds_echo(self, end: Stamp) -> bool:
        """Return whether the latest sound has the robot's in it, however quietly."""
        levels = [level(step) for step in self._searched]
        if sum(each > max(levels) - _LOUD_RANGE for each in levels) < _LOUD_STEPS:
            return False
        return self._gate.share(np.concatenate(self._searched), end) > _ECHO_SHARE
