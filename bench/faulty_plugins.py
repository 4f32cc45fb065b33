"""An engine and a voice that fail on demand: as the file that BENCH_FAULT names says."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from bench.stub_engine import StubEngine
from video_commentary.core.audio import Pcm
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import Delta, Request

FAULT = "BENCH_FAULT"
_WORDS = 12
_PAUSE = 0.08
"""Seconds a word."""


def fault() -> str:
    """Return the fault in force; empty for none."""
    try:
        return Path(os.environ[FAULT]).read_text()
    except (KeyError, OSError):
        return ""


class FaultyEngine(StubEngine):
    """Counts, a dozen words at a time; in mid-sentence it fails as it should."""

    description = "counts words, and fails on demand"

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        for number in range(_WORDS):
            if cancel.cancelled:
                return
            if number == _WORDS // 2:
                _fail(fault())
            time.sleep(_PAUSE)
            yield Delta(text=f"word {number} ", last=number == _WORDS - 1)


def _fail(how: str) -> None:
    if how == "raises":
        raise RuntimeError("the engine broke")
    if how == "out of memory":
        bytearray(1 << 60)
    if how == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    while how == "hangs" and fault() == how:
        time.sleep(0.1)


def faulty_voice() -> object:
    """Return the neural voice, which fails on demand."""
    from video_commentary.voices.neural import NeuralVoice

    class FaultyVoice(NeuralVoice):
        def say(self, text: str, cancel: CancelToken) -> Iterator[Pcm]:
            if fault() == "voice":
                raise RuntimeError("the voice broke")
            yield from super().say(text, cancel)

    return FaultyVoice()
