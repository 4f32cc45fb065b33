"""The answer about the shipped picture, spoken by the engine as in the node."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...core.audio import Pcm
from ...core.cancel import CancelToken
from ...core.engine import Limits, Request
from ...core.frames import Frame
from .check import NotCheckedError
from .greedy_reply import picture_frames, picture_prompt
from .inspectable_engine import InspectableEngine

if TYPE_CHECKING:
    from .model_under_test import ModelUnderTest

_GPU_TOKENS, _CPU_TOKENS = 48, 10
"""Most tokens of the answer; the vocoder takes minutes for a long one on a CPU."""


@dataclass(frozen=True)
class SpokenReply:
    """Text, sound, and the seconds from the request to the first of each; None if none came."""

    text: str
    pcm: Pcm | None
    first_word: float | None
    first_sound: float | None


def speak_about_picture(model: ModelUnderTest) -> SpokenReply:
    """Answer aloud. Raise EngineError, or NotCheckedError if the model has no voice."""
    engine = model.engine()
    if engine.voice is None:
        raise NotCheckedError("the model has no voice here")
    tokens = _GPU_TOKENS if engine.parts.device.type == "cuda" else _CPU_TOKENS
    return timed_comment(engine, picture_frames(model, 1), tokens, speak=True)


def timed_comment(
    engine: InspectableEngine, frames: tuple[Frame, ...], max_tokens: int, *, speak: bool
) -> SpokenReply:
    """Comment on `frames` as the node does, and time it."""
    request = Request(frames, picture_prompt(frames), Limits(max_tokens), speak)
    text, sounds = "", []
    first_word = first_sound = None
    begun = time.monotonic()
    for delta in engine.comment(request, CancelToken()):
        passed = time.monotonic() - begun
        if delta.text:
            first_word = first_word or passed
            text += delta.text
        if delta.pcm is not None:
            first_sound = first_sound or passed
            sounds.append(delta.pcm)
    pcm = None
    if sounds:
        pcm = Pcm(np.concatenate([sound.samples for sound in sounds]), sounds[0].format)
    return SpokenReply(text.strip(), pcm, first_word, first_sound)
