from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest

from test.fakes import FORMAT, FakeEngine, tone
from test.tools.narration.recordings import PROFILES, SETTINGS, Recording
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import Delta, Engine, EngineError, Request
from video_commentary.core.facts import Claim
from video_commentary.core.silence import SILENCE
from video_commentary.core.stamp import from_seconds, to_seconds
from video_commentary.tools.evaluation.labels import LabelledQuestion
from video_commentary.tools.evaluation.running import ClipRunner, LabelledFootage, statements

DOG, CAR = Claim(kind="enters", who="dog"), Claim(kind="leaves", who="car")


class StatingEngine(FakeEngine):
    """Says two sentences for 2 s and states both; every other comment is nothing."""

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        self.requests.append(request)
        if len(self.requests) % 2:
            yield Delta(silent=True)
            return
        yield Delta("A dog comes in. ", claims=(DOG,))
        yield Delta(pcm=tone(2.0))
        yield Delta("The taxi has left.", claims=(CAR,))


def runner(*engines: Engine) -> ClipRunner:
    """Return a runner whose engines are these, one after the other."""
    queue = list(engines)

    def make(settings: CommentatorSettings) -> Engine:
        del settings
        return queue.pop(0)

    return ClipRunner(make, SETTINGS, PROFILES)


def test_what_is_handed_over_comes_with_the_sentence_that_says_it() -> None:
    comments = runner(StatingEngine(voice=FORMAT)).comments(Recording(10.0))
    assert len(comments) >= 2
    assert {comment.claims for comment in comments} == {(DOG, CAR)}
    first, second = statements(comments[:1])
    assert (first.text, first.claims) == ("A dog comes in.", (DOG,))
    assert (second.text, second.claims) == ("The taxi has left.", (CAR,))
    assert first.start == comments[0].caption.start
    assert first.end == second.start
    assert second.end == pytest.approx(comments[0].caption.end)


def test_comments_come_at_the_pace_of_speech() -> None:
    comments = runner(StatingEngine(voice=FORMAT)).comments(Recording(20.0))
    for before, after in pairwise(comments):
        assert after.caption.start >= before.end + SETTINGS.breathing_pause - 0.01


def test_an_unspoken_comment_takes_the_time_to_read_it() -> None:
    (comment, *_) = runner(FakeEngine(lambda _: ["x" * 50])).comments(Recording(4.0))
    assert not comment.caption.spoken
    assert comment.end == comment.caption.start + 2.0


def test_an_engine_that_hands_nothing_over_only_writes() -> None:
    comments = runner(FakeEngine()).comments(Recording(4.0))
    assert comments and all(statement.claims == () for statement in statements(comments))


def test_questions_are_asked_at_their_times_and_answered_at_once() -> None:
    def answers(request: Request) -> list[object]:
        question = request.prompt.question
        return [f"{question} {to_seconds(request.frames[-1].stamp):.1f}" if question else SILENCE]

    asked = [(7.7, "b"), (2.0, "a"), (7.7, "c"), (30.0, "late")]
    questions = [LabelledQuestion(t=t, q=q, accepted=("x",), kind="") for t, q in asked]
    found = runner(FakeEngine(answers)).answers(Recording(10.0), questions)
    assert found == ["b 7.5", "a 2.0", "c 7.5", ""]


def test_each_run_has_an_engine_of_its_own() -> None:
    one, other = FakeEngine(), FakeEngine()
    it = runner(one, other)
    it.comments(Recording(3.0))
    it.answers(Recording(3.0), [])
    assert one.requests and other.requests
    assert (one.closed, other.closed) == (1, 1)


def test_nothing_is_shown_beyond_the_labelled_part() -> None:
    engine = FakeEngine()
    runner(engine).comments(LabelledFootage(Recording(10.0), 4.0))
    assert max(frame.stamp for frame in engine.looked) == from_seconds(4.0)


def test_an_engine_that_gives_up_ends_the_run() -> None:
    failing = FakeEngine(lambda _: [EngineError("no model: fetch it", retry=False)])
    with pytest.raises(EngineError, match="recording: no model: fetch it"):
        runner(failing).comments(Recording(3.0))
    assert failing.closed == 1
