"""From sound to words, with the real network of voice activity and a scripted recognizer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from test.listening.conftest import (
    Hearing,
    ScriptedRecognizer,
    Wave,
    in_room,
    pause,
    seconds,
    to_pcm,
    wave,
)
from video_commentary.config.listener_settings import ListenerSettings
from video_commentary.core.audio import AudioFormat, Pcm
from video_commentary.core.stamp import from_seconds
from video_commentary.listening.items import (
    BargedIn,
    BargeInState,
    Heard,
    RecognizerError,
    SpeechBegan,
)
from video_commentary.listening.listener import Listener

Make = Callable[..., Hearing]
CARS = "Only talk about the cars."


def spoken(times: int = 1) -> Wave:
    """Return a sentence from 1.0 s on, and the silence after it; `times` in a row."""
    return np.concatenate([pause(1.0), wave("only_the_cars"), pause(1.5)] * times)


@pytest.mark.parametrize(
    "format",
    [AudioFormat(8_000), AudioFormat(16_000), AudioFormat(44_100), AudioFormat(48_000, 2)],
    ids=lambda it: f"{it.rate}x{it.channels}",
)
def test_a_sentence_is_heard_in_any_format(hearing: Make, format: AudioFormat) -> None:
    robot = hearing()
    robot.hear(spoken(), format=format)
    robot.settle()
    began, said = robot.of(SpeechBegan), robot.final
    assert [event.text for event in said] == [CARS]
    assert len(began) == 1
    assert seconds(began[0].stamp) == pytest.approx(1.05, abs=0.1)
    assert seconds(said[0].end) == pytest.approx(2.5, abs=0.25)
    partial = [event for event in robot.of(Heard) if not event.final]
    assert partial and {event.id for event in partial} == {said[0].id}


def test_the_sound_of_a_sentence_is_reported_only_where_it_may_be_sent(hearing: Make) -> None:
    robot = hearing()
    robot.hear(spoken())
    robot.settle()
    assert robot.final and not [event for event in robot.of(Heard) if event.sound]
    robot.listener.tune(ListenerSettings(send_sound=True))
    robot.hear(spoken(), at=60.0)
    robot.settle()
    *partial, last = robot.of(Heard)
    assert not [event for event in partial if event.sound]
    assert last.sound and last.sound.format == AudioFormat(16_000)
    words = to_pcm(wave("only_the_cars"))
    assert words.duration - 0.1 < last.sound.duration < words.duration + 1.5
    assert last.sound.samples.max() == pytest.approx(words.samples.max(), abs=2)


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(48_000, np.float32),
        np.random.default_rng(0).normal(0, 0.1, 48_000).astype(np.float32),
        np.sin(np.arange(48_000) * 0.2).astype(np.float32) * 0.5,
        np.sign(np.sin(np.arange(48_000) * 0.05)).astype(np.float32),
    ],
    ids=["silence", "noise", "tone", "clipped hum"],
)
def test_what_nobody_says_is_not_heard(hearing: Make, sound: Wave) -> None:
    robot = hearing()
    robot.hear(sound)
    robot.settle()
    assert robot.events == []


def test_clipped_speech_is_heard(hearing: Make) -> None:
    robot = hearing()
    robot.hear(np.clip(spoken() * 30, -1, 1) * 0.99)
    robot.settle()
    assert [event.text for event in robot.final] == [CARS]


def test_who_speaks_into_one_side_of_a_stereo_microphone_is_heard(hearing: Make) -> None:
    robot = hearing()
    left, right = to_pcm(spoken()).samples, to_pcm(pause(len(spoken()) / 16_000)).samples
    both = Pcm(np.stack([left, right], axis=1).ravel(), AudioFormat(16_000, 2))
    robot.hear(both, stream="array")
    robot.settle()
    assert [(event.stream, event.text) for event in robot.final] == [("array", CARS)]


def test_a_stream_that_stalls_ends_the_utterance(hearing: Make) -> None:
    robot = hearing()
    robot.hear(spoken()[: int(2.0 * 16_000)])
    robot.wait(lambda: bool(robot.final))
    assert robot.final[0].text == CARS


def test_a_gap_ends_the_utterance(hearing: Make) -> None:
    robot = hearing()
    robot.hear(spoken()[: int(2.2 * 16_000)])
    robot.hear(spoken(), at=100.0)
    robot.settle()
    assert [round(seconds(event.begin)) for event in robot.final] == [1, 101]


def test_streams_do_not_disturb_each_other(hearing: Make) -> None:
    robot = hearing()
    for number in range(0, len(spoken()), 1600):
        piece, at = spoken()[number : number + 1600], number / 16_000
        robot.hear(piece, at=at, stream="page")
        robot.hear(piece, at=at, stream="livekit:anna", speaker="anna", format=AudioFormat(48_000))
        robot.hear(pause(0.1), at=at, stream="microphone")
    robot.settle()
    said = {event.stream: event for event in robot.final}
    assert set(said) == {"page", "livekit:anna"}
    assert said["livekit:anna"].speaker == "anna"
    assert said["page"].id != said["livekit:anna"].id


def test_only_those_allowed_are_listened_to(hearing: Make) -> None:
    robot = hearing(allowed_speakers=("anna",))
    robot.hear(spoken(), stream="livekit:bob", speaker="bob")
    robot.settle()
    assert robot.events == []
    robot.hear(spoken(), stream="livekit:anna", speaker="anna")
    robot.settle()
    assert len(robot.final) == 1


def test_a_finished_sentence_ends_sooner_than_an_unfinished_one(hearing: Make) -> None:
    ends = []
    for text in ("Tell me when", CARS):
        robot = hearing(ScriptedRecognizer(text))
        sound = np.concatenate([pause(1.0), wave("only_the_cars"), pause(0.7)])
        robot.hear(sound)
        robot.settle()
        ends.append(bool(robot.final))
    assert ends == [False, True]


def test_with_a_wake_word_only_what_follows_it_counts(hearing: Make) -> None:
    robot = hearing(ScriptedRecognizer("They sold the car."), wake="robot")
    robot.hear(spoken())
    robot.settle()
    assert robot.of(Heard) == []
    named = hearing(ScriptedRecognizer("Hey Robert, be quiet."), wake="robot")
    named.hear(spoken())
    named.settle()
    assert [(event.text, event.addressed) for event in named.final] == [("be quiet.", True)]


def test_a_sentence_right_after_needs_no_wake_word(hearing: Make) -> None:
    recognizer = ScriptedRecognizer("Robot, be quiet.")
    robot = hearing(recognizer, wake="robot")
    robot.hear(spoken())
    robot.settle()
    recognizer.texts = ["Go on."]
    robot.hear(spoken(), at=4.2)
    robot.settle()
    robot.hear(spoken(), at=60.0)
    robot.settle()
    assert [event.text for event in robot.final] == ["be quiet.", "Go on."]


def test_a_slow_recognizer_holds_nothing_up(hearing: Make) -> None:
    recognizer = ScriptedRecognizer()
    recognizer.gate.clear()
    robot = hearing(recognizer)
    robot.hear(spoken(14), patient=False)
    robot.wait(lambda: not robot.listener.state.waiting)
    assert len(robot.of(SpeechBegan)) == 14
    assert robot.listener.state.unrecognized <= 9
    recognizer.gate.set()
    robot.settle()
    assert 7 <= len(robot.final) <= 9
    assert robot.listener.state.dropped == 0


def test_closing_ends_a_recognition_under_way(hearing: Make) -> None:
    recognizer = ScriptedRecognizer()
    recognizer.gate.clear()
    robot = hearing(recognizer)
    robot.hear(spoken(), patient=False)
    robot.wait(lambda: bool(recognizer.heard))
    robot.listener.close()
    before = len(robot.events)
    robot.listener.hear("microphone", to_pcm(spoken()), 0)
    assert len(robot.events) == before


def test_a_forgotten_stream_ends_its_utterance(hearing: Make) -> None:
    recognizer = ScriptedRecognizer()
    robot = hearing(recognizer)
    robot.hear(spoken()[: int(2.0 * 16_000)])
    robot.wait(lambda: bool(robot.of(Heard)))
    recognizer.gate.clear()
    robot.listener.forget("microphone")
    robot.wait(lambda: bool(robot.final))
    assert robot.listener.state.streams == ()


COMMENTARY = "A person in a red coat walks past the blue car, and a dog runs after them."


def test_the_robot_does_not_hear_itself(hearing: Make) -> None:
    robot = hearing(ScriptedRecognizer(COMMENTARY))
    robot.listener.said(COMMENTARY, 0)
    played = np.concatenate([wave("commentary"), pause(0.5), wave("commentary"), pause(1.5)])
    robot.hear(in_room(played) + pause(len(played) / 16_000), played=played)
    robot.settle()
    assert robot.events == []


@pytest.mark.parametrize("barge_in", [True, False])
def test_somebody_who_speaks_stops_the_robot(hearing: Make, barge_in: bool) -> None:
    robot = hearing(ScriptedRecognizer("Stop talking."), barge_in=barge_in)
    played = np.concatenate([wave("commentary")] * 2 + [pause(3.0)])
    heard = in_room(played) + pause(len(played) / 16_000)
    begin, words = int(5.0 * 16_000), wave("stop_talking")
    heard[begin : begin + len(words)] += words
    robot.hear(heard, played=played)
    robot.settle()
    assert [event.text for event in robot.final] == ["Stop talking."]
    states = [event.state for event in robot.of(BargedIn)]
    wanted = [BargeInState.DUCK, BargeInState.STOP, BargeInState.NONE]
    assert [state for state in wanted if state in states] == states
    assert (BargeInState.STOP in states) == barge_in
    if barge_in:
        assert seconds(robot.of(BargedIn)[0].stamp) == pytest.approx(5.05, abs=0.15)
        assert robot.events[-1] is robot.of(BargedIn)[-1]


def test_without_its_sound_the_words_decide_whether_it_is_the_robot(hearing: Make) -> None:
    text = "A bus stops at the corner and three people get in."
    start = 1_700_000_000 * 10**9
    own = hearing(ScriptedRecognizer("bus stops at a corner and three people get in"))
    own.listener.said(text, start)
    own.hear(spoken())
    own.settle()
    assert own.of(Heard) == []
    assert [event.state for event in own.of(BargedIn)] == [BargeInState.DUCK, BargeInState.NONE]
    other = hearing(ScriptedRecognizer("Stop talking."))
    other.listener.said(text, start + from_seconds(0.5))
    other.hear(spoken())
    other.settle()
    states = [event.state for event in other.of(BargedIn)]
    assert states == [BargeInState.DUCK, BargeInState.STOP, BargeInState.NONE]


@pytest.mark.parametrize(
    ("text", "stops"), [("The closer the amount.", False), ("Stop talking.", True)]
)
def test_words_that_were_hardly_understood_stop_the_robot_only_if_they_ask_for_something(
    hearing: Make, text: str, stops: bool
) -> None:
    robot = hearing(ScriptedRecognizer(text, confidence=0.3))
    robot.listener.said("A bus stops at the corner and three people get in.", 1_700_000_000 * 10**9)
    robot.hear(spoken())
    robot.settle()
    assert [event.text for event in robot.final] == [text]
    assert (BargeInState.STOP in [event.state for event in robot.of(BargedIn)]) == stops


def test_missing_weights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "video_commentary.listening.voice_activity.model_file", lambda name: tmp_path / name
    )
    listener = Listener(ListenerSettings(), ScriptedRecognizer(), print)
    with pytest.raises(RecognizerError, match="fetch_model ears"):
        listener.load()
    listener.close()
