"""From settings to a working engine: the one place where engines and voices are put together."""

from __future__ import annotations

from dataclasses import dataclass

from .core.engine import Engine
from .core.guard import EngineGuard
from .core.paths import models_dir
from .core.settings import CommentatorSettings
from .voices.api import create_voice
from .voices.speaking import SpeakingEngine


def create_engine(settings: CommentatorSettings) -> Engine:
    """Return the engine that `settings.engine` names, not loaded yet."""
    if settings.engine == "minicpmo":
        from .engines.minicpmo.engine import from_settings

        return from_settings(settings)
    if settings.engine == "server":
        from .engines.server.engine import ServerEngine

        return ServerEngine(settings)
    from .engines.builtin.engine import BuiltinEngine

    return BuiltinEngine(models_dir() / "builtin" / "efficientdet_lite0.tflite")


@dataclass(frozen=True)
class Assembly:
    """An engine with its voice, guarded against hanging; not loaded yet."""

    engine: EngineGuard
    inner: Engine
    speaking: SpeakingEngine | None
    voice_detail: str

    def voice(self) -> str:
        """Return what speaks, in one line, or why nothing does and what to install."""
        if self.speaking is None:
            return self.voice_detail if self.engine.voice is None else "the engine's own"
        return self.speaking.voice_description

    def voice_trouble(self) -> str:
        """Return what is wrong with the voice and what to do; empty when it works, or is off."""
        return self.speaking.trouble if self.speaking else ""


def assemble(settings: CommentatorSettings) -> Assembly:
    """Put together the engine and voice that `settings` name.

    An engine that may have a voice of its own keeps it where `settings.voice` is auto.
    """
    engine = create_engine(settings)
    native = settings.engine == "minicpmo" and settings.voice == "auto"
    choice = None if native else create_voice(settings.voice, settings.voice_language)
    speaking = SpeakingEngine(engine, choice.voice) if choice and choice.voice else None
    guarded = EngineGuard(speaking or engine, settings.engine_timeout)
    return Assembly(guarded, engine, speaking, choice.detail if choice else "")
