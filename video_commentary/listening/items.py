"""What the listener reports, and the protocol of speech recognition."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..core.audio import Pcm
from ..core.cancel import CancelToken
from ..core.stamp import Stamp

RATE = 16_000
"""Samples a second of all sound inside the listener."""

Samples: TypeAlias = NDArray[np.float32]
"""Mono sound at `RATE`, values in [-1, 1], shape [n]."""


class BargeInState(IntEnum):
    """What whoever plays the robot's sound does; the values are those of BargeIn.msg."""

    NONE = 0
    DUCK = 1
    STOP = 2


@dataclass(frozen=True)
class SpeechBegan:
    """Somebody other than the robot began to speak on a stream, at `stamp`."""

    stream: str
    speaker: str
    stamp: Stamp


@dataclass(frozen=True)
class BargedIn:
    """The state of barging in has changed, because of speech that began at `stamp`."""

    stream: str
    state: BargeInState
    stamp: Stamp


@dataclass(frozen=True, kw_only=True)
class Heard:
    """The words of an utterance so far, or all of them if `final`.

    `id`: the same for all of one utterance, growing by one an utterance. `text`: without the wake
    word. `begin`, `end`: of the speech; `end` is 0 before it is final. `confidence`: of the
    recognizer, 0 to 1. `addressed`: whether it began with the wake word. `sound`: the
    utterance as it was spoken, int16 at `RATE`, once it is final and if the setting `send_sound` is
    on; else None.
    """

    id: int
    stream: str
    speaker: str
    text: str
    final: bool
    begin: Stamp
    end: Stamp
    confidence: float
    addressed: bool = False
    sound: Pcm | None = field(default=None, repr=False)


ListeningEvent: TypeAlias = SpeechBegan | BargedIn | Heard


@dataclass(frozen=True)
class Transcript:
    """What a recognizer made of some sound. `confidence`: 0 to 1; `text` is empty for no words."""

    text: str
    confidence: float


class RecognizerError(Exception):
    """Recognition failed; the message says what happened and what to do next."""


class Recognizer(Protocol):
    """Turns speech into words. `transcribe` is called by one thread at a time."""

    @property
    def description(self) -> str:
        """What this recognizer is and where the sound goes, in one line for people."""
        ...

    def load(self) -> None:
        """Import and load what is heavy. Raise RecognizerError."""
        ...

    def transcribe(self, samples: Samples, cancel: CancelToken) -> Transcript:
        """Return the words of an utterance or of its beginning.

        Return early, with any text, once `cancel` is cancelled. Raise RecognizerError.
        """
        ...

    def close(self) -> None:
        """Free everything; `load` may follow."""
        ...
