"""Voices by name: what a plug-in is, and choosing one. docs/extending.md shows an example."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from ..config.plugins import find_plugin
from ..config.registry import VOICES, Plugin, PluginError
from ..config.rules import NoSettings
from ..config.settings import CommentatorSettings

if TYPE_CHECKING:  # launch files read settings of plug-ins, and need no numpy
    from ..core.voice import Voice

S = TypeVar("S")


@dataclass(frozen=True, kw_only=True)
class VoiceOptions:
    """What the node wants of any voice. `language`: as espeak-ng names it."""

    language: str = "en"


@dataclass(frozen=True)
class VoicePlugin(Plugin[S], Generic[S]):
    """A voice that can be chosen by name.

    `create` makes it, without loading it; may raise VoiceError. Import heavy libraries there or
    later: the module of the plug-in is imported by launch files and by other nodes too.
    """

    create: Callable[[S, VoiceOptions], Voice]


@dataclass(frozen=True)
class VoiceChoice:
    """A voice that is not loaded yet, or None; then `detail` says why and what to do."""

    voice: Voice | None
    detail: str = ""


def create_voice(settings: CommentatorSettings) -> VoiceChoice:
    """Choose the voice that `settings.voice` names: auto, none, a plug-in, or an object.

    auto is neural for English if that is installed, otherwise espeak. package.module:attribute may
    also name a function without arguments that returns a Voice.
    """
    from ..core.voice import VoiceError

    name, language = settings.voice, settings.voice_language
    if name == "none":
        return VoiceChoice(None, "none (text only, as set)")
    if name == "auto":
        name = "espeak" if _neural_trouble(language) else "neural"
        if name == "espeak" and not _find_espeak():
            return VoiceChoice(None, f"Text only: {_nothing_speaks(language)}")
    try:
        plugin = find_plugin(VOICES, name, VoicePlugin, _without_settings)
        options = VoiceOptions(language=language)
        return VoiceChoice(plugin.create(settings.of(plugin.settings), options))
    except (PluginError, VoiceError) as error:
        return VoiceChoice(None, f"Text only: {error}")
    except Exception as error:  # noqa: BLE001 - a voice that can't be made leaves the text
        return VoiceChoice(None, f"Text only: {VOICES.failure(name, error)}")


def _without_settings(name: str, factory: Callable[[], Voice]) -> VoicePlugin[NoSettings]:
    return VoicePlugin(name, NoSettings, lambda _settings, _options: factory())


def _neural(_settings: NoSettings, options: VoiceOptions) -> Voice:
    from ..core.voice import VoiceError
    from .neural import NeuralVoice

    trouble = _neural_trouble(options.language)
    if trouble:
        raise VoiceError(trouble)
    return NeuralVoice()


def _espeak(_settings: NoSettings, options: VoiceOptions) -> Voice:
    from ..core.voice import VoiceError
    from .espeak import INSTALL, EspeakVoice, find_program

    if not find_program():
        raise VoiceError(f"no voice for {options.language!r} here; install espeak-ng ({INSTALL})")
    return EspeakVoice(options.language)


def _find_espeak() -> str | None:
    from .espeak import find_program

    return find_program()


NEURAL = VoicePlugin("neural", NoSettings, _neural)
ESPEAK = VoicePlugin("espeak", NoSettings, _espeak)


def _nothing_speaks(language: str) -> str:
    from . import espeak, neural

    install = f"install espeak-ng ({espeak.INSTALL})"
    if _is_english(language):
        install = f"install the neural voice ({neural.INSTALL}) or {install}"
    return f"no voice for {language!r} here; {install}"


def _is_english(language: str) -> bool:
    return language.lower().replace("_", "-").split("-")[0] == "en"


def _neural_trouble(language: str) -> str:
    """Return why the neural voice can't speak, and what to do; empty if it can."""
    try:
        from .neural import INSTALL
    except ImportError as error:
        return f"the neural voice needs {error.name}; {VOICES.remedy('neural')}"
    if not _is_english(language):
        return (
            f"the neural voice speaks English, not {language!r}; "
            "set voice to espeak, or voice_language to en"
        )
    if not (importlib.util.find_spec("hibari") and importlib.util.find_spec("onnxruntime")):
        return f"the neural voice isn't installed; {INSTALL}"
    return ""
