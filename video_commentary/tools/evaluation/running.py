"""An engine on a labelled clip, through the same cycle as live: what it says, and when."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from ...config.profiles import load_profiles
from ...config.settings import CommentatorSettings
from ...core.cancel import CancelToken
from ...core.control import Control
from ...core.engine import Delta, Engine, EngineError, Request
from ...core.engine_wrapper import EngineWrapper
from ...core.facts import Claim
from ...core.pacing import READING_SPEED
from ...core.prompting import Profile
from ...recording.captions import Caption
from ...wiring import assemble
from ..narration.footage import Footage, FootageError, Shot
from ..narration.journal import AnswerJournal
from ..narration.recorder import RecordingEngine
from ..narration.stage import Stage
from ..narration.track import SpeechFile
from .judging import Statement
from .labels import LabelledQuestion
from .reading import as_said, sentences


@dataclass(frozen=True, kw_only=True)
class SpokenComment:
    """A comment as it was heard, and what the engine handed over with it."""

    caption: Caption
    claims: tuple[Claim, ...]

    @property
    def end(self) -> float:
        """When it has been heard, or read if there is no voice; seconds."""
        caption = self.caption
        return caption.end if caption.spoken else caption.start + len(caption.text) / READING_SPEED


class ClaimRecorder(EngineWrapper):
    """Keeps what an engine hands over besides its words: text and claims of every comment."""

    def __init__(self, inner: Engine) -> None:
        super().__init__(inner)
        self.comments: list[tuple[str, tuple[Claim, ...]]] = []

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        """Yield the inner engine's comment. Raise EngineError."""
        text = ""
        claims: tuple[Claim, ...] = ()
        for delta in self.inner.comment(request, cancel):
            text += delta.text
            claims += delta.claims
            yield delta
        self.comments.append((text.strip(), claims))


class LabelledFootage:
    """The pictures of a footage up to `end` seconds."""

    def __init__(self, footage: Footage, end: float) -> None:
        self._footage = footage
        self.path = footage.path
        self.duration = end
        self.identity = footage.identity

    def shots(self) -> Iterator[Shot]:
        """Yield every picture. Raise FootageError."""
        for shot in self._footage.shots():
            if shot.time > self.duration:
                return
            yield shot


class ClipRunner:
    """Shows footage to fresh engines of one kind, each from `make_engine`, and keeps what they say.

    `real_time`: the engine's own time counts as if live here; else it counts as none.
    """

    def __init__(
        self,
        make_engine: Callable[[CommentatorSettings], Engine],
        settings: CommentatorSettings,
        profiles: dict[str, Profile],
        real_time: bool = False,
    ) -> None:
        self._make_engine = make_engine
        self._settings = settings
        self._profiles = profiles
        self._real_time = real_time

    @classmethod
    def assembled(cls, settings: CommentatorSettings, real_time: bool = False) -> ClipRunner:
        """Return a runner with the engine and voice that settings name. Raise ValueError."""
        profiles = load_profiles(settings.profiles_file)
        Control(settings, profiles)  # refuses bad settings before an engine is loaded
        return cls(assembled, settings, profiles, real_time)

    def comments(self, footage: Footage) -> list[SpokenComment]:
        """Return the comments on a recording. Raise EngineError, FootageError."""
        recorder, stage = self._run(footage, self._settings, ())
        return list(_with_claims(stage.captions, recorder.comments))

    def answers(self, footage: Footage, questions: Sequence[LabelledQuestion]) -> list[str]:
        """Return the answers to questions, each asked at its time; "" if none came.

        Without a voice, which changes nothing in them. Raise EngineError, FootageError.
        """
        order = sorted(range(len(questions)), key=lambda i: questions[i].t)
        asked = [(questions[i].t, questions[i].q) for i in order]
        _, stage = self._run(footage, replace(self._settings, voice="none"), asked)
        texts = [""] * len(order)
        for index, answer in zip(order, stage.answers, strict=False):
            if answer.done() and answer.result().success:
                texts[index] = answer.result().text
        return texts

    def _run(
        self,
        footage: Footage,
        settings: CommentatorSettings,
        questions: Sequence[tuple[float, str]],
    ) -> tuple[ClaimRecorder, Stage]:
        recorder = ClaimRecorder(self._make_engine(settings))
        recorder.load()
        with (
            closing(recorder),
            closing(SpeechFile()) as track,
            tempfile.TemporaryDirectory() as folder,
        ):
            journal = AnswerJournal(Path(folder) / "journal", {})
            engine = RecordingEngine(recorder, journal, self._real_time, lambda _: None)
            stage = Stage(
                footage, engine, settings, self._profiles, track, lambda _: None, questions
            )
            if not stage.run():
                raise EngineError(f"{footage.path}: {stage.failure}")
            if stage.trouble:
                raise FootageError(f"{footage.path}: only part could be read: {stage.trouble}")
        return recorder, stage


def assembled(settings: CommentatorSettings) -> Engine:
    """Return the engine and voice that settings name, not loaded yet.

    Without the guard against hanging, whose threads know nothing of virtual time.
    """
    assembly = assemble(settings)
    return assembly.speaking or assembly.inner


def statements(comments: Sequence[SpokenComment]) -> list[Statement]:
    """Return the sentences of comments, each with its share of the time and its own claims."""
    return [statement for comment in comments for statement in _split(comment)]


def _split(comment: SpokenComment) -> Iterator[Statement]:
    caption = comment.caption
    parts = sentences(caption.text)
    owners = [_owner(claim, parts) for claim in comment.claims]
    length, at = max(1, sum(map(len, parts))), caption.start
    for place, part in enumerate(parts):
        end = at + len(part) / length * (comment.end - caption.start)
        own = zip(comment.claims, owners, strict=True)
        yield Statement(
            start=at,
            end=end,
            text=part,
            claims=tuple(claim for claim, owner in own if owner == place),
        )
        at = end


def _owner(claim: Claim, parts: Sequence[str]) -> int:
    """Return which sentence says a claim; the first if none does."""
    return next((place for place, part in enumerate(parts) if as_said(part, claim)), 0)


def _with_claims(
    captions: Sequence[Caption], said: Sequence[tuple[str, tuple[Claim, ...]]]
) -> Iterator[SpokenComment]:
    """Find for each caption what was handed over with it: the engine said more than was heard."""
    place = 0
    for caption in captions:
        following = [i for i in range(place, len(said)) if said[i][0] == caption.text]
        claims = said[following[0]][1] if following else ()
        place = following[0] + 1 if following else place
        yield SpokenComment(caption=caption, claims=claims)
