"""The built-in engine as a plug-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...config.paths import model_file
from ...config.rules import NoSettings
from ..registry import EngineOptions, EnginePlugin

if TYPE_CHECKING:
    from .engine import BuiltinEngine


def _create(_settings: NoSettings, _options: EngineOptions) -> BuiltinEngine:
    from .engine import MODEL_FILE, BuiltinEngine

    return BuiltinEngine(model_file(str(MODEL_FILE)))


PLUGIN = EnginePlugin("builtin", NoSettings, _create)
