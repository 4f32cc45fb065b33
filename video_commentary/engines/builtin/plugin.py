"""The built-in engine as a plug-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...config.paths import model_file
from ..registry import EngineOptions, EnginePlugin
from .settings import BuiltinSettings

if TYPE_CHECKING:
    from .engine import BuiltinEngine


def _create(settings: BuiltinSettings, options: EngineOptions) -> BuiltinEngine:
    from .engine import MODEL_FILE, BuiltinEngine

    return BuiltinEngine(
        model_file(str(MODEL_FILE)),
        read_text=settings.builtin_read_text,
        language=options.language,
    )


PLUGIN = EnginePlugin("builtin", BuiltinSettings, _create)
