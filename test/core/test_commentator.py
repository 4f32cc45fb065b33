from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from test.core.stage import TOPIC, Stage, speaking
from test.fakes import FORMAT, FakeEngine, frame, tone
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.engine import Delta, Request
from video_commentary.core.facts import Claim, Observation
from video_commentary.core.frames import Frame
from video_commentary.core.scene_monitor import SceneMonitor
from video_commentary.core.silence import SILENCE
from video_commentary.core.stamp import from_seconds


def test_words_come_one_by_one_and_then_the_whole() -> None:
    stage = Stage(FakeEngine())
    stage.run(1.0)
    texts = [(comment.text, comment.final) for _, comment in stage.published[:3]]
    assert texts == [("Hello ", False), ("Hello there.", False), ("Hello there.", True)]


def test_a_comment_carries_the_stamps_of_its_frames() -> None:
    stage = Stage(FakeEngine(), max_tokens=50)
    stage.run(6.0)
    _, last = stage.final[-1]
    request = stage.engine.requests[-1]
    assert [f.stamp for f in request.frames] == sorted(f.stamp for f in request.frames)
    assert (last.oldest, last.newest) == (request.frames[0].stamp, request.frames[-1].stamp)
    assert last.newest - last.oldest == from_seconds(3.0)
    assert request.limits.max_tokens == 50


def test_a_finished_comment_names_what_its_words_rest_on() -> None:
    first = Observation(camera="camera", stamp=from_seconds(1), name="dog", track=1)
    second = replace(first, stamp=from_seconds(2), track=2)
    claims = (
        Claim(kind="enters", who="dog", evidence=(second, first)),
        Claim(kind="present", who="dog", evidence=(second,)),
    )
    stage = Stage(FakeEngine(lambda _: ["A ", Delta("dog.", claims=claims, last=True)]))
    stage.run(1.0)
    evidence = [comment.evidence for _, comment in stage.published[:3]]
    assert evidence == [(), (), (first, second)]


def test_the_next_comment_waits_for_the_sound_and_the_pause() -> None:
    stage = Stage(speaking("Four seconds.", 4.0), breathing_pause=1.0)
    stage.run(14.0)
    begins = [stage.seconds(c.first_words) for _, c in stage.final if c.first_words]
    assert begins[0] == pytest.approx(0.0, abs=0.1)
    assert begins[1] == pytest.approx(5.0, abs=0.51)
    assert begins[1] >= 5.0


def test_comments_are_about_the_freshest_frames_when_the_gate_opens() -> None:
    stage = Stage(speaking("Four seconds.", 4.3), breathing_pause=1.0)
    stage.run(20.0)
    delays = [c.first_words - c.newest for _, c in stage.final if c.first_words]
    assert max(delays) <= from_seconds(0.5)


def test_silence_makes_no_words_no_sound_and_no_delay() -> None:
    stage = Stage(FakeEngine(lambda _: [SILENCE], voice=FORMAT))
    stage.run(2.0)
    assert stage.published
    assert all(
        comment.silent and comment.final and not comment.text for _, comment in stage.published
    )
    assert stage.playout.due_in(0) is None
    assert stage.commentator.stats.words_delay == 0
    assert stage.commentator.stats.silent == len(stage.published)


def test_blanks_before_the_first_word_are_not_published_alone() -> None:
    stage = Stage(FakeEngine(lambda _: [" ", "\n", "Now."]))
    stage.run(0.5)
    assert [comment.text for _, comment in stage.published] == [" \nNow.", "Now."]


@pytest.mark.parametrize("script", [[], [""], [" "]])
def test_an_empty_answer_is_silence(script: list[object]) -> None:
    stage = Stage(FakeEngine(lambda _: script))
    stage.run(1.0)
    assert stage.final[0][1].silent


def test_a_still_scene_is_not_commented_again() -> None:
    stage = Stage(FakeEngine(), still=True)
    stage.run(20.0)
    assert len(stage.engine.requests) == 1


def test_an_engine_with_eyes_of_its_own_is_always_asked() -> None:
    stage = Stage(FakeEngine(lambda _: [SILENCE], look_fps=5.0), still=True)
    stage.run(5.0)
    assert len(stage.engine.requests) >= 9


