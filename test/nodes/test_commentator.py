"""The commentator node in a separate process, over DDS, with a fake engine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.parameter import Parameter
from sensor_msgs.msg import CompressedImage
from vision_msgs.msg import Detection2DArray, LabelInfo

from test.nodes.graph import Probe, commentator, probe
from video_commentary.ros.images import decode
from video_commentary.ros.qos import EVENTS, LATCHED
from video_commentary.ros.time import to_seconds


@pytest.fixture(scope="module")
def graph() -> Iterator[Probe]:
    """A probe beside one commentator that all tests of this module share."""
    with commentator("says", "breathing_pause:=0.2", voice="speaks"), probe() as it:
        it.film(lambda: it.finals)
        yield it


def test_comments_come_as_text_events_and_sound(graph: Probe) -> None:
    graph.film(lambda: len(graph.finals) >= 3 and len(graph.got["audio"]) > 20)
    graph.film(lambda: {m.data for m in graph.got["commentary"]} & {e.text for e in graph.finals})
    # Four frames are 1 s apart, give or take the pace of the camera.
    graph.film(lambda: any(2.9 <= span(e) <= 3.2 for e in graph.finals if e.text.startswith("4")))
    assert all(span(event) >= 0 for event in graph.finals)
    final = graph.finals[-1]
    partial = [e for e in graph.got["commentary_events"] if e.sequence == final.sequence]
    texts = [event.text.strip() for event in partial]
    assert texts == sorted(texts, key=len)
    assert len(texts) > 2
    assert "frames of eye" in final.text
    assert final.header.frame_id == "eye"
    newest, asked = to_seconds(final.header.stamp), to_seconds(final.requested)
    assert newest <= asked <= to_seconds(final.first_words)


def span(event: Any) -> float:
    """Return the seconds between the oldest and the newest frame."""
    return to_seconds(event.header.stamp) - to_seconds(event.oldest_stamp)


def test_what_was_seen_comes_as_events_and_as_evidence(graph: Probe) -> None:
    graph.film(lambda: graph.got["events"] and graph.finals)
    event = graph.got["events"][-1]
    assert (event.kind, event.who, event.where, event.count) == ("enters", "person", "left", 1)
    assert event.header.frame_id == "eye"
    assert not event.at_least
    (person,) = event.evidence
    assert person.header == event.header
    assert (person.has_box, person.name, person.track, person.score) == (True, "person", 7, 0.5)
    assert (person.left, person.top, person.right, person.bottom) == (0.25, 0.125, 0.5, 0.75)
    final = graph.finals[-1]
    assert [seen.header.stamp for seen in final.evidence] == [final.header.stamp]
    assert not any(e.evidence for e in graph.got["commentary_events"] if not e.final)


def test_what_is_in_view_comes_as_detections_and_in_a_picture(graph: Probe) -> None:
    graph.hear(Detection2DArray, "detections", EVENTS)
    graph.hear(LabelInfo, "labels", LATCHED)
    graph.hear(CompressedImage, "annotated/compressed", EVENTS)
    graph.film(lambda: graph.got["detections"] and graph.got["labels"])
    found = graph.got["detections"][-1]
    assert found.header.frame_id == "eye"
    (person,) = found.detections
    assert (person.header, person.id) == (found.header, "7")
    # of a picture 8 pixels wide and 48 high
    centre = person.bbox.center.position
    assert (centre.x, centre.y, person.bbox.size_x, person.bbox.size_y) == (3.0, 21.0, 2.0, 30.0)
    (result,) = person.results
    labels = {label.class_id: label.class_name for label in graph.got["labels"][-1].class_map}
    assert labels[int(result.hypothesis.class_id)] == "person"
    assert result.hypothesis.score == 0.5
    graph.film(lambda: graph.got["annotated/compressed"])
    picture = graph.got["annotated/compressed"][-1]
    assert (picture.format, picture.header.frame_id) == ("jpeg", "eye")
    assert decode(picture).shape == (48, 8, 3)


def test_sound_is_the_same_on_both_topics_and_described(graph: Probe) -> None:
    def plain() -> bytes:
        return b"".join(m.data.tobytes() for m in graph.got["audio"])

    def stamped() -> bytes:
        return b"".join(m.audio.data.tobytes() for m in graph.got["audio_stamped"])

    graph.film(lambda: len(graph.got["audio"]) > 50)
    graph.enable(False)
    # One of the two subscriptions may have been matched a block earlier.
    graph.until(lambda: plain().endswith(stamped()[-96_000:]), what="the same sound")
    heard, beside = plain(), len(stamped())
    graph.enable(True)
    assert abs(len(heard) - beside) < 20_000
    assert np.abs(np.frombuffer(heard, "<i2")).max() > 5000
    info = graph.got["audio_info"][0]
    assert (info.channels, info.sample_rate, info.sample_format) == (1, 48_000, "S16LE")
    assert (info.bitrate, info.coding_format) == (768_000, "wave")


def test_sound_comes_at_the_pace_it_is_heard(graph: Probe) -> None:
    graph.spin(0.3)  # what has come while nobody spun
    since = len(graph.got["audio_stamped"])
    graph.film(lambda: len(graph.got["audio_stamped"]) > since + 50)
    messages = zip(
        graph.got["audio_stamped"][since:], graph.times["audio_stamped"][since:], strict=True
    )
    blocks = [(to_seconds(m.header.stamp), at) for m, at in messages if len(m.audio.data)]
    due, came = np.array(blocks).T
    assert np.diff(due).min() > -0.015, "in order, by a stamp made of two clocks"
    ahead = due - came + time.monotonic() - graph.now()
    assert ahead.max() < 0.22  # of the 0.2 s that sound may be
    assert np.quantile(ahead, 0.25) > -0.1, "except for delays of the machine"


def test_an_instruction_takes_effect_in_the_next_words(graph: Probe) -> None:
    response = graph.steer("watch the door")
    assert response.success
    assert response.message == "in force now"
    graph.film(lambda: graph.finals[-1].instruction == "watch the door")
    assert "watch the door" in graph.finals[-1].text
    assert graph.steer("").previous == "watch the door"
    graph.film(lambda: graph.finals[-1].instruction == "")


def test_the_parameter_holds_the_instruction_of_the_service(graph: Probe) -> None:
    assert graph.steer("watch the gate").success
    assert parameter(graph, "instruction").string_value == "watch the gate"
    refused = graph.steer("x" * 2001)
    assert not refused.success
    assert refused.previous == "watch the gate"
    assert parameter(graph, "instruction").string_value == "watch the gate"
    assert graph.enable(False).success
    assert not parameter(graph, "enabled").bool_value
    assert graph.enable(True).success
    assert graph.steer("").success


def parameter(graph: Probe, name: str) -> Any:
    request = GetParameters.Request(names=[name])
    return graph.call(GetParameters, "/commentator/get_parameters", request).values[0]


def test_an_instruction_sent_again_is_commented_on_in_a_still_scene_too(graph: Probe) -> None:
    assert graph.steer("the door").success
    still = np.zeros((48, 64, 3), np.uint8)
    graph.film(lambda: graph.finals[-1].instruction == "the door", image=still)
    since = time.monotonic()
    graph.film(lambda: time.monotonic() > since + 3, image=still)  # all is said
    count = len(graph.finals)
    assert graph.steer("the door").success
    graph.film(lambda: len(graph.finals) > count, 10, image=still)
    assert graph.steer("").success


def test_a_question_is_answered(graph: Probe) -> None:
    answer = graph.ask("how many?")
    assert answer.success
    assert answer.answer == "You asked: how many?"
    assert abs(to_seconds(answer.stamp) - graph.now()) < 10


def test_pausing_and_going_on(graph: Probe) -> None:
    assert graph.enable(False).message == "paused"
    graph.film(lambda: graph.status() and graph.status().state == "paused")
    count, paused = len(graph.finals), time.monotonic()
    graph.film(lambda: graph.times["status"][-1] > paused + 3)
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
    graph.film(lambda: graph.status() and graph.status().profile == "sports")
    graph.steer("")


def set_parameter(graph: Probe, name: str, value: object) -> Any:
    request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
    return graph.call(SetParameters, "/commentator/set_parameters", request).results[0]


def test_the_graph_shows_nothing_wrong(graph: Probe) -> None:
    # The next status may still count seconds in which nothing was filmed.
    since = len(graph.got["status"]) + 1
    graph.film(lambda: any(well(status) for status in graph.got["status"][since:]))
    graph.film(lambda: graph.got["diagnostics"] and graph.troubles() == "")
    assert graph.status().engine == "fake"
    assert graph.status().voice == "fake voice"


def well(status: Any) -> bool:
    watches = status.state in ("watching", "commenting", "speaking")
    return watches and 5 < status.camera_fps[0] < 15
