"""The protocol between the commentator and its engines, which look at frames and comment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from .audio import AudioFormat, Pcm
from .cancel import CancelToken
from .facts import Claim, FrameFacts
from .frames import Frame
from .prompting import Prompt
from .remembered import Remembered
from .stamp import Stamp


@dataclass(frozen=True)
class Limits:
    """How much to say: `max_tokens` new tokens, about 0.75 words each."""

    max_tokens: int


@dataclass(frozen=True)
class Request:
    """One look at the scene: `frames` oldest first (one or more cameras), and what is wanted.

    `pressing`: the pause after the last comment is not over; only what can't wait for it is wanted.
    `announcement`: words to say as they are instead; only an engine that `says_given_text` sees
    them, with `speak`. `remembered`: what a memory has found for a question about the past, which
    the prompt holds too. Requests with one of these two may have no frames.
    `question_sound`: the question of `prompt` as it was spoken, None if it was written.
    """

    frames: tuple[Frame, ...]
    prompt: Prompt
    limits: Limits
    speak: bool
    pressing: bool = False
    announcement: str = ""
    remembered: Remembered | None = None
    question_sound: Pcm | None = None


@dataclass(frozen=True)
class Delta:
    """The next piece of a comment: text, sound or both (then the sound says that text).

    `silent`: the engine has nothing to say; the delta has no text. `last`: no delta follows.
    `claims`: what the text states, as data; empty if the engine only writes.
    """

    text: str = ""
    pcm: Pcm | None = None
    silent: bool = False
    last: bool = False
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """What a model says about a condition: `probability`, 0 to 1, that it holds.

    `measured` is False if the model only said yes or no: then `probability` is 1 or 0.
    """

    probability: float
    measured: bool = True


class EngineError(Exception):
    """The engine failed; the message says what happened and what to do next.

    `retry` is False if only a changed setting can help: then there is no retry on a timer.
    """

    def __init__(self, message: str, *, retry: bool = True) -> None:
        super().__init__(message)
        self.retry = retry


def unexpected(error: Exception) -> EngineError:
    """Return whatever else an engine raised as an EngineError."""
    if isinstance(error, MemoryError):
        return EngineError("out of memory: end other programs, or choose a smaller model or engine")
    return EngineError(f"{type(error).__name__}: {error}")


class Engine(Protocol):
    """Looks at frames and comments on them. Knows nothing of ROS, clocks or queues.

    `look` runs on another thread than `comment`; both may run at once. Everything else is called
    while neither runs, but `judge` may run beside `look`. An engine that can judge conditions has a
    method `judge` as in `JudgingEngine`.
    """

    @property
    def description(self) -> str:
        """What this engine is, in one line for people."""
        ...

    @property
    def look_fps(self) -> float:
        """How many frames a second `look` wants; the window's own frames come in any case.

        Known after `load`.
        """
        ...

    @property
    def voice(self) -> AudioFormat | None:
        """The format of the engine's own voice, None if it only writes. Known after `load`."""
        ...

    def load(self) -> None:
        """Get ready. Raise EngineError."""
        ...

    def look(self, frame: Frame) -> FrameFacts | None:
        """Encode or observe a frame as it arrives. Stamps may jump backwards (a bag loops).

        Return what was seen in it; None from an engine that only writes. Facts come before words:
        they are published whether or not a comment mentions them.
        """
        ...

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        """Yield the comment piece by piece; stop within one decode step of `cancel`.

        With `request.speak` and a `voice`, deltas carry sound too. An engine with nothing to say
        yields one silent delta. Raise EngineError.
        """
        ...

    def close(self) -> None:
        """Free everything; `load` may follow."""
        ...


def interjects(engine: Engine) -> bool:
    """Return whether an engine knows what can't wait: only then it gets `pressing` requests.

    An engine that does has an `interjects` of its own.
    """
    return bool(getattr(engine, "interjects", False))


def says_given_text(engine: Engine) -> bool:
    """Return whether the engine's own voice can say given words: `Request.announcement`.

    An engine that can has a `says_given_text` of its own.
    """
    return bool(getattr(engine, "says_given_text", False))


def reads_prompt(engine: Engine) -> bool:
    """Return whether a language model reads `Prompt.text`.

    Only then the engine words answers about the past. Such an engine has a `reads_prompt` of its
    own.
    """
    return bool(getattr(engine, "reads_prompt", False))


def hears(engine: Engine) -> bool:
    """Return whether an engine listens to the scene's sound; one that does has its own `hears`.

    Known after `load`.
    """
    return bool(getattr(engine, "hears", False))


def hear(engine: Engine, pcm: Pcm, stamp: Stamp) -> None:
    """Let an engine hear the scene's sound as it comes; one without a `hear` of its own ignores it.

    `stamp`: of the first sample. It runs on another thread than `look` and `comment`, and all may
    run at once. Raise EngineError.
    """
    method: Callable[[Pcm, Stamp], None] | None = getattr(engine, "hear", None)
    if method is not None:
        method(pcm, stamp)


def voice_trouble(engine: Engine) -> str:
    """Return why the engine's own voice is missing, and what to do; empty if nothing is wrong.

    An engine whose voice may fail to load, or come later, has a `voice_trouble` of its own.
    """
    return str(getattr(engine, "voice_trouble", ""))


class JudgingEngine(Engine, Protocol):
    """An engine that says whether conditions hold."""

    def judge(
        self, request: Request, conditions: Sequence[str], cancel: CancelToken
    ) -> Iterator[Judgement | None]:
        """Yield a judgement on each condition in `request.frames`, in order; None without one.

        Each is asked by `prompting.judging_question` after `request.prompt`. Stop soon after
        `cancel`: the next comment waits for that. Raise EngineError.
        """
        ...


def judge(
    engine: Engine, request: Request, conditions: Sequence[str], cancel: CancelToken
) -> Iterator[Judgement | None]:
    """Yield the judgements of a JudgingEngine. Raise EngineError if the engine is none."""
    method = getattr(engine, "judge", None)
    if method is None:
        raise EngineError(f"{engine.description} can't judge conditions", retry=False)
    judgements: Iterator[Judgement | None] = method(request, conditions, cancel)
    return judgements
