"""The neural voice: English, a small network on the CPU whose weights come with its package."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..core.audio import AudioFormat, Pcm, to_int16
from ..core.cancel import CancelToken
from ..core.voice import VoiceError
from .chunks import chunks, truncated
from .clauses import clauses
from .text_normalization import normalized
from .trim import trim_silence

INSTALL = "pip install hibari-tts==0.2.1 'num2words>=0.5.13,<1'"
_RATE = 24_000
_GAIN = 2.0
"""The network's audio peaks at -15 to -8 dBFS; 6 dB more stay below full scale."""
_PAUSES = {".": 0.20, "!": 0.20, "?": 0.20, "…": 0.20, ";": 0.14, ":": 0.14, ",": 0.08, "—": 0.14}
"""Seconds of silence after a clause, by its last character, beyond the trimmed tail."""


class NeuralVoice:
    """hibari-tts 0.2: 24 kHz, English, about 70 times faster than real time on one core."""

    def __init__(self) -> None:
        self._tts: Any = None

    @property
    def description(self) -> str:
        """Library, language and device."""
        return "neural voice (hibari, English, on the CPU)"

    @property
    def format(self) -> AudioFormat:
        """24 kHz mono."""
        return AudioFormat(_RATE)

    def load(self) -> None:
        """Load the network and run it once: the first run is slow. Raise VoiceError."""
        try:
            import num2words  # noqa: F401 - spoken() needs it
            from hibari import Hibari
        except ImportError as error:
            raise VoiceError(f"neural voice: {error}; install it: {INSTALL}") from error
        try:
            tts = Hibari(threads=1)
            tts.sess = _session(tts.model_path)
            tts("Warm up.")
        except Exception as error:
            raise VoiceError(f"neural voice: can't load ({error}); reinstall: {INSTALL}") from error
        self._tts = tts

    def say(self, text: str, cancel: CancelToken) -> Iterator[Pcm]:
        """Yield audio of `text`, clause by clause.

        Text beyond 1,000 characters is left out. Raise VoiceError.
        """
        for clause in clauses(truncated(normalized(truncated(text))), early_first=False):
            if cancel.cancelled:
                return
            if not re.search(r"\w", clause):
                continue  # punctuation alone would become a hum
            yield from chunks(self._speak(clause), cancel)

    def _speak(self, clause: str) -> Pcm:
        if self._tts is None:
            raise VoiceError("neural voice: call load() first")
        try:
            # A fixed seed: the same text always sounds the same.
            samples = trim_silence(self._tts(clause, seed=0), _RATE)
        except Exception as error:
            raise VoiceError(f"neural voice: {type(error).__name__}: {error}") from error
        if len(samples):
            pause = _PAUSES.get(clause.rstrip("\"'”’)]")[-1:], 0.0)
            samples = np.append(samples, np.zeros(int(pause * _RATE), np.float32))
        return Pcm(to_int16(samples * _GAIN), self.format)

    def close(self) -> None:
        """Free the network."""
        self._tts = None


def _session(model: str) -> Any:
    """Return a session for the network, without onnxruntime's memory arena.

    The arena keeps memory for every length of sentence it has seen: after 400 sentences it had
    grown by 28 MB, against 3 MB without it.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
