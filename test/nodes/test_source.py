"""The source node in a separate process, over DDS."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image

from test.mjpeg_camera import jpeg, mjpeg_camera
from test.nodes.graph import IMAGES, Probe, Process, probe, process
from test.videos import write_video
from video_commentary.ros.time import to_seconds
from video_commentary.sources.frame_counter import read_index

NODE = "video_commentary.nodes.source"


@pytest.fixture
def graph() -> Iterator[Probe]:
    with probe() as it:
        it._subscribe(Image, "/camera/image_raw", IMAGES, "raw")
        it._subscribe(CompressedImage, "/camera/image_raw/compressed", IMAGES, "jpeg")
        yield it


def source(**parameters: object) -> Any:
    words = [word for name, value in parameters.items() for word in ("-p", f"{name}:={value}")]
    return process("-m", NODE, "--ros-args", *words)


def stamps(messages: list[Any]) -> np.ndarray:
    return np.array([to_seconds(message.header.stamp) for message in messages])


def pixels(message: Any) -> np.ndarray:
    return np.frombuffer(message.data, np.uint8).reshape(message.height, message.width, 3)


def state(graph: Probe) -> dict[str, str]:
    statuses = graph.got["diagnostics"][-1].status if graph.got["diagnostics"] else []
    return {pair.key: pair.value for status in statuses for pair in status.values}


def well(graph: Probe) -> bool:
    return state(graph).get("state") == "live" and not graph.troubles()


def change(graph: Probe, name: str, value: object) -> Any:
    request = SetParameters.Request(parameters=[Parameter(name, value=value).to_parameter_msg()])
    return graph.call(SetParameters, "/source/set_parameters", request).results[0]


def test_stamps_follow_a_clock_that_is_set_back(graph: Probe) -> None:
    with source(fps=10.0, use_sim_time=True):

        def at(seconds: int) -> bool:
            time = Clock(clock=Time(sec=seconds, nanosec=0))
            graph.publish(Clock, "/clock", time, reliable=True)
            graph.spin(0.1)
            return any(abs(stamp - seconds) < 1 for stamp in stamps(graph.got["raw"][-1:]))

        graph.until(lambda: at(5000))
        graph.until(lambda: at(1000))


def test_the_test_scene_comes_whole_in_order_and_on_time(graph: Probe) -> None:
    with source(fps=20.0, frame_id="front"):
        graph.until(lambda: len(graph.got["raw"]) >= 40)
        graph.until(lambda: well(graph) and 18 < float(state(graph)["fps"]) < 22)
        assert abs(graph.now() - stamps(graph.got["raw"])[-1]) < 2
    images = graph.got["raw"][5:40]
    assert {(m.width, m.height, m.encoding) for m in images} == {(640, 480, "rgb8")}
    assert {m.header.frame_id for m in images} == {"front"}
    indices = [read_index(pixels(m)) for m in images]
    assert None not in indices
    numbers = np.array(indices, int)
    steps = np.diff(numbers)
    assert (steps >= 1).all()
    assert (steps > 1).sum() <= 1, "one may be lost on its way"
    late = stamps(images) - 0.05 * numbers
    assert (np.diff(stamps(images)) > 0).all()
    assert np.quantile(np.abs(late - np.median(late)), 0.9) < 0.004


def test_a_file_loops_with_stamps_that_go_on(graph: Probe, media: Path) -> None:
    with source(source=media / "bigbuckbunny.mp4", publish="compressed", jpeg_quality=40):
        graph.until(lambda: len(graph.got["jpeg"]) >= 145, seconds=30)
    gaps = np.diff(stamps(graph.got["jpeg"]))
    assert gaps.min() > 0
    assert gaps.max() < 0.5
    assert np.quantile(np.abs(gaps - 0.04), 0.9) < 0.004
    data = graph.got["jpeg"][0].data.tobytes()
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None and image.shape == (720, 1280, 3)
    assert not graph.got["raw"]


def test_both_kinds_carry_the_same_stamp_and_picture(graph: Probe) -> None:
    with source(publish="both", fps=10.0, width=320, height=240):
        pairs = graph.until(lambda: len(both := of_one_stamp(graph)) > 4 and both)
    for raw, compressed in pairs:
        image = cv2.imdecode(np.frombuffer(compressed.data, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        assert read_index(pixels(raw)) == read_index(image.astype(np.uint8)) is not None


def of_one_stamp(graph: Probe) -> list[tuple[Any, Any]]:
    """Return the raw and the compressed picture of each stamp of which both came."""
    raw = {to_seconds(m.header.stamp): m for m in graph.got["raw"]}
    jpegs = {to_seconds(m.header.stamp): m for m in graph.got["jpeg"]}
    return [(raw[stamp], jpegs[stamp]) for stamp in raw.keys() & jpegs.keys()]


def test_jpegs_of_a_camera_pass_unchanged_and_decoded(graph: Probe) -> None:
    with mjpeg_camera() as address, source(source=f"{address}/good", publish="both"):
        graph.until(lambda: len(graph.got["raw"]) > 5 and len(graph.got["jpeg"]) > 5)
    sent = {jpeg(index) for index in range(28)}
    assert all(m.data.tobytes() in sent for m in graph.got["jpeg"])
    assert {(m.width, m.height) for m in graph.got["raw"]} == {(64, 48)}
    assert all((pixels(m)[0, 0, 0] - 10) % 8 in (0, 1, 7) for m in graph.got["raw"])


def test_a_camera_that_hangs_is_reported_and_reopened(graph: Probe) -> None:
    with mjpeg_camera() as address, source(source=f"{address}/hang", freeze_timeout=0.5) as node:
        graph.until(lambda: "no data in time" in graph.troubles())
        seen = len(graph.got["raw"])
        graph.until(lambda: len(graph.got["raw"]) > seen, what="pictures again")
        assert "no data in time" in node.output()


def test_a_failure_stands_while_the_source_is_opened_again(graph: Probe) -> None:
    with mjpeg_camera() as address, source(source=f"{address}/mute", freeze_timeout=1.5):
        graph.until(lambda: state(graph).get("state") == "failed")
        reason = graph.troubles().partition(" (trying again")[0]
        graph.until(lambda: state(graph)["state"] == "opening")
        assert graph.troubles().startswith(reason)


def test_stays_up_without_its_file_and_goes_on_when_it_comes(graph: Probe, tmp_path: Path) -> None:
    path = tmp_path / "late.mp4"
    with source(source=path) as node:
        graph.until(lambda: "no such file" in graph.troubles())
        assert graph.got["diagnostics"][-1].status[0].level == DiagnosticStatus.ERROR
        graph.until(lambda: "[ERROR]" in node.output() and "no such file" in node.output())
        write_video(path)
        graph.until(lambda: graph.got["raw"])
        graph.until(lambda: well(graph))
        assert "Traceback" not in node.output()


def test_an_unlooped_file_ends_and_stays_well(graph: Probe, tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mp4")
    with source(source=tmp_path / "clip.mp4", loop=False):
        graph.until(lambda: state(graph).get("state") == "ended")
        assert not graph.troubles()


def test_the_source_changes_at_run_time_or_says_why_not(graph: Probe, tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mp4")
    with source():
        graph.until(lambda: graph.got["raw"])
        refused = change(graph, "source", "ftp://host/a")
        assert not refused.successful and "give test, a file" in refused.reason
        assert "range" in change(graph, "jpeg_quality", 0).reason.lower()
        assert not change(graph, "fps", 5.0).successful
        assert change(graph, "source", str(tmp_path / "clip.mp4")).successful
        graph.until(lambda: graph.got["raw"][-1].width == 64)
        assert change(graph, "source", "test").successful
        graph.until(lambda: graph.got["raw"][-1].width == 640)
    assert (np.diff(stamps(graph.got["raw"])) > 0).all()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("where", ["test", "rtsp://192.0.2.1/unreachable"])
def test_ends_within_a_second(graph: Probe, number: int, where: str) -> None:
    with source(source=where) as node:
        graph.until(lambda: graph.got["diagnostics"])
        status, seconds = node.stop(number)
        assert status == 0 and seconds < 1.5
        assert "Traceback" not in node.output()


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"source": "ftp://me:secret@host/a"}, "can't read 'ftp://host/a'; give test"),
        ({"fps": 9000.0}, "fps"),
        ({"publish": "loudly"}, "raw, compressed, both"),
    ],
)
def test_bad_parameters_are_refused_with_what_is_allowed(
    parameters: dict[str, object], says: str
) -> None:
    words = [word for name, value in parameters.items() for word in ("-p", f"{name}:={value}")]
    node = Process("-m", NODE, "--ros-args", *words)
    try:
        assert node.popen.wait(20) != 0
        assert says in node.output() and "secret" not in node.output()
        assert "Traceback" not in node.output()
    finally:
        node.stop()
        node.close()
