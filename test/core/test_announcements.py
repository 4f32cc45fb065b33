"""Sentences that are said as they are: before comments, in the order of their priority."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from test.core.stage import PROFILES, Stage, speaking
from test.fakes import FORMAT, FakeEngine, FakeVoice, tone
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.announcement_queue import MAX_ALERTS, MAX_SENTENCES, SpeechPriority
from video_commentary.core.announcing_engine import AnnouncingEngine
from video_commentary.core.cancel import CancelToken
from video_commentary.core.control import Control
from video_commentary.core.engine import Delta, EngineError, Limits, Request
from video_commentary.core.prompting import Prompt
from video_commentary.voices.speaking import SpeakingEngine

HIGH = SpeechPriority.HIGH


def control() -> Control:
    return Control(CommentatorSettings(), PROFILES)


def next_said(it: Control) -> str | None:
    sentence = it.begin(announcement=True).announcement
    return sentence.text if sentence else None


def test_an_alert_cuts_off_a_comment() -> None:
    stage = Stage(speaking("A long story.", 8.0))
    stage.at(2.0, lambda: stage.control.announce("A person comes\ninto view."))
    stage.run(4.0)
    announced = [comment for _, comment in stage.final if "person" in comment.text]
    assert [comment.text for comment in announced] == ["A person comes into view."]
    assert stage.seconds(announced[0].first_words) == pytest.approx(2.0, abs=0.1)
    assert stage.playout.ends_at(stage.clock.now()) < stage.start + 8, "the story went on"
    assert all("person" not in r.announcement for r in stage.engine.requests)


def test_a_sentence_comes_after_what_is_being_said_and_before_the_next_comment() -> None:
    stage = Stage(speaking("A story.", 5.0), breathing_pause=1.0)
    stage.at(2.0, lambda: stage.control.say("Dinner is\nready."))
    stage.run(8.0)
    said = [(comment.text, stage.seconds(comment.first_words)) for _, comment in stage.final]
    assert [text for text, _ in said] == ["A story.", "Dinner is ready.", "A story."]
    assert said[1][1] == pytest.approx(5.25, abs=0.1), "it did not wait for the sound before it"


def test_interrupting_stops_what_is_being_said_at_once() -> None:
    stage = Stage(speaking("A story.", 5.0))
    cuts: list[float | None] = []
    stage.at(2.0, lambda: stage.control.say("Stop!", interrupt=True))
    stage.at(2.1, lambda: cuts.append(stage.playout.take_cut()))
    stage.run(3.0)
    assert stage.texts[:2] == ["A story.", "Stop!"]
    assert stage.seconds(stage.final[1][1].first_words) == pytest.approx(2.0, abs=0.01)
    assert cuts == [pytest.approx(stage.start + 2.0, abs=0.01)]


def test_a_comment_that_has_not_begun_gives_way_and_is_made_afterwards() -> None:
    stage = Stage(FakeEngine(voice=FORMAT), still=True)
    spoken = threading.Event()

    class Slow(list[object]):
        """A comment before whose first word a sentence comes."""

        def __iter__(self) -> Iterator[object]:
            if not spoken.is_set():
                spoken.set()
                stage.control.say("Hello.")
            yield "News."

    stage.engine.script = lambda _: Slow()
    stage.run(4.0)
    assert stage.texts == ["Hello.", "News."]


def test_sentences_need_neither_a_picture_nor_an_engine_that_works_nor_to_be_enabled() -> None:
    def fails(_: Request) -> list[object]:
        raise EngineError("the server is away")

    for stage in (Stage(FakeEngine(), enabled=False), Stage(FakeEngine(fails))):
        stage.at(2.1, lambda it=stage: it.control.announce("Fire."))  # type: ignore[misc]
        stage.at(2.1, lambda it=stage: it.control.say("Run."))  # type: ignore[misc]
        stage.run(3.0)
        spoken = [(c.text, stage.seconds(c.first_words)) for _, c in stage.final if c.text]
        assert [text for text, _ in spoken] == ["Fire.", "Run."]
        assert spoken[0][1] == pytest.approx(2.1)
    assert stage.commentator.error == "the server is away"
    blind = Stage(FakeEngine())
    blind.control.say("Hello.")
    assert blind.commentator.step() == 0.0
    assert [(c.text, c.camera, blind.seconds(c.newest)) for _, c in blind.final] == [
        ("Hello.", "", 0.0)
    ]


def test_alerts_come_first_then_high_ones_and_questions_before_the_others() -> None:
    it = control()
    it.say("Normal one.")
    it.say("High one.", HIGH)
    it.announce("An alert.")
    it.say("High two.", HIGH)
    it.say("Normal two.")
    it.ask("What is it?")
    assert [next_said(it) for _ in range(3)] == ["An alert.", "High one.", "High two."]
    asked = it.begin(announcement=True)
    assert asked.question and asked.question.text == "What is it?"
    assert [next_said(it) for _ in range(3)] == ["Normal one.", "Normal two.", None]


def test_an_answer_is_not_cut_off_and_one_sentence_does_not_cut_off_another() -> None:
    it = control()
    it.ask("What is it?")
    orders = it.begin()
    it.announce("A dog.")
    it.say("Hello.")
    assert not orders.cancel.cancelled
    again = it.begin(announcement=True)
    assert again.announcement and (again.announcement.text, again.question) == ("A dog.", None)
    assert not again.interrupted
    it.announce("A cat.")
    assert not again.cancel.cancelled
    assert [next_said(it) for _ in range(2)] == ["A cat.", "Hello."]


def test_what_a_question_cuts_off_is_said_again_and_what_was_stopped_is_not() -> None:
    it = control()
    it.say("A poem.")
    orders = it.begin(announcement=True)
    it.ask("What is it?")
    assert orders.cancel.cancelled and orders.announcement
    it.say_again(orders.announcement)
    assert it.begin(announcement=True).question
    poem = it.begin(announcement=True).announcement
    assert poem is orders.announcement
    it.say("Enough.", interrupt=True)
    it.say_again(poem)
    assert [next_said(it) for _ in range(2)] == ["Enough.", None]


def test_of_too_many_alerts_the_oldest_is_left_out_and_a_sentence_is_refused() -> None:
    it = control()
    for number in range(MAX_ALERTS + 2):
        it.announce(f"Alert {number}.")
    for number in range(MAX_SENTENCES):
        it.say(f"Announcement {number}.", HIGH if number % 2 else SpeechPriority.NORMAL)
    with pytest.raises(ValueError, match="8 sentences are waiting: say it again later"):
        it.say("One more.", HIGH)
    assert [next_said(it) for _ in range(MAX_ALERTS)] == [f"Alert {n}." for n in range(2, 10)]
    assert next_said(it) == "Announcement 1."


@pytest.mark.parametrize(
    ("text", "words"),
    [(" \n", "the text is empty"), ("x" * 2001, "2,001 characters"), ("\ufffd", "UTF-8")],
)
def test_a_text_that_cannot_be_said_is_refused(text: str, words: str) -> None:
    it = control()
    with pytest.raises(ValueError, match=words):
        it.say(text)
    assert it.next_announcement() is None


def test_nothing_is_said_after_a_stop() -> None:
    it = control()
    it.announce("A dog.")
    it.say("Hello.")
    it.refuse_questions("stopped")
    assert it.next_announcement() is None


def say(engine: Any, speak: bool = True) -> list[Delta]:
    prompt = Prompt("", "", PROFILES["sports"])
    request = Request((), prompt, Limits(8), speak, announcement="Two words.")
    return list(engine.comment(request, CancelToken()))


class Talkative(FakeEngine):
    """An engine whose own voice can say given words."""

    says_given_text = True


def test_an_engines_own_voice_says_a_sentence_if_it_can() -> None:
    own = Talkative(lambda r: [Delta(r.announcement), tone(0.3)], voice=FORMAT)
    deltas = say(SpeakingEngine(AnnouncingEngine(own), FakeVoice()))
    assert "".join(delta.text for delta in deltas) == "Two words."
    assert [delta.pcm is not None for delta in deltas] == [False, True, False]
    assert [d.text for d in say(AnnouncingEngine(own), speak=False)] == ["Two words."]

    own.script = lambda _: [EngineError("the GPU is lost")]
    assert [(d.text, d.pcm) for d in say(AnnouncingEngine(own))] == [("Two words.", None)]


def test_where_the_engines_own_voice_cannot_the_other_voice_says_it() -> None:
    for rate in (24_000, 16_000):
        own = FakeEngine(voice=tone(0.1).format.__class__(rate))
        voice = FakeVoice()
        engine = SpeakingEngine(AnnouncingEngine(own), voice)
        engine.load()
        assert not voice.loaded
        sounds = [delta.pcm for delta in say(engine) if delta.pcm is not None]
        assert voice.said == ["Two words."]
        assert {pcm.format for pcm in sounds} == {own.voice}
        assert sum(pcm.duration for pcm in sounds) == pytest.approx(0.2, abs=0.01)
        assert own.requests == []
