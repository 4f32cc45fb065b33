"""Faults: each ends in a clear message and a node that keeps running."""

from __future__ import annotations

import signal
import subprocess
import sys
from itertools import pairwise

import cv2
import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.serialization import deserialize_message, serialize_message
from std_srvs.srv import SetBool
from video_commentary.srv import SetInstruction

from test.nodes.graph import Probe, Process, commentator, probe
from video_commentary.core.prompting import checked_instruction
from video_commentary.ros.time import to_seconds

JPEG = cv2.imencode(".jpg", np.random.default_rng(1).integers(0, 255, (96, 96, 3), np.uint8))[1]


def goes_on(graph: Probe) -> None:
    """Assert that new comments come."""
    count = len(graph.finals)
    graph.film(lambda: len(graph.finals) > count)


def test_a_camera_that_falls_silent_is_reported_and_comes_back() -> None:
    with commentator("says") as _, probe() as graph:
        graph.until(lambda: "nobody publishes /camera/image_raw" in graph.troubles())
        graph.until(lambda: graph.status() and graph.status().state == "waiting")
        graph.film(lambda: graph.finals)
        graph.until(lambda: "no image on /camera/image_raw for 2 s" in graph.troubles())
        goes_on(graph)
        graph.film(lambda: graph.troubles() == "")


@pytest.mark.parametrize("reliable", [True, False])
def test_any_publishers_reliability_will_do(reliable: bool) -> None:
    with commentator("says") as _, probe() as graph:
        graph.film(lambda: graph.finals, reliable=reliable)


def test_stamps_that_jump_back_start_a_new_window() -> None:
    with commentator("says", "breathing_pause:=0.0") as _, probe() as graph:
        graph.film(lambda: graph.finals)
        base = graph.now()
        for _ in range(2):
            before = len(graph.finals)
            for i in range(60):
                graph.picture(stamp=base - 100 + i / 10)
                graph.spin(0.04)
            assert len(graph.finals) > before
        for event in graph.finals:
            span = to_seconds(event.header.stamp) - to_seconds(event.oldest_stamp)
            assert 0 <= span <= 4.0  # of 3.0, and of pictures that were lost
        stamps = [to_seconds(event.header.stamp) for event in graph.finals]
        assert any(b < a for a, b in pairwise(stamps))
        goes_on(graph)


def test_pictures_without_a_stamp_count_from_their_arrival() -> None:
    with commentator("says") as _, probe() as graph:
        graph.film(lambda: graph.finals, stamp=1e-12)
        assert abs(to_seconds(graph.finals[-1].header.stamp) - graph.now()) < 5


def test_4k_frames_are_shrunk_and_commented() -> None:
    with commentator("says") as node, probe() as graph:
        for i in range(40):
            image = np.full((2160, 3840, 3), 255 * (i % 2), np.uint8)
            graph.picture(image=image)
            graph.spin(0.5)
            if len(graph.finals) >= 2:
                break
        assert len(graph.finals) >= 2
        assert node.memory() < 900


def test_a_truncated_jpeg_is_reported_and_the_next_whole_one_used() -> None:
    with commentator("says", "image_transport:=compressed") as _, probe() as graph:
        cut = JPEG.tobytes()[:-500]
        graph.until(lambda: graph.jpeg(cut) or "cut short" in graph.troubles())
        assert not graph.finals
        graph.until(lambda: graph.jpeg(JPEG.tobytes()) or graph.finals)
        graph.until(lambda: graph.jpeg(JPEG.tobytes()) or graph.troubles() == "")


def test_an_unknown_encoding_is_refused_by_name_once() -> None:
    with commentator("says") as node, probe() as graph:
        graph.film(lambda: "'hsv9'" in graph.troubles(), encoding="hsv9")
        graph.film(lambda: len(graph.got["diagnostics"]) > 4, encoding="hsv9")
        goes_on(graph)
        assert node.output().count("encoding 'hsv9'") <= 2  # of the camera, and as the node's state


def test_an_engine_that_raises_is_reported_and_tried_again() -> None:
    with commentator("raises") as _, probe() as graph:
        graph.film(lambda: graph.status() and graph.status().state == "error")
        assert graph.status().detail == "the engine broke: repair it"
        graph.film(lambda: "repair it" in graph.troubles())
        graph.film(lambda: any(e.text and not e.cancelled for e in graph.finals), 30)
        graph.film(lambda: graph.troubles() == "")


def stays_in_error(graph: Probe, detail: str) -> None:
    """Assert that it is in this error, says so, and does not try again by itself in 3 s."""
    graph.film(lambda: graph.status() and graph.status().state == "error")
    graph.film(lambda: detail in graph.troubles())
    since = len(graph.got["status"])
    graph.film(lambda: len(graph.got["status"]) >= since + 3)
    assert {status.detail for status in graph.got["status"][since:]} == {detail}
    assert not graph.finals


