"""Whether the robot must be quieter or silent, because somebody speaks while it does."""

from __future__ import annotations

from dataclasses import dataclass

from .items import BargeInState

DUCK_AFTER = 0.19
"""Seconds of speech after which the robot is quieter: six steps of 32 ms."""
STOP_AFTER = 0.22
"""Seconds of speech after which it stops, if the sound or the words are not its own."""
_CERTAIN = 0.08
"""Seconds of them in which speech must be certain, so that a click or a cough does not count."""


@dataclass(frozen=True, kw_only=True)
class SpeechSoFar:
    """An utterance under way. `length`, `certain`: seconds since it began, and of sure speech.

    `meant`: whether it is known to be for the robot and not its own words.
    """

    length: float
    certain: float
    meant: bool


class BargeIn:
    """The state of one stream."""

    def __init__(self) -> None:
        self.state = BargeInState.NONE

    def update(self, speech: SpeechSoFar, robot_speaks: bool) -> BargeInState | None:
        """Return the new state if `speech` changes it."""
        if not robot_speaks or self.state is BargeInState.STOP:
            return None
        wanted = BargeInState.NONE
        if is_speech(speech):
            wanted = BargeInState.DUCK
            if speech.meant and speech.length >= STOP_AFTER:
                wanted = BargeInState.STOP
        return self._set(wanted) if wanted > self.state else None

    def end(self) -> BargeInState | None:
        """Return NONE if the robot was held back until now."""
        return self._set(BargeInState.NONE) if self.state is not BargeInState.NONE else None

    def _set(self, state: BargeInState) -> BargeInState:
        self.state = state
        return state


def is_speech(speech: SpeechSoFar) -> bool:
    """Return whether this is long and sure enough to be somebody speaking."""
    return speech.length >= DUCK_AFTER and speech.certain >= _CERTAIN
