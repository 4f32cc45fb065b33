"""Sentences as a neural voice speaks them, for the real recognizer to hear."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from video_commentary.config.paths import models_dir
from video_commentary.core.audio import AudioFormat, Pcm
from video_commentary.core.cancel import CancelToken
from video_commentary.core.resample import resample
from video_commentary.voices.neural import NeuralVoice

pytest.importorskip("hibari", reason="the neural voice isn't installed: pip install hibari-tts")
needs_ears = pytest.mark.skipif(
    not (models_dir() / "ears" / "model.bin").exists(), reason="no weights here: fetch_model ears"
)


@lru_cache
def _voice() -> NeuralVoice:
    neural = NeuralVoice()
    neural.load()
    return neural


def spoken(sentence: str, rate: int, before: float, after: float) -> Pcm:
    """Return a sentence with seconds of silence before and after it, mono."""
    voice = _voice()
    parts = [part.samples for part in voice.say(sentence, CancelToken())]
    begin, end = (np.zeros(round(seconds * voice.format.rate)) for seconds in (before, after))
    samples = np.concatenate([begin, *parts, end]).astype(np.int16)
    return resample(Pcm(samples, voice.format), AudioFormat(rate))
