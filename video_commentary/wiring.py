"""From settings to a working engine: the one place where engines and voices are put together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .config.registry import ENGINES, PluginError
from .config.settings import CommentatorSettings
from .core.announcing_engine import AnnouncingEngine
from .core.deferred_engine import DeferredEngine
from .core.engine import Engine, EngineError
from .core.engine_guard import EngineGuard
from .core.load_progress import LoadProgress
from .core.watch_language import WatchCompiler, WatchNoun
from .engines.builtin.claims import CAMERA_KINDS
from .engines.builtin.event_kinds import EventKind
from .engines.builtin.nouns import GENDERED, find_nouns
from .engines.builtin.settings import BuiltinSettings
from .engines.registry import EngineOptions, engine_plugin
from .voices.registry import create_voice
from .voices.speaking import SpeakingEngine

BUILTIN = "builtin"


def create_engine(settings: CommentatorSettings, progress: LoadProgress) -> Engine:
    """Return the engine that `settings.engine` names; `load` makes it. Raise EngineError."""
    options = EngineOptions(
        own_voice=settings.voice == "auto",
        hear=settings.hear,
        language=settings.voice_language,
        progress=progress,
    )
    try:
        plugin = engine_plugin(settings.engine)
    except PluginError as error:
        raise EngineError(str(error), retry=False) from error

    def create() -> Engine:
        try:
            return plugin.create(settings.of(plugin.settings), options)
        except EngineError:
            raise
        except Exception as error:
            raise EngineError(ENGINES.failure(settings.engine, error), retry=False) from error

    return DeferredEngine(settings.engine, create, progress)


def create_observer(settings: CommentatorSettings) -> Engine | None:
    """Return the engine that watches for the facts alone, not loaded yet; None if none is to."""
    if not settings.facts or settings.engine == BUILTIN:
        return None
    plugin = engine_plugin(BUILTIN)
    chosen = replace(settings.of(BuiltinSettings), builtin_read_text=False)
    return DeferredEngine(BUILTIN, lambda: plugin.create(chosen, EngineOptions()), LoadProgress())


def engine_judges(settings: CommentatorSettings) -> bool:
    """Return whether the engine that `settings.engine` names judges conditions of watches."""
    try:
        return engine_plugin(settings.engine).judges
    except PluginError:
        return False


def watch_compiler() -> WatchCompiler:
    """Return what compiles the conditions of watches: for the facts of the built-in engine."""
    kinds = {kind.traits.claim for kind in EventKind}
    return WatchCompiler(_watch_nouns, frozenset(kinds | {*CAMERA_KINDS.values()}))


def _watch_nouns(text: str) -> list[WatchNoun]:
    return [
        WatchNoun(
            said=noun.said,
            one=noun.one,
            many=noun.many,
            labels=frozenset(noun.labels),
            vague=noun.said in GENDERED,
        )
        for noun in find_nouns(text)
    ]


@dataclass(frozen=True)
class Assembly:
    """An engine with its voice, guarded against hanging; not loaded yet.

    `observer`: an engine that watches beside it, for the facts alone.
    """

    engine: EngineGuard
    inner: Engine
    speaking: SpeakingEngine | None
    voice_detail: str
    voice_wanted: bool = False
    progress: LoadProgress = field(default_factory=LoadProgress)
    observer: Engine | None = None

    def voice(self) -> str:
        """Return what speaks, in one line, or why nothing does and what to install."""
        if self.speaking is not None:
            return self.speaking.voice_description
        if self.engine.voice is not None:
            return "the engine's own"
        return self.engine.voice_trouble or self.voice_detail

    def voice_trouble(self) -> str:
        """Return what is wrong with the voice and what to do; empty when it works, or is off."""
        own = self.engine.voice_trouble if self.voice_wanted else ""
        if self.speaking is not None:
            return self.speaking.trouble or own
        missing = self.voice_wanted and self.engine.voice is None
        return own or (self.voice_detail if missing else "")

    def given_text_trouble(self) -> str:
        """Return why alerts and sentences of ~/say can't be spoken; empty if they can."""
        if self.engine.voice is None:
            return "there is no voice, so alerts and sentences of ~/say are text only"
        if self.speaking is None and not self.engine.says_given_text:
            return (
                "the engine's own voice says only what the engine writes, so alerts and sentences "
                "of ~/say are text only: voice:=neural or voice:=espeak speaks them too"
            )
        return ""


def assemble(settings: CommentatorSettings) -> Assembly:
    """Put together the engine and voice that `settings` name.

    An engine with its own voice keeps it if `settings.voice` is auto.
    """
    progress = LoadProgress()
    engine = create_engine(settings, progress)
    choice = create_voice(settings)
    own_first = settings.voice == "auto"
    announcing = AnnouncingEngine(engine)
    speaking = SpeakingEngine(announcing, choice.voice, own_first) if choice.voice else None
    guarded = EngineGuard(speaking or announcing, settings.engine_timeout)
    return Assembly(
        guarded,
        engine,
        speaking,
        choice.detail,
        settings.voice != "none",
        progress,
        create_observer(settings),
    )
