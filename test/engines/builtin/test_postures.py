from __future__ import annotations

from collections.abc import Callable

import pytest

from video_commentary.engines.builtin.detector import Detection
from video_commentary.engines.builtin.ego_motion import EgoMotion
from video_commentary.engines.builtin.event_kinds import EventKind
from video_commentary.engines.builtin.events import SceneEvent
from video_commentary.engines.builtin.geometry import BoundingBox
from video_commentary.engines.builtin.postures import PostureDetector
from video_commentary.engines.builtin.scene_state import scene_object
from video_commentary.engines.builtin.tracker import Tracker

ASPECT = 4 / 3
Where = Callable[[float], BoundingBox]


def watch(label: str, where: Where, seconds: float = 6.0) -> list[SceneEvent]:
    tracker, postures = Tracker(), PostureDetector()
    events: list[SceneEvent] = []
    for number in range(int(seconds * 5)):
        stamp = number / 5
        found = Detection(label, 0.8, where(stamp).clipped(ASPECT))
        tracker.update(stamp, [found], EgoMotion(), ASPECT)
        for track in tracker.tracks:
            if track.name:
                thing = scene_object(stamp, track, track.name, ASPECT)
                events += postures.observe(stamp, track, thing)
    return events


def kinds(events: list[SceneEvent]) -> list[EventKind]:
    return [event.kind for event in events]


def standing(height: float, width: float) -> BoundingBox:
    return BoundingBox(0.6 - width / 2, 0.8 - height, 0.6 + width / 2, 0.8)


def test_bending_down_is_told_each_time() -> None:
    def bends(t: float) -> BoundingBox:
        low = 2.0 < t % 4.0 < 3.2
        return standing(0.36, 0.3) if low else standing(0.5, 0.2)

    assert kinds(watch("person", bends, 8)) == [EventKind.BENDS_DOWN] * 2


@pytest.mark.parametrize(
    "where",
    [
        lambda t: standing(0.5 / 1.1**t, 0.2 / 1.1**t),  # walks away
        lambda t: standing(0.5, 0.2 + 0.1 * (t > 3)),  # stretches out the arms
        lambda t: standing(0.2 - 0.06 * (t > 3), 0.1),  # far away and half hidden
    ],
)
def test_what_only_looks_smaller_does_not_bend(where: Where) -> None:
    assert watch("person", where) == []


def test_an_animal_that_leaps_jumps_and_one_that_comes_closer_does_not() -> None:
    def leaps(t: float) -> BoundingBox:
        rise = 0.12 if 3.0 < t < 3.7 else 0.0
        return BoundingBox(0.5, 0.5 - rise, 0.8, 0.75)

    assert kinds(watch("dog", leaps)) == [EventKind.JUMPS]
    nearer = watch(
        "dog", lambda t: BoundingBox(0.5, 0.6 - 0.05 * t, 0.7 + 0.05 * t, 0.8 + 0.03 * t)
    )
    assert nearer == []


def test_somebody_close_by_leans_one_way_and_moves_the_other() -> None:
    def sways(t: float) -> BoundingBox:
        left = min(max(t - 2, 0), 1) - min(max(t - 4, 0), 1) * 2
        top = 0.3 + 0.1 * max(0.0, left)
        return BoundingBox(0.4 - 0.25 * left, top, 0.9 - 0.25 * left, 1.0)

    events = watch("person", sways)
    assert (events[0].kind, events[0].heading) == (EventKind.LEANS, "left")
    assert events[-1].heading == "right"


def test_turning_round_needs_a_walk_before() -> None:
    def walks(t: float) -> BoundingBox:
        x = 0.3 + 0.15 * (t if t < 3 else 6 - t)
        return BoundingBox(x, 0.4, x + 0.1, 0.7)

    assert kinds(watch("person", walks)) == [EventKind.TURNS_ROUND]