def test_half_a_character_is_published_as_a_question_mark() -> None:
    stage = Stage(FakeEngine(lambda _: ["A \ud83d", " dog."]))
    stage.run(0.6)
    assert stage.texts[0] == "A ? dog."


def test_recent_comments_go_into_the_prompt_but_no_more_than_set() -> None:
    numbers = iter(range(100))
    stage = Stage(FakeEngine(lambda _: [f"Number {next(numbers)}."]), context_comments=2)
    stage.run(12.0)
    assert stage.engine.requests[-1].prompt.recent == tuple(stage.texts[-3:-1])


def test_two_cameras_share_the_frames_of_a_request() -> None:
    settings = replace(CommentatorSettings(), image_topics=("/a", "/b"))
    scene = SceneMonitor(settings, FakeEngine())

    def show(topic: str, seconds: float) -> None:
        scene.add(topic, frame(seconds, topic), scene.use(topic, from_seconds(seconds)))

    for i in range(10):
        for topic in settings.image_topics:
            show(topic, i / 2)
    view = scene.view()
    assert [f.camera for f in view.frames].count("/a") == 2
    assert len(view.frames) == 4
    for i in range(10, 30):
        show("/a", i / 2)
    assert {f.camera for f in scene.view().frames} == {"/a"}


def test_the_threshold_of_change_may_be_set_while_running() -> None:
    stage = Stage(FakeEngine(), breathing_pause=0.0)
    stage.at(5.0, lambda: stage.tune(change_threshold=10.0))
    stage.film(20.0)
    seeds = iter(range(100))
    faint = np.random.default_rng(0).integers(100, 140, (48, 64, 3), np.uint8)

    def see(stamp: float) -> None:
        exact = from_seconds(stamp)
        image = faint + np.uint8(0)
        image[:8, :8] += np.uint8(30 * (next(seeds) % 2))
        stage.scene.add(TOPIC, Frame(image, exact, "camera", 0), stage.scene.use(TOPIC, exact))
        stage.commentator.on_frame()

    stage.see = see  # type: ignore[method-assign]
    stage.at(20.0, stage.end)
    stage.commentator.run(stage.stop)
    times = [when for when, _ in stage.final]
    assert [when for when in times if when < 5.0]
    assert not [when for when in times if when > 6.0]


class Interjecting(FakeEngine):
    """Speaks for two seconds; what can't wait comes `pressing` times, whenever it is asked."""

    interjects = True

    def __init__(self, pressing: int = 0) -> None:
        super().__init__(self._script, voice=FORMAT, look_fps=5.0)
        self._pressing = pressing

    def _script(self, request: Request) -> list[object]:
        if not request.pressing:
            return ["Two seconds. ", tone(2.0)]
        self._pressing -= 1
        return ["Another one. ", tone(1.0)] if self._pressing >= 0 else [SILENCE]


def test_what_can_not_wait_is_said_after_a_quarter_of_the_pause() -> None:
    stage = Stage(Interjecting(pressing=1), breathing_pause=1.0)
    stage.run(6.0)
    begins = [stage.seconds(c.first_words) for _, c in stage.final if c.first_words]
    assert begins[1] == pytest.approx(2.25, abs=0.26)
    assert stage.texts[:3] == ["Two seconds.", "Another one.", "Two seconds."]
    assert begins[2] >= 4.2


def test_a_pause_without_anything_that_presses_is_a_pause() -> None:
    stage = Stage(Interjecting(), breathing_pause=1.0)
    stage.run(6.0)
    assert any(request.pressing for request in stage.engine.requests)
    assert not any(comment.silent for _, comment in stage.published)
    begins = [stage.seconds(c.first_words) for _, c in stage.final if c.first_words]
    assert begins[1] == pytest.approx(3.0, abs=0.1)


def test_an_engine_that_does_not_interject_is_left_alone_in_the_pause() -> None:
    stage = Stage(FakeEngine(look_fps=5.0), breathing_pause=1.0)
    stage.run(6.0)
    assert stage.engine.requests
    assert not any(request.pressing for request in stage.engine.requests)


def test_a_question_in_the_pause_gets_the_whole_engine() -> None:
    stage = Stage(Interjecting(), breathing_pause=1.0)
    stage.at(2.4, lambda: stage.control.ask("What is that?"))
    stage.run(3.0)
    asked = [request for request in stage.engine.requests if request.prompt.question]
    assert [request.pressing for request in asked] == [False]
