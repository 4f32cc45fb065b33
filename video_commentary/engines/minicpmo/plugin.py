"""The minicpmo engine as a plug-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..registry import EngineOptions, EnginePlugin
from .settings import MiniCpmoSettings

if TYPE_CHECKING:
    from .engine import MiniCpmoEngine


def _create(settings: MiniCpmoSettings, options: EngineOptions) -> MiniCpmoEngine:
    from ...core.engine import EngineError
    from .config import checkpoint_files
    from .preload import preload_torch, read_ahead

    read_ahead(checkpoint_files(settings.model_path))
    preload_torch()
    try:
        from .engine_factory import from_settings
    except ImportError as error:
        raise EngineError(
            f"engine:=minicpmo needs {error.name}, which is not installed: "
            "pip install -r requirements/minicpmo.txt, and start again"
        ) from None
    return from_settings(settings, options)


PLUGIN = EnginePlugin("minicpmo", MiniCpmoSettings, _create, judges=True)
