"""Commentator nodes with a fake engine, one for each test, from start to end."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from std_msgs.msg import Header
from video_commentary.srv import SetInstruction

from test.nodes.graph import Probe, Process, commentator, probe, process, shared_memory
from video_commentary.ros.time import to_time


def transition(graph: Probe, number: int) -> bool:
    request = ChangeState.Request(transition=Transition(id=number))
    return bool(graph.call(ChangeState, "/commentator/change_state", request).success)


def state(graph: Probe) -> str:
    response = graph.call(GetState, "/commentator/get_state", GetState.Request())
    return str(response.current_state.label)


def test_a_lifecycle_manager_can_take_it_through_every_state() -> None:
    with commentator("says", "autostart:=false"), probe() as graph:
        assert state(graph) == "unconfigured"
        assert "isn't ready" in graph.ask("there?").answer
        assert "once" in graph.steer("early").message
        for _ in range(2):
            assert transition(graph, Transition.TRANSITION_CONFIGURE)
            assert transition(graph, Transition.TRANSITION_ACTIVATE)
            graph.got.clear()
            graph.film(lambda: graph.finals and graph.finals[-1].instruction == "early")
            assert transition(graph, Transition.TRANSITION_DEACTIVATE)
            graph.got.clear()
            graph.film(lambda: graph.status() and graph.status().state == "inactive")
            graph.got.clear()
            graph.film(graph.status)
            assert not graph.finals
            assert transition(graph, Transition.TRANSITION_CLEANUP)
            assert state(graph) == "unconfigured"


def test_activated_again_it_watches_the_cameras_set_meanwhile_and_counts_from_0() -> None:
    with commentator("says") as node, probe() as graph:
        graph.film(lambda: graph.status() and graph.status().comments > 0)
        assert transition(graph, Transition.TRANSITION_DEACTIVATE)
        topics = Parameter("image_topics", value=["/other"]).to_parameter_msg()
        request = SetParameters.Request(parameters=[topics])
        response = graph.call(SetParameters, "/commentator/set_parameters", request)
        assert response.results[0].successful
        graph.spin(1.5)
        assert transition(graph, Transition.TRANSITION_ACTIVATE)
        graph.got.clear()
        graph.until(lambda: graph.status() and graph.status().state == "waiting")
        assert graph.status().comments == 0
        graph.film(lambda: graph.finals, topic="/other")
        assert graph.finals[0].oldest_stamp == graph.finals[0].header.stamp
        assert "Traceback" not in node.output()


def test_stamps_of_comments_are_the_images_to_the_nanosecond() -> None:
    with commentator("says") as _, probe() as graph:
        sent = set()

        def film() -> bool:
            stamp = graph.node.get_clock().now().to_msg()
            sent.add((stamp.sec, stamp.nanosec))
            graph.picture(header=Header(stamp=stamp, frame_id="eye"))
            graph.spin(0.1)
            return len(graph.finals) > 1

        graph.until(film)
        for event in graph.finals:
            assert (event.header.stamp.sec, event.header.stamp.nanosec) in sent
            assert (event.oldest_stamp.sec, event.oldest_stamp.nanosec) in sent
        answer = graph.ask("who?")
        assert (answer.stamp.sec, answer.stamp.nanosec) in sent


def test_an_engine_that_can_not_be_created_is_reported_and_the_node_stays() -> None:
    with commentator("absent", "autostart:=false") as node, probe() as graph:
        assert not transition(graph, Transition.TRANSITION_CONFIGURE)
        graph.until(lambda: graph.status() and graph.status().state == "error")
        assert "pip install" in graph.status().detail
        graph.until(lambda: "pip install" in graph.troubles())
        assert state(graph) == "unconfigured"
        assert "Traceback" not in node.output()


def test_the_voice_is_in_the_status_once_the_engine_is_loaded() -> None:
    with probe() as graph, commentator("speaks_itself", voice="speaks"):
        graph.until(lambda: graph.status() and graph.status().state == "loading")
        assert graph.status().voice == ""
        graph.until(lambda: graph.status().state != "loading")
        assert graph.status().voice == "the engine's own"


@contextmanager
def heavy() -> Iterator[Process]:
    """Run the real commentator with an engine that is being made for eight seconds."""
    parameters = ("-p", "engine:=test.nodes.heavy_engine:create", "-p", "voice:=none")
    command = ("-m", "video_commentary.nodes.commentator", "--ros-args", *parameters)
    with process(*command) as running:
        yield running


def test_while_its_engine_is_imported_it_answers_and_says_so() -> None:
    with probe() as graph, heavy() as node:
        graph.until(graph.status)
        assert graph.status().state == "loading"
        graph.until(lambda: graph.status().detail == "the engine is being loaded: import")
        answer = graph.steer("birds only")
        assert answer.success
        assert "isn't ready" in graph.ask("there?").answer
        assert state(graph) == "active"
        assert graph.status().state == "loading"
        graph.film(lambda: graph.finals)
        assert graph.finals[0].instruction == "birds only"
        assert "the engine was loaded in 8." in node.output()
        assert "(import 8." in node.output()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_its_engine_is_imported_leaves_no_shared_memory(number: int) -> None:
    with probe() as graph, heavy() as node:
        graph.until(graph.status)
        used = shared_memory(node.maps())
        assert used
        status, took = node.stop(number)
        assert (status, took < 2.0) == (0, True), node.output()
        assert "Traceback" not in node.output()
    assert not [file for file in used if file.exists()]


def test_while_ros_time_stands_still_its_status_goes_on() -> None:
    with commentator("says", "use_sim_time:=true") as _, probe() as graph:
        graph.until(lambda: len(graph.got["status"]) >= 3)


def test_two_cameras_are_commented_together() -> None:
    with commentator("says", "image_topics:=['/left', '/right']") as _, probe() as graph:

        def both() -> bool:
            graph.picture(topic="/left", header=Header(stamp=to_time(graph.now()), frame_id="l"))
            graph.picture(topic="/right", header=Header(stamp=to_time(graph.now()), frame_id="r"))
            graph.spin(0.1)
            return any("frames of l and r" in event.text for event in graph.finals)

        graph.until(both, 40)
        graph.until(lambda: graph.status() and graph.status().cameras == ["/left", "/right"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_mid_sentence_ends_it_cleanly(number: int) -> None:
    with commentator("long", voice="speaks") as node, probe() as graph:
        graph.film(lambda: graph.got["commentary_events"] and graph.got["audio"])
        status, took = node.stop(number)
        assert status == 0, node.output()
        assert took < 2.0
        assert "Traceback" not in node.output()


def test_no_shared_memory_outlives_it() -> None:
    with probe() as graph, commentator("says") as node:
        graph.film(lambda: graph.finals)
        used = shared_memory(node.maps())
        assert used
        assert node.stop()[0] == 0
    assert not [file for file in used if file.exists()]


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ("profile:=opera", "'opera' is not one of commentator, sports"),
        ("image_topics:=['/camera/image-raw']", "image_topics: Invalid topic name"),
        ("image_topics:=['']", "image_topics: "),
    ],
)
def test_a_mistake_in_a_parameter_is_one_sentence(mistake: str, message: str) -> None:
    with commentator("says", mistake) as node:
        node.popen.wait(20)
        assert node.popen.returncode != 0
        assert message in node.output()
        assert "Traceback" not in node.output()


def test_steering_in_mid_sentence_cancels_it() -> None:
    with commentator("long", voice="speaks") as _, probe() as graph:
        graph.client(SetInstruction, "/commentator/set_instruction")
        graph.film(lambda: graph.got["commentary_events"] and len(graph.got["audio"]) > 10)
        called = time.monotonic()
        graph.steer("stop that")
        graph.until(lambda: any(e.instruction for e in graph.got["commentary_events"]))
        events = graph.got["commentary_events"]
        first_new = next(i for i, e in enumerate(events) if e.instruction)
        assert graph.times["commentary_events"][first_new] - called < 1.0
        cancelled = events[first_new - 1]
        assert cancelled.final
        assert cancelled.cancelled
        graph.until(lambda: any(not len(m.audio.data) for m in graph.got["audio_stamped"]))
