"""From settings to a working engine: the one place where engines and voices are put together."""

from __future__ import annotations

from dataclasses import dataclass

from .config.registry import ENGINES, PluginError
from .config.settings import CommentatorSettings
from .core.engine import Engine, EngineError
from .core.engine_guard import EngineGuard
from .engines.registry import EngineOptions, engine_plugin
from .voices.registry import create_voice
from .voices.speaking import SpeakingEngine


def create_engine(settings: CommentatorSettings) -> Engine:
    """Return the engine that `settings.engine` names, not loaded yet. Raise EngineError."""
    options = EngineOptions(own_voice=settings.voice == "auto", language=settings.voice_language)
    try:
        plugin = engine_plugin(settings.engine)
        return plugin.create(settings.of(plugin.settings), options)
    except PluginError as error:
        raise EngineError(str(error), retry=False) from error
    except EngineError:
        raise
    except Exception as error:
        raise EngineError(ENGINES.failure(settings.engine, error), retry=False) from error


@dataclass(frozen=True)
class Assembly:
    """An engine with its voice, guarded against hanging; not loaded yet."""

    engine: EngineGuard
    inner: Engine
    speaking: SpeakingEngine | None
    voice_detail: str
    voice_wanted: bool = False

    def voice(self) -> str:
        """Return what speaks, in one line, or why nothing does and what to install."""
        if self.speaking is not None:
            return self.speaking.voice_description
        return self.voice_detail if self.engine.voice is None else "the engine's own"

    def voice_trouble(self) -> str:
        """Return what is wrong with the voice and what to do; empty when it works, or is off."""
        if self.speaking is not None:
            return self.speaking.trouble
        missing = self.voice_wanted and self.engine.voice is None
        return self.voice_detail if missing else ""


def assemble(settings: CommentatorSettings) -> Assembly:
    """Put together the engine and voice that `settings` name.

    An engine with its own voice keeps it if `settings.voice` is auto.
    """
    engine = create_engine(settings)
    choice = create_voice(settings)
    own_first = settings.voice == "auto"
    speaking = SpeakingEngine(engine, choice.voice, own_first) if choice.voice else None
    guarded = EngineGuard(speaking or engine, settings.engine_timeout)
    return Assembly(guarded, engine, speaking, choice.detail, settings.voice != "none")
