"""An engine that is made only when it is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from .audio import AudioFormat, Pcm
from .cancel import CancelToken
from .engine import (
    Delta,
    Engine,
    EngineError,
    Judgement,
    Request,
    hear,
    hears,
    interjects,
    judge,
    reads_prompt,
    says_given_text,
    voice_trouble,
)
from .facts import FrameFacts
from .frames import Frame
from .load_progress import LoadProgress
from .stamp import Stamp


class DeferredEngine:
    """Makes the engine in `load`, on the caller's thread: that may import torch for seconds.

    Until then it has no voice and ignores frames. `name`: what to call it until then.
    """

    def __init__(self, name: str, create: Callable[[], Engine], progress: LoadProgress) -> None:
        self._name = name
        self._create = create
        self._progress = progress
        self._engine: Engine | None = None

    @property
    def description(self) -> str:
        """The engine in one line, its name before it is made."""
        return self._engine.description if self._engine else f"{self._name}, not loaded"

    @property
    def look_fps(self) -> float:
        """How many frames a second the engine's `look` wants."""
        return self._engine.look_fps if self._engine else 0.0

    @property
    def voice(self) -> AudioFormat | None:
        """The format of the engine's own voice, None if it only writes."""
        return self._engine.voice if self._engine else None

    @property
    def voice_trouble(self) -> str:
        """Why the engine's own voice is missing; empty if it speaks or has none."""
        return voice_trouble(self._engine) if self._engine else ""

    @property
    def interjects(self) -> bool:
        """Whether the engine knows what can't wait for the pause to end."""
        return self._engine is not None and interjects(self._engine)

    @property
    def says_given_text(self) -> bool:
        """Whether the engine's own voice can say given words."""
        return self._engine is not None and says_given_text(self._engine)

    @property
    def reads_prompt(self) -> bool:
        """Whether the engine has a language model that reads the prompt."""
        return self._engine is not None and reads_prompt(self._engine)

    @property
    def hears(self) -> bool:
        """Whether the engine listens to the scene's sound."""
        return self._engine is not None and hears(self._engine)

    def load(self) -> None:
        """Make the engine, unless that was done, and load it. Raise EngineError."""
        self._progress.restart()
        if self._engine is None:
            with self._progress.phase("import"):
                self._engine = self._create()
        self._engine.load()

    def look(self, frame: Frame) -> FrameFacts | None:
        """Show the engine a frame; return what it saw, None if it only writes."""
        return self._engine.look(frame) if self._engine else None

    def hear(self, pcm: Pcm, stamp: Stamp) -> None:
        """Let the engine hear sound; `stamp`: of its first sample. Raise EngineError."""
        if self._engine:
            hear(self._engine, pcm, stamp)

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        """Return the engine's comment. Raise EngineError."""
        if self._engine is None:
            raise EngineError("the engine is not loaded")
        return self._engine.comment(request, cancel)

    def judge(
        self, request: Request, conditions: Sequence[str], cancel: CancelToken
    ) -> Iterator[Judgement | None]:
        """Return the engine's judgements. Raise EngineError, also if it can't judge."""
        if self._engine is None:
            raise EngineError("the engine is not loaded")
        return judge(self._engine, request, conditions, cancel)

    def close(self) -> None:
        """Free the engine; `load` may follow."""
        if self._engine:
            self._engine.close()
