"""A subscription to images of another process, over DDS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from sensor_msgs.msg import Image

from test.nodes.graph import Probe, probe, process
from video_commentary.ros import image_subscription
from video_commentary.ros.image_subscription import ImageSubscription

CAMERA = """
import array, sys
import rclpy
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

width, height, policy = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
rclpy.init()
node = Node("camera")
durability = DurabilityPolicy[sys.argv[4]]
qos = QoSProfile(depth=5, reliability=ReliabilityPolicy[policy], durability=durability)
publisher = node.create_publisher(Image, "/camera/image_raw", qos)
image = Image(width=width, height=height, step=3 * width, encoding="rgb8")
image.data = array.array("B", bytes(3 * width * height))
node.create_timer(1 / 30, lambda: publisher.publish(image))
rclpy.spin(node)
"""


@contextmanager
def camera(width: int, height: int, policy: str, durability: str = "VOLATILE") -> Iterator[None]:
    """Publish at 30 Hz with Fast DDS's own 512 KB of shared memory, as a plain driver does."""
    with process("-c", CAMERA, str(width), str(height), policy, durability) as running:
        yield
        running.popen.kill()


class Watched:
    """What arrives, with the subscription looked after as the nodes do."""

    def __init__(self, graph: Probe, sufficient_fps: float) -> None:
        self.sizes: list[int] = []
        self.it = ImageSubscription(
            graph.node, Image, "/camera/image_raw", sufficient_fps, self._store
        )
        graph.node.create_timer(1.0, self.it.follow_publishers)

    def _store(self, message: Any) -> None:
        self.sizes.append(len(message.data))


@pytest.fixture
def graph() -> Iterator[Probe]:
    with probe() as it:
        yield it


def test_images_that_fit_are_taken_best_effort(graph: Probe) -> None:
    with camera(160, 120, "RELIABLE"):
        watched = Watched(graph, sufficient_fps=4.0)
        graph.until(lambda: len(watched.sizes) > 100, 30, "a hundred images")
        assert not watched.it.reliable
        assert set(watched.sizes) == {3 * 160 * 120}
        assert watched.it.received == len(watched.sizes)


def test_images_larger_than_the_senders_memory_are_asked_for_again(graph: Probe) -> None:
    with camera(1920, 1080, "RELIABLE"):
        watched = Watched(graph, sufficient_fps=25.0)
        graph.until(lambda: watched.it.reliable, 30, "reliable delivery")
        before = len(watched.sizes)
        graph.until(lambda: len(watched.sizes) > before + 50, 30, "fifty images")
        assert watched.it.reliable
        assert set(watched.sizes) == {3 * 1920 * 1080}


def test_a_publisher_that_offers_best_effort_only_is_heard(graph: Probe) -> None:
    with camera(160, 120, "BEST_EFFORT"):
        watched = Watched(graph, sufficient_fps=1000.0)
        graph.until(lambda: len(watched.sizes) > 250, 30, "images for longer than a trial")
        assert not watched.it.reliable


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every publisher for one on another machine."""
    monkeypatch.setattr(image_subscription, "all_remote", lambda ours, theirs: True)


def subscribed(graph: Probe) -> list[tuple[ReliabilityPolicy, DurabilityPolicy]]:
    infos = graph.node.get_subscriptions_info_by_topic("/camera/image_raw")
    return [(info.qos_profile.reliability, info.qos_profile.durability) for info in infos]


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("durability", ["VOLATILE", "TRANSIENT_LOCAL"])
def test_a_camera_elsewhere_is_received_reliably_from_the_first_image(
    graph: Probe, durability: str
) -> None:
    watched = Watched(graph, sufficient_fps=4.0)
    graph.spin(1.5)
    assert subscribed(graph) == [], "its publisher decides how"
    with camera(160, 120, "RELIABLE", durability):
        graph.until(lambda: watched.sizes, 30, "an image")
        assert watched.it.reliable
        assert subscribed(graph) == [(ReliabilityPolicy.RELIABLE, DurabilityPolicy[durability])]
        graph.until(lambda: len(watched.sizes) > 250, 30, "images for longer than a trial")
        assert watched.it.reliable


@pytest.mark.usefixtures("elsewhere")
def test_a_camera_that_keeps_no_images_can_take_the_place_of_one_that_does(graph: Probe) -> None:
    watched = Watched(graph, sufficient_fps=4.0)
    with camera(160, 120, "RELIABLE", "TRANSIENT_LOCAL"):
        graph.until(lambda: watched.sizes, 30, "an image")
    with camera(320, 240, "RELIABLE", "VOLATILE"):
        graph.until(lambda: 3 * 320 * 240 in watched.sizes, 40, "an image of the other")
        assert watched.it.reliable


@pytest.mark.usefixtures("elsewhere")
def test_a_camera_elsewhere_that_offers_best_effort_only_is_heard(graph: Probe) -> None:
    watched = Watched(graph, sufficient_fps=4.0)
    with camera(160, 120, "BEST_EFFORT"):
        graph.until(lambda: watched.sizes, 30, "an image")
        assert not watched.it.reliable
