"""An engine around another one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .audio import AudioFormat, Pcm
from .cancel import CancelToken
from .engine import (
    Delta,
    Engine,
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
from .stamp import Stamp


class EngineWrapper:
    """Passes everything on to `inner`; a subclass overrides what it changes."""

    def __init__(self, inner: Engine) -> None:
        self.inner = inner

    @property
    def description(self) -> str:
        """What the inner engine is, in one line for people."""
        return self.inner.description

    @property
    def look_fps(self) -> float:
        """How many frames a second the inner engine's `look` wants."""
        return self.inner.look_fps

    @property
    def voice(self) -> AudioFormat | None:
        """The format of the inner engine's own voice, None if it only writes."""
        return self.inner.voice

    @property
    def voice_trouble(self) -> str:
        """Why the inner engine's own voice is missing; empty if it speaks or has none."""
        return voice_trouble(self.inner)

    @property
    def interjects(self) -> bool:
        """Whether the inner engine knows what can't wait for the pause to end."""
        return interjects(self.inner)

    @property
    def says_given_text(self) -> bool:
        """Whether the inner engine's own voice can say given words."""
        return says_given_text(self.inner)

    @property
    def reads_prompt(self) -> bool:
        """Whether the inner engine has a language model that reads the prompt."""
        return reads_prompt(self.inner)

    @property
    def hears(self) -> bool:
        """Whether the inner engine listens to the scene's sound."""
        return hears(self.inner)

    def load(self) -> None:
        """Load the inner engine. Raise EngineError."""
        self.inner.load()

    def look(self, frame: Frame) -> FrameFacts | None:
        """Show the inner engine a frame; return what it saw, None if it only writes."""
        return self.inner.look(frame)

    def hear(self, pcm: Pcm, stamp: Stamp) -> None:
        """Let the inner engine hear sound; `stamp`: of its first sample. Raise EngineError."""
        hear(self.inner, pcm, stamp)

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        """Yield the inner engine's comment. Raise EngineError."""
        return self.inner.comment(request, cancel)

    def judge(
        self, request: Request, conditions: Sequence[str], cancel: CancelToken
    ) -> Iterator[Judgement | None]:
        """Yield the inner engine's judgements. Raise EngineError, also if it can't judge."""
        return judge(self.inner, request, conditions, cancel)

    def close(self) -> None:
        """Free the inner engine."""
        self.inner.close()
