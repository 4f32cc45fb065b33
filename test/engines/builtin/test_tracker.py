from __future__ import annotations

import numpy as np
import pytest

from video_commentary.engines.builtin.detector import Detection
from video_commentary.engines.builtin.ego_motion import EgoMotion
from video_commentary.engines.builtin.geometry import BoundingBox
from video_commentary.engines.builtin.track import Track
from video_commentary.engines.builtin.tracker import Tracker

STEP = 0.2
ASPECT = 4 / 3
STILL = EgoMotion()


def person(x: float, score: float = 0.6, label: str = "person", height: float = 0.2) -> Detection:
    return Detection(label, score, BoundingBox(x, 0.4, x + 0.08, 0.4 + height))


def follow(
    tracker: Tracker, pictures: list[list[Detection]], motion: EgoMotion = STILL
) -> list[Track]:
    lost = []
    for number, found in enumerate(pictures):
        lost += tracker.update(number * STEP, found, motion, ASPECT)[0]
    return lost


def test_one_who_walks_is_one_track() -> None:
    tracker = Tracker()
    follow(tracker, [[person(0.1 + 0.03 * n)] for n in range(20)])
    (track,) = tracker.tracks
    assert track.name == "person"
    np.testing.assert_allclose(track.velocity(1.6), (0.15, 0.0), atol=1e-6)


def test_two_who_pass_each_other_keep_their_tracks() -> None:
    tracker = Tracker()
    follow(tracker, [[person(0.2 + 0.03 * n), person(0.8 - 0.03 * n)] for n in range(21)])
    first, second = sorted(tracker.tracks, key=lambda t: t.track_id)[:2]
    assert first.velocity(1.0)[0] > 0.1
    assert second.velocity(1.0)[0] < -0.1


def test_weak_detections_and_gaps_keep_a_track_alive_but_begin_none() -> None:
    tracker = Tracker()
    weak = person(0.1, 0.3)
    follow(tracker, [[weak]] * 5)
    assert tracker.tracks == []
    hidden: list[Detection] = []
    lost = follow(tracker, [[person(0.1)]] * 4 + [[weak]] * 4 + [hidden] * 5 + [[person(0.1)]])
    (track,) = tracker.tracks
    assert track.hits == 9
    assert lost == []


def test_what_stays_away_is_lost_and_flickers_are_not() -> None:
    tracker = Tracker()
    nothing: list[Detection] = []
    lost = follow(tracker, [[person(0.1), person(0.6)]] + [[person(0.1)]] * 4 + [nothing] * 12)
    assert [track.hits for track in lost] == [5]
    assert tracker.tracks == []


def test_a_name_needs_several_detections_and_a_clear_majority() -> None:
    tracker = Tracker()
    follow(tracker, [[person(0.1, 0.7, label)] for label in ("cat", "dog") * 4])
    assert tracker.tracks[0].name == "animal"
    tracker = Tracker()
    follow(tracker, [[person(0.1, 0.48, "keyboard")]] * 3)
    assert tracker.tracks[0].name == ""
    tracker = Tracker()
    follow(tracker, [[person(0.1, 0.6, label)] for label in ("truck", "bus", "car") * 3])
    assert tracker.tracks[0].name == "vehicle"


def test_tracks_move_along_with_the_camera() -> None:
    tracker = Tracker()
    pan = EgoMotion(dx=-0.05)
    follow(tracker, [[person(0.8 - 0.05 * n)] for n in range(12)], pan)
    (track,) = tracker.tracks
    np.testing.assert_allclose(track.velocity(1.6), (0.0, 0.0), atol=1e-6)
    assert track.steady_seconds > 2


def test_a_seam_of_a_looped_recording_loses_nobody() -> None:
    tracker = Tracker()
    for number in range(8):
        tracker.update(number * STEP, [person(0.1), person(0.4), person(0.7)], STILL, ASPECT)
    lost, jumped = tracker.update(
        8 * STEP, [person(0.25), person(0.55), person(1.0)], STILL, ASPECT
    )
    assert jumped
    assert lost == []
    assert len(tracker.tracks) == 3
    assert {track.hits for track in tracker.tracks} == {1}


def test_an_unknown_ego_motion_interrupts_and_does_not_end_what_is_known() -> None:
    tracker = Tracker()
    lost = EgoMotion(known=False)
    for number in range(20):
        motion = lost if number == 8 else STILL
        tracker.update(number * STEP, [person(0.1 + 0.03 * number)], motion, ASPECT)
        (track,) = tracker.tracks
        if number == 8:
            assert track.velocity(1.0) == (0.0, 0.0)
    np.testing.assert_allclose(track.velocity(1.0), (0.15, 0.0), atol=1e-6)
    assert track.steady_seconds == pytest.approx(11 * STEP)


def test_what_the_border_cuts_off_is_followed_by_its_other_edge() -> None:
    tracker = Tracker()
    for number in range(12):
        left = 0.7 + 0.05 * number
        car = Detection("car", 0.7, BoundingBox(left, 0.5, left + 0.3, 0.7).clipped(ASPECT))
        tracker.update(number * STEP, [car], STILL, ASPECT)
    (track,) = tracker.tracks
    assert track.trajectory[-1].cut == {"right"}
    assert not track.jumped
    np.testing.assert_allclose(track.velocity(1.2), (0.25, 0.0), atol=1e-6)


def test_who_must_be_outside_by_now_is_lost_at_once() -> None:
    tracker = Tracker()
    walk = [[person(0.9 + 0.05 * n)] for n in range(9)]
    lost = follow(tracker, walk)
    nothing: list[Detection] = []
    for number in range(9, 12):
        lost += tracker.update(number * STEP, nothing, STILL, ASPECT)[0]
    assert len(lost) == 1


def test_an_animal_that_comes_close_keeps_its_name_though_it_is_seen_less_well() -> None:
    def bird(score: float, height: float) -> Detection:
        return Detection("bird", score, BoundingBox(0.3, 0.95 - height, 0.8, 0.95))

    for height, name in ((0.9, "animal"), (0.4, "")):
        tracker = Tracker()
        pictures = [[bird(0.55, height)]] * 6 + [[bird(0.35, height)]] * 12
        follow(tracker, pictures)
        assert [track.name for track in tracker.tracks] == [name]
