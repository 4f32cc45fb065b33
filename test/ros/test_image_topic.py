"""Camera topics as the commentator and as viewers receive them, over DDS."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import cv2
import numpy as np
import pytest

from test.nodes.graph import Probe, probe
from video_commentary.core.scene_monitor import Use
from video_commentary.core.stamp import to_seconds
from video_commentary.ros.camera import QUEUE_SIZE, Camera
from video_commentary.ros.feed import Feed, FeedOptions
from video_commentary.ros.health import (
    FROZEN_AFTER,
    camera_check,
    camera_trouble,
    clock_check,
    frozen_trouble,
)
from video_commentary.ros.images_out import encode_jpeg

JPEG = encode_jpeg(np.full((48, 64, 3), 90, np.uint8), 77)


@pytest.fixture
def graph() -> Iterator[Probe]:
    with probe() as it:
        yield it


@contextmanager
def camera(
    graph: Probe, use: Use = Use.KEEP, transport: str = "raw"
) -> Iterator[tuple[Camera, threading.Event]]:
    arrived = threading.Event()
    topic = "/camera/image_raw"
    with closing(Camera(graph.node, topic, transport, 32, lambda *_: use, arrived)) as it:
        yield it, arrived


class Viewed(list[tuple[bytes, float]]):
    """What a feed delivers."""

    def __init__(self, graph: Probe, transport: str = "auto", wanted: bool = True) -> None:
        super().__init__()
        self.feed = Feed(
            graph.node,
            "/camera/image_raw",
            FeedOptions(transport, 32, lambda: 80),
            lambda jpeg, stamp, size: self.append((jpeg, stamp)),
            lambda: wanted,
        )

    def close(self) -> None:
        self.feed.close()


def size(jpeg: bytes) -> tuple[int, ...]:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image.shape[:2]


def test_a_camera_gives_the_newest_images_shrunk_and_counts_the_rest(graph: Probe) -> None:
    with camera(graph) as (it, arrived):
        graph.film(lambda: it.received > QUEUE_SIZE + 1)
        assert arrived.is_set()
        assert it.dropped == it.received - QUEUE_SIZE
        frames = []
        while seen := it.next_frame():
            frames.append(seen[0])
        assert [frame.index for frame in frames] == list(range(QUEUE_SIZE))
        assert frames[0].image.shape == (32, 5, 3)
        assert frames[0].size == (8, 48)
        assert frames[0].camera == it.frame_id == "eye"
        assert camera_trouble(it) == ""


def test_a_camera_queues_nothing_that_is_not_wanted(graph: Probe) -> None:
    with camera(graph, Use.NONE) as (it, arrived):
        graph.film(lambda: it.received > 1)
        assert it.next_frame() is None
        assert not arrived.is_set()
        assert it.dropped == 0


def test_an_image_that_can_not_be_read_is_named_until_the_next_good_one(graph: Probe) -> None:
    with camera(graph) as (it, _):
        graph.film(lambda: it.received > 0, encoding="unheard")
        assert it.next_frame() is None
        assert "encoding 'unheard'" in camera_trouble(it)
        graph.film(lambda: it.next_frame() is not None)
        assert camera_trouble(it) == ""


def test_an_image_without_a_stamp_gets_the_time_of_its_arrival(graph: Probe) -> None:
    with camera(graph) as (it, _):
        before = graph.now()
        graph.film(lambda: it.received > 0, stamp=-1.0)
        seen = it.next_frame()
        assert seen is not None
        assert before <= to_seconds(seen[0].stamp) <= graph.now()


def test_a_camera_takes_what_is_published_and_raw_images_on_one_machine(graph: Probe) -> None:
    with camera(graph, transport="auto") as (it, _):
        assert it.full_topic == "/camera/image_raw"
        graph.until(lambda: graph.jpeg(JPEG) or it.received)
        assert it.full_topic == "/camera/image_raw/compressed"
        graph.picture()
        it.follow_publishers()
        assert it.full_topic == "/camera/image_raw"
        received = it.received
        graph.film(lambda: it.received > received)


def test_a_camera_knows_what_is_lost_and_how_its_clock_differs(graph: Probe) -> None:
    with camera(graph, Use.NONE) as (it, _):
        start = graph.now() - 7.0
        for index in range(60):
            if index % 3:
                graph.picture(stamp=start + index / 15)
            graph.spin(0.02)
        graph.until(lambda: it.received >= 30, 5)
        assert it.missing == pytest.approx(1 / 3, abs=0.1)
        trouble = clock_check(it.topic, it.clock).trouble
        assert trouble.startswith("the stamps of /camera/image_raw are ")
        assert "behind this machine's clock" in trouble
        graph.film(lambda: not clock_check(it.topic, it.clock).trouble, stamp=0.0)


def test_a_camera_that_shows_the_same_picture_for_long_is_reported(graph: Probe) -> None:
    with camera(graph) as (it, _):
        start, image = graph.now(), np.full((48, 8, 3), 90, np.uint8)

        def show(second: float) -> None:
            def shown() -> object:
                graph.picture(stamp=start + second, image=image)
                return it.next_frame()

            graph.until(shown)

        show(0.0)
        show(FROZEN_AFTER - 1.0)
        assert frozen_trouble(it) == ""
        while it.frozen_for < FROZEN_AFTER:
            show(FROZEN_AFTER + 1.0)
        assert camera_trouble(it) == "", "images arrive, and can be read"
        assert frozen_trouble(it).startswith("the picture on /camera/image_raw has been exactly")
        assert camera_check(it, 1.0).trouble == frozen_trouble(it)
        assert not camera_check(it, 1.0).fatal
        graph.film(lambda: it.next_frame() and not frozen_trouble(it))


def test_a_feed_reports_it_too_from_jpegs_as_they_come(graph: Probe) -> None:
    with closing(Viewed(graph, "compressed")) as viewed:
        graph.until(lambda: graph.jpeg(JPEG) or viewed)
        graph.until(lambda: graph.jpeg(JPEG) or viewed.feed.frozen_for > 0.3)


def test_a_feed_takes_the_transport_that_is_published_and_passes_jpegs_through(
    graph: Probe,
) -> None:
    with closing(Viewed(graph)) as viewed:
        graph.film(lambda: viewed)
        assert viewed.feed.full_topic == "/camera/image_raw"
        assert size(viewed[0][0]) == (32, 5)
        graph.jpeg(JPEG)
        viewed.feed.follow_publishers()
        assert viewed.feed.full_topic == "/camera/image_raw/compressed"
        viewed.clear()
        graph.until(lambda: graph.jpeg(JPEG) or viewed)
        assert {jpeg for jpeg, _ in viewed} == {JPEG}


def test_a_feed_that_nobody_watches_compresses_two_images_a_second(graph: Probe) -> None:
    with closing(Viewed(graph, "raw", wanted=False)) as viewed:
        graph.film(lambda: viewed.feed.received > 20)
        graph.until(lambda: len(viewed) > 2)
        steps = np.diff([stamp for _, stamp in viewed])
        assert steps.min() >= 0.5 - 1e-6
        assert viewed.feed.dropped == 0


def test_a_feed_can_switch_to_another_camera(graph: Probe) -> None:
    with closing(Viewed(graph, "raw")) as viewed:
        graph.film(lambda: viewed)
        viewed.feed.switch("/phone/image_raw")
        assert "/phone/image_raw" in camera_trouble(viewed.feed)
        received = viewed.feed.received
        graph.film(lambda: viewed.feed.received > received, topic="/phone/image_raw")
        assert camera_trouble(viewed.feed) == ""
