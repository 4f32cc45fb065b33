"""Choosing a voice."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from ..core.voice import Voice
from . import espeak, neural


@dataclass(frozen=True)
class VoiceChoice:
    """A voice that is not loaded yet, or None; then `detail` says why and what to do."""

    voice: Voice | None
    detail: str = ""


def create_voice(name: str, language: str) -> VoiceChoice:
    """Choose a voice: auto, neural, espeak or none, for `language` as espeak-ng names it.

    auto is neural for English where it is installed, otherwise espeak.
    """
    if name == "none":
        return VoiceChoice(None, "none (text only, as set)")
    if name in ("auto", "neural"):
        trouble = _neural_trouble(language)
        if not trouble:
            return VoiceChoice(neural.NeuralVoice())
        if name == "neural":
            return VoiceChoice(None, f"Text only: {trouble}")
    if name in ("auto", "espeak"):
        if espeak.find_program():
            return VoiceChoice(espeak.EspeakVoice(language))
        install = f"install espeak-ng ({espeak.INSTALL})"
        if name == "auto" and _is_english(language):
            install = f"install the neural voice ({neural.INSTALL}) or {install}"
        return VoiceChoice(None, f"Text only: no voice for {language!r} here; {install}")
    raise ValueError(f"voice: {name!r} is not one of auto, neural, espeak, none")


def _is_english(language: str) -> bool:
    return language.lower().replace("_", "-").split("-")[0] == "en"


def _neural_trouble(language: str) -> str:
    if not _is_english(language):
        return (
            f"the neural voice speaks English, not {language!r}; "
            "set voice to espeak, or voice_language to en"
        )
    if not (importlib.util.find_spec("hibari") and importlib.util.find_spec("onnxruntime")):
        return f"the neural voice isn't installed; {neural.INSTALL}"
    return ""
