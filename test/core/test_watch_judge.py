"""Watches judged by a model: when it is asked, what makes an alert, and what comments see of it."""

from __future__ import annotations

import pytest

from test.core.judging import FALL, WAVE, Scene
from test.core.stage import TOPIC
from test.core.test_watches import event, facts, thing
from test.fakes import frame
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import EngineError, Judgement
from video_commentary.core.stamp import from_seconds
from video_commentary.core.watch_language import WatchRefusedError
from video_commentary.core.watches import Watch, WatchList
from video_commentary.wiring import watch_compiler


def test_all_watches_of_a_camera_are_judged_together_once_a_second() -> None:
    scene = Scene(FALL, WAVE)
    scene.see(5.0, seed=None)
    assert scene.asked == 5 * [["a person falls", "somebody waves"]]
    newest = [request.frames[-1].stamp / 1e9 for request, _ in scene.engine.judged]
    assert newest == [100.5, 101.5, 102.5, 103.5, 104.5]
    request = scene.engine.judged[-1][0]
    assert len(request.frames) > 1
    assert "yes or no" in request.prompt.system
    assert scene.alerts == []


def test_a_picture_that_stays_the_same_is_judged_until_the_change_has_left_the_window() -> None:
    scene = Scene(FALL)
    scene.see(20.0)
    busy = len(scene.asked)
    assert 3 <= busy <= 6, "the frames of a window span 3 s"
    scene.see(30.0)
    assert len(scene.asked) == busy + 3, "once in 10 s"
    scene.see(0.5, seed=1)
    scene.see(1.0, seed=1)
    assert len(scene.asked) == busy + 4 + 1


def test_an_alert_comes_when_the_probability_rises_above_the_threshold() -> None:
    scene = Scene(FALL, WAVE)
    scene.said["a person falls"] = 0.55
    scene.see(2.0, seed=None)
    assert scene.alerts == []
    scene.said["a person falls"] = 0.65
    scene.see(3.0, seed=None)
    [(alert, picture)] = scene.alerts
    assert alert.text == "A person falls."
    assert alert.confidence == pytest.approx(0.65)
    assert alert.stamp == picture.stamp == from_seconds(102.5)
    assert (alert.camera, alert.watch.condition) == (picture.camera, FALL)
    assert [seen.stamp for seen in alert.evidence] == [picture.stamp]
    scene.said["a person falls"] = 0.5
    scene.see(2.0, seed=None)
    scene.said["a person falls"] = 0.9
    scene.see(2.0, seed=None)
    assert len(scene.alerts) == 1, "it wavered, but never ended"
    scene.said["a person falls"] = 0.4
    scene.see(1.0, seed=None)
    scene.said["a person falls"] = 0.9
    scene.see(2.0, seed=None)
    assert len(scene.alerts) == 2
    [fall, wave] = scene.watches.reports()
    assert (fall.alerts, fall.last_alert, wave.alerts) == (2, scene.alerts[1][0].stamp, 0)


def test_the_cooldown_holds_for_each_camera() -> None:
    scene = Scene(FALL, cameras=("/left", "/right"), cooldown=8.0)
    for _ in range(5):
        scene.said["a person falls"] = 1.0
        scene.see(1.0, seed=None)
        scene.said["a person falls"] = 0.0
        scene.see(1.0, seed=None)
    at = [(alert.camera, round(alert.stamp / 1e9 - 100.5)) for alert, _ in scene.alerts]
    assert at == [("/left", 0), ("/right", 0), ("/left", 8), ("/right", 8)]


def test_a_watch_of_one_camera_is_asked_about_that_one() -> None:
    scene = Scene(cameras=("/left", "/right"))
    scene.watches.add(FALL, camera="/right")
    scene.see(1.0, seed=None)
    assert [{f.camera for f in request.frames} for request, _ in scene.engine.judged] == [
        {"/right"}
    ]


def test_a_duration_is_counted_here_and_not_asked() -> None:
    scene = Scene("the door is open for 20 s")
    scene.said["the door is open"] = 0.9
    scene.see(15.0)
    scene.said["the door is open"] = 0.1
    scene.see(1.0, seed=1)
    scene.said["the door is open"] = 0.9
    scene.see(18.0, seed=2)
    assert {*map(tuple, scene.asked)} == {("the door is open",)}
    assert scene.alerts == []
    scene.see(5.0, seed=2)
    [(alert, _)] = scene.alerts
    assert alert.text == "The door is open for 20 s."
    assert alert.stamp == from_seconds(116.5 + 20)
    assert len(scene.asked) < 20, "it was asked about pictures that did not change"