def set_parameter(graph: Probe, name: str, value: object) -> bool:
    request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
    response = graph.call(SetParameters, "/commentator/set_parameters", request)
    return bool(response.results[0].successful)


def test_an_engine_that_only_a_setting_can_help_waits_for_one() -> None:
    with commentator("refuses") as _, probe() as graph:
        stays_in_error(graph, "the prompt is too long: lower max_tokens")
        assert set_parameter(graph, "max_tokens", 32)
        graph.film(lambda: graph.finals)
        graph.film(lambda: graph.troubles() == "")


def test_loading_that_only_a_setting_can_help_waits_for_one() -> None:
    with commentator("misconfigured") as _, probe() as graph:
        stays_in_error(graph, "server_url is empty: name a server")
        assert graph.steer("the door").success
        graph.film(lambda: graph.finals and graph.finals[-1].instruction == "the door")
        graph.film(lambda: graph.troubles() == "")


def test_an_engine_that_hangs_is_reported_and_tried_again() -> None:
    with commentator("hangs", "engine_timeout:=1.0") as _, probe() as graph:
        graph.film(lambda: "engine_timeout" in graph.troubles(), 30)
        assert graph.steer("are you there?").success
        graph.film(lambda: any(e.text for e in graph.finals), 40)


def test_an_engine_that_returns_nothing_is_silent() -> None:
    with commentator("nothing") as _, probe() as graph:
        graph.film(lambda: any(e.silent for e in graph.finals))
        assert not graph.got["commentary"]
        graph.film(lambda: graph.got["commentary"], 30)


def test_a_voice_that_dies_leaves_the_text() -> None:
    with commentator("says", voice="dies") as _, probe() as graph:
        graph.film(lambda: "the voice was killed" in graph.troubles())
        goes_on(graph)
        assert not graph.got["audio"]


def test_a_subscriber_that_never_reads_holds_nobody_up() -> None:
    with commentator("says", "breathing_pause:=0.0", voice="speaks") as node, probe() as graph:
        graph.film(lambda: graph.finals)
        reader = Process("-c", SLEEPER)
        try:
            graph.film(lambda: "asleep" in reader.output())
            before = node.memory()
            count = len(graph.finals)
            graph.film(lambda: len(graph.finals) > count + 8, 60)
            assert node.memory() - before < 30
        finally:
            reader.stop(signal.SIGKILL)
            reader.close()


SLEEPER = """
import rclpy, time
from rclpy.node import Node
from video_commentary.msg import Commentary
from audio_common_msgs.msg import AudioDataStamped
rclpy.init()
node = Node("sleeper")
node.create_subscription(Commentary, "/commentator/commentary_events", print, 10)
node.create_subscription(AudioDataStamped, "/commentator/audio_stamped", print, 10)
print("asleep", flush=True)
time.sleep(100)
"""


def test_instructions_of_no_and_of_100000_characters() -> None:
    with commentator("says") as _, probe() as graph:
        graph.film(lambda: graph.finals)
        refused = graph.steer("x" * 100_000)
        assert not refused.success
        assert "100,000 characters" in refused.message
        assert "2,000" in refused.message
        assert graph.steer("").success
        assert not graph.ask("").success
        goes_on(graph)


def test_bytes_that_are_no_utf8() -> None:
    request = serialize_message(SetInstruction.Request(instruction="look there"))
    mangled = request.replace(b"look", b"\xff\xfe\xfdk")
    text = deserialize_message(mangled, SetInstruction.Request).instruction
    with pytest.raises(ValueError, match="UTF-8"):
        checked_instruction(text)
    with commentator("says") as _, probe() as graph:
        graph.film(lambda: graph.finals)
        assert "UTF-8" in graph.steer(text).message
        goes_on(graph)


def test_calls_of_many_at_once_are_all_answered() -> None:
    with commentator("says") as _, probe() as graph:
        graph.film(lambda: graph.finals)
        clients = [
            subprocess.Popen([sys.executable, "-c", CALLER], stdout=subprocess.PIPE)
            for _ in range(4)
        ]
        graph.film(lambda: all(client.poll() is not None for client in clients), 60)
        answers = [client.communicate()[0].decode() for client in clients]
        assert all(answer.count("True") == 10 for answer in answers), answers
        assert graph.call(SetBool, "/commentator/set_enabled", SetBool.Request(data=True)).success


CALLER = """
import rclpy
from rclpy.node import Node
from video_commentary.srv import SetInstruction
rclpy.init()
node = Node("caller")
client = node.create_client(SetInstruction, "/commentator/set_instruction")
client.wait_for_service()
for i in range(10):
    future = client.call_async(SetInstruction.Request(instruction=f"look {i}"))
    rclpy.spin_until_future_complete(node, future)
    print(future.result().success)
"""
