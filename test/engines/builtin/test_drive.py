from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import NDArray

from video_commentary.engines.builtin.camera_moves import CameraMove
from video_commentary.engines.builtin.detector import Detection, ObjectDetector
from video_commentary.engines.builtin.drive import DriveDetector
from video_commentary.engines.builtin.ego_motion import EgoMotion
from video_commentary.engines.builtin.event_kinds import EventKind
from video_commentary.engines.builtin.events import SceneEvent
from video_commentary.engines.builtin.geometry import BoundingBox
from video_commentary.engines.builtin.perception import PerceptionPipeline
from video_commentary.engines.builtin.scene_state import scene_object
from video_commentary.engines.builtin.tracker import Tracker

from .test_ego_motion import road

ASPECT = 16 / 9
DRIVING = EgoMotion(known=False, travel=0.05)
Where = Callable[[float], BoundingBox]


def drive(where: Where, seconds: float, move: CameraMove = CameraMove.FORWARD) -> list[SceneEvent]:
    tracker, detector = Tracker(), DriveDetector()
    events: list[SceneEvent] = []
    for number in range(int(seconds * 5)):
        stamp = number / 5
        box = where(stamp).clipped(ASPECT)
        found = [Detection("car", 0.8, box)] if box.width > 0.03 else []
        lost, _ = tracker.update(stamp, found, DRIVING, ASPECT)
        events += detector.lost(stamp, lost, move)
        objects = {
            track.track_id: scene_object(stamp, track, track.name, ASPECT)
            for track in tracker.tracks
            if track.name
        }
        events += detector.observe(stamp, tracker.tracks, objects, move)
    return events


def car(x: float, height: float) -> BoundingBox:
    return BoundingBox(x - 0.7 * height, 0.7 - height, x + 0.7 * height, 0.7)


def told(events: list[SceneEvent]) -> list[tuple[EventKind, str]]:
    return [(event.kind, event.where) for event in events]


def test_a_car_that_we_gain_on_and_one_that_keeps_its_distance() -> None:
    assert told(drive(lambda t: car(1.3, 0.15 * 1.08**t), 6)) == [(EventKind.GAINED_ON, "right")]
    assert drive(lambda t: car(0.9, 0.15 + 0.004 * (int(5 * t) % 2)), 6) == []


def test_the_same_is_nothing_while_the_camera_stands() -> None:
    assert drive(lambda t: car(1.3, 0.15 * 1.08**t), 6, CameraMove.STILL) == []


def test_a_car_that_is_passed_and_one_that_overtakes() -> None:
    passed = drive(lambda t: car(0.85 - 0.05 * 1.6**t, 0.1 * 1.35**t), 8)
    assert [kind for kind, _ in told(passed)] == [EventKind.GAINED_ON, EventKind.PASSED]
    assert passed[-1].where == "left"
    overtaken = drive(lambda t: car(0.15 + 0.12 * t, 0.35 / 1.2**t), 5)
    assert [kind for kind, _ in told(overtaken)] == [EventKind.OVERTAKES]


def test_a_car_ahead_that_pulls_away() -> None:
    events = drive(lambda t: car(0.9, 0.25 / 1.15**t), 5)
    assert told(events)[0] == (EventKind.PULLS_AWAY, "middle")


def test_a_sign_ahead_needs_two_sights_and_is_told_once() -> None:
    detector = DriveDetector()
    sign = Detection("stop sign", 0.6, BoundingBox(0.8, 0.4, 0.9, 0.5))
    events: list[SceneEvent] = []
    for number in range(20):
        seen = [sign] if number % 3 == 0 else []
        events += detector.signs(number / 5, seen, CameraMove.FORWARD, ASPECT)
    assert [(e.name, e.where) for e in events] == [("stop sign", "middle")]
    assert events[0].stamp > 0


class Road:
    """Sees a stop sign and three cars, which are others once `jumped`."""

    jumped = False

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        left = 0.8 if self.jumped else 0.1
        places = [(left + 0.15 * number, 0.5 + 0.3 * self.jumped) for number in range(3)]
        cars = [Detection("car", 0.8, BoundingBox(x, y, x + 0.1, y + 0.1)) for x, y in places]
        return [*cars, Detection("stop sign", 0.6, BoundingBox(0.8, 0.2, 0.9, 0.3))]


def test_after_a_jump_the_road_is_a_new_one() -> None:
    detector = Road()
    pipeline = PerceptionPipeline(cast(ObjectDetector, detector))
    signs: list[float] = []
    for number in range(20):
        detector.jumped = number >= 14
        image = road(4 + 0.25 * number)[:, :, None].repeat(3, 2)
        _, events = pipeline.process(number / 5, image)
        signs += [e.stamp for e in events if (e.name, e.kind) == ("stop sign", EventKind.GAINED_ON)]
    before, after = signs
    assert before < 14 / 5 <= after
