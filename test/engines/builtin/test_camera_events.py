from __future__ import annotations

from video_commentary.engines.builtin.camera_events import CameraEventDetector
from video_commentary.engines.builtin.camera_moves import CameraMove
from video_commentary.engines.builtin.ego_motion import EgoMotion
from video_commentary.engines.builtin.event_kinds import EventKind

FORWARD = EgoMotion(known=False, travel=0.05)
ASPECT = 4 / 3


def watch(*spans: tuple[CameraMove, EgoMotion, int]) -> list[tuple[EventKind, str]]:
    detector, number = CameraEventDetector(), 0
    found = []
    for move, motion, images in spans:
        for _ in range(images):
            found += detector.observe(number / 5, move, motion, ASPECT)
            number += 1
    return [(event.kind, event.heading) for event in found]


def test_a_drive_begins_and_ends_once() -> None:
    found = watch(
        (CameraMove.STILL, EgoMotion(), 5),
        (CameraMove.FORWARD, FORWARD, 10),
        (CameraMove.UNKNOWN, EgoMotion(known=False), 3),
        (CameraMove.FORWARD, FORWARD, 10),
        (CameraMove.STILL, EgoMotion(dx=0.001), 5),
    )
    assert found == [(EventKind.CAMERA_DRIVES, "FORWARD"), (EventKind.CAMERA_STOPS, "")]


def test_a_drive_that_began_before_is_told_after_a_while_and_did_not_set_off() -> None:
    assert watch((CameraMove.FORWARD, FORWARD, 10)) == []
    assert watch((CameraMove.FORWARD, FORWARD, 40)) == [(EventKind.CAMERA_MOVES, "FORWARD")]


def test_a_pan_is_told_once_and_the_next_way_anew() -> None:
    left, right = EgoMotion(dx=0.05), EgoMotion(dx=-0.05)
    found = watch(
        (CameraMove.PAN_LEFT, left, 5),
        (CameraMove.UNKNOWN, EgoMotion(known=False), 2),
        (CameraMove.PAN_LEFT, left, 5),
        (CameraMove.PAN_RIGHT, right, 5),
    )
    assert found == [(EventKind.CAMERA_MOVES, "PAN_LEFT"), (EventKind.CAMERA_MOVES, "PAN_RIGHT")]
