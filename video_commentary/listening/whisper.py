"""Whisper on this machine, by faster-whisper: the sound goes nowhere."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from ..config.paths import model_file
from ..core.cancel import CancelToken
from .command_guess import CommandGuesser
from .items import RATE, RecognizerError, Samples, Transcript

INSTALL = "pip install 'faster-whisper>=1.1,<2'"
FETCH = "fetch_model ears"
_THREADS = 2
_FRAMES_PER_SECOND = 100
_MIN_SECONDS = 12
_MAX_SECONDS = 30
"""Of sound that the encoder sees. Whisper was trained on 30 s; its time grows with them, and an
utterance with silence after it is recognized as well; with less silence Whisper repeats itself."""
_SPARE_SECONDS = 6
_MAX_TOKENS = 96
_BEAMS = 5
_PRE_EMPHASIS = 0.7
_LOUDNESS = 0.45
"""Root mean square, of the louder half of 10 ms pieces, that sound is brought to: Whisper hears
quiet speech worse, and the high tones that pre-emphasis lifts stand out of babble."""
_MOST_GAIN = 300.0
_POSITIONS_PER_SECOND = 50
_TAIL_SECONDS = 0.5
_LONGEST_COMMAND = 6.0
"""Seconds of sound that may be a command which the words don't show."""
_NO_SPEECH = 0.6
_UNSURE = 0.4
"""Probability of no speech above which words that are less sure than this count as none."""


class WhisperRecognizer:
    """A Whisper model in CTranslate2's format, in int8 on two cores."""

    def __init__(self, model: str = "", language: str = "en", wake: str = "") -> None:
        """Take a folder, or a name of faster-whisper's hub models; empty for the fetched one."""
        self._name = model
        self._wake = wake
        self._language = language
        self._model: Any = None
        self._tokenizers: dict[str, Any] = {}
        self._guesser: CommandGuesser | None = None

    @property
    def description(self) -> str:
        """Model and language."""
        name = Path(self._name).name or "tiny.en"
        return f"Whisper {name} ({self._language or 'any language'}, on this machine)"

    def load(self) -> None:
        """Load the model; one by name is fetched from the hub first. Raise RecognizerError."""
        folder = self._name or str(model_file("ears/model.bin").parent)
        if not self._name and not (Path(folder) / "model.bin").is_file():
            raise RecognizerError(f"Whisper's weights are not in {folder}: {FETCH}")
        try:
            from faster_whisper import WhisperModel

            self._model = WhisperModel(
                folder, device="cpu", compute_type="int8", cpu_threads=_THREADS
            )
        except ImportError as error:
            raise RecognizerError(f"Whisper: {error}; install it: {INSTALL}") from error
        except Exception as error:
            raise RecognizerError(f"Whisper can't load {folder}: {error}") from error
        if not self._model.model.is_multilingual and self._language not in ("", "en"):
            raise RecognizerError(
                f"this Whisper model knows English only, not {self._language!r}: set "
                "recognizer_model to a multilingual one, such as base"
            )
        if self._language == "en":
            self._guesser = CommandGuesser.load(
                Path(folder) / "model.bin", self._tokenizer("en"), self._wake
            )

    def transcribe(self, samples: Samples, cancel: CancelToken) -> Transcript:
        """Return the words of up to 29 s; what is beyond is left out.

        The network runs to its end once it was started; the search for a command can be cancelled.
        """
        if self._model is None:
            raise RecognizerError("Whisper: call load() first")
        if cancel.cancelled or not len(samples):
            return Transcript("", 0.0)
        try:
            return self._transcribe(samples, cancel)
        except Exception as error:
            raise RecognizerError(f"Whisper: {type(error).__name__}: {error}") from error

    def _transcribe(self, samples: Samples, cancel: CancelToken) -> Transcript:
        model = self._model.model
        samples = _emphasized(samples)
        seconds = math.ceil(len(samples) / RATE) + _SPARE_SECONDS
        frames = min(max(seconds, _MIN_SECONDS), _MAX_SECONDS) * _FRAMES_PER_SECOND
        mel = self._model.feature_extractor(samples)[:, :frames]
        mel = np.pad(mel, ((0, 0), (0, frames - mel.shape[1])))
        encoded = self._model.encode(mel)
        language = self._language or "en"
        if model.is_multilingual and not self._language:
            language = model.detect_language(encoded)[0][0][0].strip("<|>")
        tokenizer = self._tokenizer(language)
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        result = model.generate(
            encoded,
            [prompt],
            beam_size=_BEAMS,
            max_length=len(prompt) + _MAX_TOKENS,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        confidence = min(1.0, math.exp(result.scores[0]))
        words = Transcript(tokenizer.decode(result.sequences_ids[0]).strip(), confidence)
        if self._guesser is not None and len(samples) < _LONGEST_COMMAND * RATE:
            tail = len(samples) / RATE + _TAIL_SECONDS
            heard = np.asarray(encoded)[0, : round(tail * _POSITIONS_PER_SECOND)]
            probability = result.scores[0] * (len(result.sequences_ids[0]) + 1)
            guess = self._guesser.guess(words, probability, heard, cancel)
            if guess is not None:
                return guess
        if result.no_speech_prob > _NO_SPEECH and confidence < _UNSURE:
            return Transcript("", 0.0)
        return words

    def _tokenizer(self, language: str) -> Any:
        if language not in self._tokenizers:
            from faster_whisper.tokenizer import Tokenizer

            self._tokenizers[language] = Tokenizer(
                self._model.hf_tokenizer,
                self._model.model.is_multilingual,
                task="transcribe",
                language=language,
            )
        return self._tokenizers[language]

    def close(self) -> None:
        """Free the model."""
        self._model = self._guesser = None
        self._tokenizers.clear()


def _emphasized(samples: Samples) -> Samples:
    """Return sound with its high tones lifted, as loud as Whisper hears best."""
    lifted = samples - _PRE_EMPHASIS * np.concatenate([samples[:1], samples[:-1]])
    size = min(RATE // 100, len(lifted))
    pieces = lifted[: len(lifted) // size * size].reshape(-1, size)
    powers = np.sort((pieces**2).mean(axis=1))[len(pieces) // 2 :]
    gain = min(_LOUDNESS / max(float(np.sqrt(powers.mean())), 1e-9), _MOST_GAIN)
    loud: Samples = (lifted * np.float32(gain)).astype(np.float32)
    return loud
