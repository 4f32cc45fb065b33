"""Recognizers by name: what a plug-in is, and choosing one. docs/listening.md describes ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from ..config.listener_settings import ListenerSettings
from ..config.plugins import find_plugin
from ..config.registry import RECOGNIZERS, Plugin, PluginError
from ..config.rules import NoSettings

if TYPE_CHECKING:  # launch files read settings of plug-ins, and need no numpy
    from .items import Recognizer

S = TypeVar("S")


@dataclass(frozen=True, kw_only=True)
class RecognizerOptions:
    """What the node wants of any recognizer.

    `model`: a folder or a name, empty for the recognizer's default. `url`: of a server. `language`:
    as ISO 639-1 names it, empty to let the recognizer find out. `wake`: the word that sentences for
    the robot begin with, empty if none is needed; what is transcribed keeps it.
    """

    model: str = ""
    url: str = ""
    language: str = "en"
    wake: str = ""


@dataclass(frozen=True)
class RecognizerPlugin(Plugin[S], Generic[S]):
    """A recognizer that can be chosen by name.

    `create` makes it, without loading it; may raise RecognizerError. Import heavy libraries there
    or later: the module of the plug-in is imported by launch files and by other nodes too.
    """

    create: Callable[[S, RecognizerOptions], Recognizer]


def create_recognizer(settings: ListenerSettings) -> Recognizer:
    """Return the recognizer that `settings.recognizer` names, not loaded yet.

    package.module:attribute may also name a function without arguments that returns one. Raise
    RecognizerError.
    """
    from .items import RecognizerError

    name = settings.recognizer
    options = RecognizerOptions(
        model=settings.recognizer_model,
        url=settings.recognizer_url,
        language=settings.language,
        wake=settings.wake,
    )
    try:
        plugin = find_plugin(RECOGNIZERS, name, RecognizerPlugin, _without_settings)
        return plugin.create(settings.of(plugin.settings), options)
    except PluginError as error:
        raise RecognizerError(str(error)) from error
    except RecognizerError:
        raise
    except Exception as error:
        raise RecognizerError(RECOGNIZERS.failure(name, error)) from error


def _without_settings(name: str, factory: Callable[[], Recognizer]) -> RecognizerPlugin[NoSettings]:
    return RecognizerPlugin(name, NoSettings, lambda _settings, _options: factory())


def _whisper(_settings: NoSettings, options: RecognizerOptions) -> Recognizer:
    from .whisper import WhisperRecognizer

    return WhisperRecognizer(options.model, options.language, options.wake)


def _openai(_settings: NoSettings, options: RecognizerOptions) -> Recognizer:
    from .transcription_server import TranscriptionServer

    return TranscriptionServer(options.url, options.model, options.language)


WHISPER = RecognizerPlugin("whisper", NoSettings, _whisper)
OPENAI = RecognizerPlugin("openai", NoSettings, _openai)
