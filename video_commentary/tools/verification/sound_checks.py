"""Checks of the model's own voice: there is one, and what it says can be heard."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...core.audio import Pcm, write_wav
from ...core.engine import EngineError
from ...engines.minicpmo.speech.speech_loader import DEFAULT_VOICES
from .check import CheckOutcome, Figure, NotCheckedError, ok, warn
from .weight_checks import fail_unless_random

if TYPE_CHECKING:
    from .model_under_test import ModelUnderTest

_FULL_SCALE = 32767
_BLOCK_SECONDS = 0.04
_QUIET_DB = -50.0
_SILENT_DB = -45.0
_MOST_QUIET = 0.7
_MOST_CLIPPED = 1e-3
_WORDS_A_SECOND = (1.0, 6.0)
_SHORTEST = 0.3


@dataclass(frozen=True)
class SoundLevels:
    """Levels of a sound in dB of full scale; `clipped`, `quiet`: shares of samples and blocks."""

    seconds: float
    rms_db: float
    peak_db: float
    clipped: float
    quiet: float


def check_voice(model: ModelUnderTest) -> CheckOutcome:
    """Name the sample whose voice the model speaks with, or why it has none."""
    if not model.options.speak:
        raise NotCheckedError("--no-voice")
    engine = model.engine()
    if engine.voice is None:
        problems = model.log.lines(level=logging.WARNING)
        raise EngineError(problems[-1] if problems else "no native voice: fetch the model again")
    samples = [path.name for path in DEFAULT_VOICES if (model.options.folder / path).is_file()]
    problems = model.log.lines("speech_loader", logging.WARNING)
    found = f"{engine.voice.rate // 1000} kHz, voice of {', '.join(samples[:1])}"
    if problems:
        return warn(f"{found}; {problems[0]}", "", samples=samples)
    return ok(found, samples=samples)


def check_sound(model: ModelUnderTest) -> CheckOutcome:
    """Speak the answer into a WAV file, and listen for silence and clipping."""
    if not model.options.speak:
        raise NotCheckedError("--no-voice")
    spoken = model.speech()
    if spoken.pcm is None:
        return fail_unless_random(
            model, "no sound came with the answer", "set another voice_reference"
        )
    write_wav(model.options.wav, spoken.pcm)
    levels = measure_levels(spoken.pcm)
    words = len(spoken.text.split())
    figures: dict[str, Figure] = {
        "seconds": round(levels.seconds, 2),
        "rms_db": round(levels.rms_db, 1),
        "peak_db": round(levels.peak_db, 1),
        "clipped": round(levels.clipped, 5),
        "quiet": round(levels.quiet, 2),
        "words": words,
    }
    found = (
        f"{levels.seconds:.1f} s in {model.options.wav.name}: {levels.rms_db:.0f} dB, peak "
        f"{levels.peak_db:.0f} dB, {levels.quiet:.0%} quiet; listen to it"
    )
    problem = sound_problem(levels, words)
    if problem:
        return fail_unless_random(
            model, f"{problem}: {found}", "set speech_dtype:=float32, or another voice", **figures
        )
    return ok(found, **figures)


def measure_levels(pcm: Pcm) -> SoundLevels:
    """Measure a sound of at least one sample."""
    wave = pcm.samples.astype(np.float64) / _FULL_SCALE
    block = int(_BLOCK_SECONDS * pcm.format.rate)
    blocks = [wave[i : i + block] for i in range(0, len(wave), block)]
    return SoundLevels(
        seconds=pcm.duration,
        rms_db=_decibels(float(np.sqrt(np.mean(wave**2)))),
        peak_db=_decibels(float(np.abs(wave).max())),
        clipped=float(np.mean(np.abs(wave) >= 1.0)),
        quiet=sum(_decibels(float(np.sqrt(np.mean(b**2)))) < _QUIET_DB for b in blocks)
        / len(blocks),
    )


def sound_problem(levels: SoundLevels, words: int) -> str:
    """Return what is wrong with a sound that says this number of `words`; empty if nothing is."""
    if levels.seconds < _SHORTEST:
        return "too short"
    if levels.rms_db < _SILENT_DB or levels.quiet > _MOST_QUIET:
        return "silence"
    if levels.clipped > _MOST_CLIPPED:
        return "clipped"
    slowest, fastest = _WORDS_A_SECOND
    if not slowest <= words / levels.seconds <= fastest:
        return f"{words / levels.seconds:.1f} words a second"
    return ""


def _decibels(amplitude: float) -> float:
    return 20 * float(np.log10(max(amplitude, 1e-6)))
