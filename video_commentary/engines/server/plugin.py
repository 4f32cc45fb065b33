"""The server engine as a plug-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..registry import EngineOptions, EnginePlugin
from .settings import ServerSettings

if TYPE_CHECKING:
    from .engine import ServerEngine


def _create(settings: ServerSettings, options: EngineOptions) -> ServerEngine:
    from .engine import ServerEngine

    return ServerEngine(settings, own_voice=options.own_voice)


PLUGIN = EnginePlugin("server", ServerSettings, _create, judges=True)
