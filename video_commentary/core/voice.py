"""The protocol of text to speech, for engines without their own voice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from .audio import AudioFormat, Pcm
from .cancel import CancelToken


class VoiceError(Exception):
    """The voice failed; the message says what happened and what to do next."""


class Voice(Protocol):
    """Says text. Knows nothing of ROS, clocks or queues."""

    @property
    def description(self) -> str:
        """What this voice is, in one line for people."""
        ...

    @property
    def format(self) -> AudioFormat:
        """The format of every Pcm that `say` yields. Known after `load`."""
        ...

    def load(self) -> None:
        """Get ready. Raise VoiceError saying what to install."""
        ...

    def say(self, text: str, cancel: CancelToken) -> Iterator[Pcm]:
        """Speak one clause or sentence, in pieces; yield nothing for text without words.

        Stop within one piece (at most 0.25 s of sound) of `cancel`. Raise VoiceError.
        """
        ...

    def close(self) -> None:
        """Free everything; `load` may follow."""
        ...
