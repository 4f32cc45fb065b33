"""The commentator node in a process of its own, over DDS, with a fake engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter

from test.nodes.graph import Probe, commentator, probe
from video_commentary.ros.time import to_seconds


@pytest.fixture(scope="module")
def graph() -> Iterator[Probe]:
    """A probe beside one commentator that all tests of this module share."""
    with commentator("says", "breathing_pause:=0.2", voice="speaks"), probe() as it:
        it.film(lambda: it.finals)
        yield it


def test_comments_come_as_text_events_and_sound(graph: Probe) -> None:
    graph.film(lambda: len(graph.finals) >= 3 and len(graph.got["audio"]) > 20)
    final = graph.finals[-1]
    partial = [e for e in graph.got["commentary_events"] if e.sequence == final.sequence]
    texts = [event.text.strip() for event in partial]
    assert texts == sorted(texts, key=len)
    assert len(texts) > 2
    assert final.text == "4 frames of eye, all." or "frames of eye" in final.text
    assert final.header.frame_id == "eye"
    newest, oldest = to_seconds(final.header.stamp), to_seconds(final.oldest_stamp)
    assert 0 <= newest - oldest <= 3.2
    assert newest <= to_seconds(final.requested) <= to_seconds(final.first_words)
    assert any(m.data == graph.finals[0].text for m in graph.got["commentary"])


def test_sound_is_the_same_on_both_topics_and_described(graph: Probe) -> None:
    graph.film(lambda: len(graph.got["audio"]) > 50)
    graph.enable(False)
    graph.spin(0.5)
    graph.enable(True)
    plain = b"".join(m.data.tobytes() for m in graph.got["audio"])
    stamped = b"".join(m.audio.data.tobytes() for m in graph.got["audio_stamped"])
    # One of the two subscriptions may have been matched a block earlier.
    assert plain.endswith(stamped[-96_000:])
    assert abs(len(plain) - len(stamped)) < 20_000
    assert np.abs(np.frombuffer(plain, "<i2")).max() > 5000
    info = graph.got["audio_info"][0]
    assert (info.channels, info.sample_rate, info.sample_format) == (1, 48_000, "S16LE")
    assert (info.bitrate, info.coding_format) == (768_000, "wave")


def test_sound_comes_at_the_pace_it_is_heard(graph: Probe) -> None:
    graph.film(lambda: len(graph.got["audio_stamped"]) > 100)
    messages = zip(graph.got["audio_stamped"], graph.times["audio_stamped"], strict=True)
    blocks = [(to_seconds(m.header.stamp), at) for m, at in messages if len(m.audio.data)]
    due, came = zip(*blocks, strict=True)
    assert list(due) == sorted(due)
    lead = np.array(due) - np.array(came)
    assert np.ptp(lead) < 0.45  # of the 0.2 s that sound may be ahead, and the machine's mood


def test_an_instruction_takes_effect_in_the_next_words(graph: Probe) -> None:
    response = graph.steer("watch the door")
    assert response.success
    assert response.message == "in force now"
    graph.film(lambda: graph.finals[-1].instruction == "watch the door")
    assert "watch the door" in graph.finals[-1].text
    assert graph.steer("").previous == "watch the door"
    graph.film(lambda: graph.finals[-1].instruction == "")


def test_a_question_is_answered(graph: Probe) -> None:
    answer = graph.ask("how many?")
    assert answer.success
    assert answer.answer == "You asked: how many?"
    assert abs(to_seconds(answer.stamp) - graph.now()) < 10


def test_pausing_and_going_on(graph: Probe) -> None:
    assert graph.enable(False).message == "paused"
    graph.film(lambda: graph.status().state == "paused")
    count = len(graph.finals)
    graph.film(lambda: False or graph.times["status"][-1] > graph.times["status"][0] + 1, 5)
    assert len(graph.finals) <= count + 1
    graph.enable(True)
    graph.film(lambda: len(graph.finals) > count + 1)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("profile", "opera", "commentator, sports"),
        ("max_tokens", 100_000, "512"),
        ("instruction", "x" * 100_000, "2,000"),
        ("engine", "server", "read-only"),
    ],
)
def test_bad_parameters_are_refused_with_what_is_allowed(
    graph: Probe, name: str, value: object, words: str
) -> None:
    result = set_parameter(graph, name, value)
    assert not result.successful
    assert words in result.reason


def test_parameters_that_may_change_take_effect(graph: Probe) -> None:
    assert set_parameter(graph, "instruction", "count birds").successful
    graph.film(lambda: graph.finals[-1].instruction == "count birds")
    assert set_parameter(graph, "profile", "sports").successful
    graph.film(lambda: graph.status().profile == "sports")
    graph.steer("")


def set_parameter(graph: Probe, name: str, value: object) -> Any:
    request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
    return graph.call(SetParameters, "/commentator/set_parameters", request).results[0]


def test_the_graph_shows_nothing_wrong(graph: Probe) -> None:
    graph.film(lambda: graph.status().state in ("watching", "commenting", "speaking"))
    graph.film(lambda: graph.troubles() == "" and graph.got["diagnostics"])
    status = graph.status()
    assert status.engine == "fake"
    assert status.voice == "fake voice"
    assert 5 < status.camera_fps[0] < 15