def test_nobody_knows_what_was_so_while_nobody_looked() -> None:
    scene = Scene("the door is open for 20 s")
    scene.said["the door is open"] = 0.9
    scene.see(10.0)
    scene.clock.spend(60.0)
    scene.see(19.0)
    assert scene.alerts == []
    scene.see(3.0)
    assert len(scene.alerts) == 1


def test_a_bag_that_starts_over_is_judged_at_once() -> None:
    scene = Scene(FALL, cooldown=600.0)
    scene.said["a person falls"] = 0.9
    scene.see(20.0)
    scene.see(2.0, shift=-21.0)
    assert len(scene.alerts) == 2


def test_a_judgement_without_a_probability_has_no_confidence() -> None:
    scene = Scene(FALL, WAVE)
    scene.said |= {"a person falls": Judgement(1.0, measured=False), "somebody waves": None}
    scene.see(2.0, seed=None)
    assert [alert.confidence for alert, _ in scene.alerts] == [None]
    assert scene.judge.trouble == ""
    scene.said["a person falls"] = None
    scene.see(1.0, seed=None)
    assert "neither yes nor no" in scene.judge.trouble


def test_failures_are_said_and_tried_again_less_and_less_often() -> None:
    scene = Scene(FALL)
    scene.said["a person falls"] = EngineError("the GPU is gone")
    scene.see(16.0, seed=None)
    assert scene.judge.trouble == "the GPU is gone"
    assert len(scene.asked) == 5, "after 1, 2, 4 and 8 s"
    scene.said["a person falls"] = ValueError("odd")
    scene.see(16.0, seed=None)
    assert scene.judge.trouble == "ValueError: odd"
    scene.said["a person falls"] = 0.9
    scene.see(31.0, seed=None)
    assert (scene.judge.trouble, scene.texts) == ("", ["A person falls."])


def test_what_was_left_out_comes_first() -> None:
    scene = Scene(FALL, WAVE)
    cancel = CancelToken()

    def opinion(condition: str) -> object:
        cancel.cancel()
        return 0.1

    scene.engine.opinion = opinion
    scene.see(0.0)
    use = scene.monitor.use(TOPIC, from_seconds(101.0))
    scene.monitor.add(TOPIC, frame(101.0), use)
    scene.judge.run(cancel)
    scene.clock.spend(1.0)
    scene.monitor.add(TOPIC, frame(102.0), scene.monitor.use(TOPIC, from_seconds(102.0)))
    scene.judge.run(CancelToken())
    assert scene.asked == [
        ["a person falls", "somebody waves"],
        ["somebody waves", "a person falls"],
    ]


@pytest.mark.parametrize(
    ("has_facts", "judges", "watched"),
    [
        (True, False, {"a person enters": "a person comes into view", FALL: None}),
        (
            True,
            True,
            {
                "a person enters": "a person comes into view",
                FALL: "a person falls (judged by the model)",
                "Die Tür steht offen": "Die Tür steht offen (judged by the model)",
            },
        ),
        (
            False,
            True,
            {
                "a person enters": "a person enters (judged by the model)",
                "Warn me if nobody is there for a minute": "nobody is there for a minute "
                "(judged by the model)",
                " ": None,
                "for ten minutes": None,
                "x" * 201: None,
                "the pot boils for 0 s": None,
            },
        ),
        (False, False, {"a person enters": None}),
    ],
)
def test_facts_decide_what_they_can_and_the_model_the_rest(
    has_facts: bool, judges: bool, watched: dict[str, str | None]
) -> None:
    watches = WatchList(watch_compiler(), has_facts=has_facts, engine_judges=judges)
    for words, meaning in watched.items():
        if meaning is None:
            with pytest.raises(WatchRefusedError):
                watches.add(words)
        else:
            assert watches.add(words).meaning == meaning
    assert [report.meaning for report in watches.reports()] == [m for m in watched.values() if m]
    judged = [w for w, m in watched.items() if m and "judged" in m]
    assert len(watches.judged()) == len(judged)


def test_facts_that_come_later_take_over() -> None:
    watches = WatchList(
        watch_compiler(),
        [Watch(id=1, condition="a person enters", name="x"), Watch(id=2, condition=FALL, name="y")],
        has_facts=False,
        engine_judges=True,
    )
    assert [watch.id for watch in watches.judged()] == [1, 2]
    watches.has_facts = True
    assert [watch.id for watch in watches.judged()] == [2]
    enters = event("enters", "person", thing("person"))
    [alert] = watches.observe(facts(0, events=(enters,)))
    assert alert.watch.id == 1
