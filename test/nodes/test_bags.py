"""A recorded camera, played to the node: at other rates and looped, the windows stay the same."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rosbags.highlevel import AnyReader
from sensor_msgs.msg import Image

from test.nodes.graph import Probe, probe, process
from test.tools.narration.bags import RECORDED, image, record

SECONDS = 7.0
TOPIC = "/camera/image_raw"
TIMES = [i / 10 for i in range(round(SECONDS * 10))]


def picture(number: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    coarse = np.random.default_rng(number).integers(0, 255, (6, 8, 3), np.uint8)
    return coarse.repeat(8, 0).repeat(8, 1)


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Recorded 40 ms after the camera took it, give or take 20.
    late = np.random.default_rng(0).uniform(0.02, 0.06, len(TIMES))
    messages = [(t + float(late[i]), image(RECORDED + t, picture(i))) for i, t in enumerate(TIMES)]
    return record(tmp_path_factory.mktemp("bag") / "camera", {TOPIC: messages}, "sqlite3")


def play(bag: Path, graph: Probe, publisher: Any, rate: float) -> None:
    """Publish a bag's messages as they are, as `ros2 bag play` does."""
    began = time.monotonic()
    with AnyReader([bag]) as reader:
        start = reader.start_time
        for _, received, data in reader.messages():
            due = began + (received - start) / 1e9 / rate
            graph.spin(max(0.001, due - time.monotonic()))
            publisher.publish(bytes(data))
    graph.spin(0.5)


def windows(graph: Probe) -> list[list[float]]:
    """Return the stamps, in seconds of the bag, of every request since the last call."""
    texts = [event.text for event in graph.finals if event.text]
    graph.got["commentary_events"].clear()
    return [[float(stamp) for stamp in text.split()] for text in texts]


def window_at(newest: float) -> list[float]:
    """Return the one right window: 4 frames at most, 1 s apart, none from before the start."""
    return [s for s in (newest - 3, newest - 2, newest - 1, newest) if s >= 0]


def test_a_bag_gives_the_same_windows_at_any_rate_and_looped(bag: Path) -> None:
    parameters = ["--ros-args", "-p", "breathing_pause:=0.0"]
    with process("-m", "test.nodes.bag_commentator", *parameters) as node, probe() as graph:
        publisher = graph.node.create_publisher(Image, TOPIC, 5)
        graph.until(publisher.get_subscription_count, what="the node's subscription")
        graph.until(
            lambda: graph.status() and graph.status().state != "loading", what="a loaded engine"
        )
        rounds = []
        for rate in (1.0, 1.0, 2.5):
            play(bag, graph, publisher, rate)
            rounds.append(windows(graph))
        assert node.popen.poll() is None
    for seen, fewest in zip(rounds, (6, 6, 3), strict=True):
        assert len(seen) >= fewest, rounds
        # A picture lost on its way has the next in its place, 0.1 s later: one a round is forgiven.
        kept = {stamp for window in seen for stamp in window}
        assert len([stamp for stamp in kept if round(10 * stamp) % 5]) <= 1, rounds
        for window in seen:
            whole = [round(2 * stamp) / 2 for stamp in window]
            assert whole == window_at(whole[-1]), rounds
        newest = [window[-1] for window in seen]
        assert newest == sorted(newest)
    # Stamps jumped back: the second round begins with a window of its own frames only.
    assert rounds[1][0][-1] <= 1.5
    assert rounds[2][0][-1] <= 2.5
