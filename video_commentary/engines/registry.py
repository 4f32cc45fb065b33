"""Engines by name: what a plug-in is, and the way to one. docs/extending.md shows an example."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..config.plugins import find_plugin
from ..config.registry import ENGINES, Plugin
from ..config.rules import NoSettings
from ..core.load_progress import LoadProgress

if TYPE_CHECKING:  # launch files read settings of plug-ins, and need no numpy
    from ..core.engine import Engine

S = TypeVar("S")


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """What the node wants of any engine.

    `own_voice`: an engine that can speak by itself is to do so (the setting voice is auto).
    `hear`: an engine that can hear is to do so.
    `language`: of the voice that speaks its comments, as espeak-ng names it.
    `progress`: where an engine that loads for seconds reports the phases of it.
    """

    own_voice: bool = True
    hear: bool = False
    language: str = "en"
    progress: LoadProgress = field(default_factory=LoadProgress)


@dataclass(frozen=True)
class EnginePlugin(Plugin[S], Generic[S]):
    """An engine that can be chosen by name.

    `create` makes it, without loading it; may raise EngineError. It runs on the thread that loads
    the engine. Import heavy libraries there or later: the module of the plug-in is imported by
    launch files and by other nodes too. `judges`: whether the engine has `judge`, see
    `JudgingEngine`: watches are answered before the engine is made.
    """

    create: Callable[[S, EngineOptions], Engine]
    judges: bool = False


def engine_plugin(choice: str) -> EnginePlugin[Any]:
    """Return the engine that the setting `engine` names. Raise PluginError.

    package.module:attribute may also name a function without arguments that returns an Engine.
    """
    return find_plugin(ENGINES, choice, EnginePlugin, _without_settings)


def _without_settings(name: str, factory: Callable[[], Engine]) -> EnginePlugin[NoSettings]:
    return EnginePlugin(
        name,
        NoSettings,
        lambda _settings, _options: factory(),
        judges=hasattr(factory, "judge"),
    )
