from __future__ import annotations

from collections.abc import Callable

import pytest

from video_commentary.engines.builtin.companions import with_companions
from video_commentary.engines.builtin.detector import Detection
from video_commentary.engines.builtin.ego_motion import EgoMotion
from video_commentary.engines.builtin.encounters import PassingDetector
from video_commentary.engines.builtin.event_detector import EventDetector
from video_commentary.engines.builtin.event_kinds import EventKind
from video_commentary.engines.builtin.events import SceneEvent
from video_commentary.engines.builtin.geometry import BoundingBox
from video_commentary.engines.builtin.scene_state import SceneObject, scene_object
from video_commentary.engines.builtin.tracker import Tracker

ASPECT = 4 / 3
Where = Callable[[float], BoundingBox | None]


def upright(x: float, feet: float = 0.7, height: float = 0.25) -> BoundingBox | None:
    box = BoundingBox(x - 0.15 * height, feet - height, x + 0.15 * height, feet).clipped(ASPECT)
    return box if box.width > 0.01 and box.height > 0.01 else None


def detected(*people: Where, seconds: float = 12.0) -> list[SceneEvent]:
    return detected_as(*(("person", person) for person in people), seconds=seconds)


def detected_as(*things: tuple[str, Where], seconds: float = 12.0) -> list[SceneEvent]:
    tracker, detector = Tracker(), EventDetector()
    events: list[SceneEvent] = []
    for number in range(int(seconds * 5)):
        stamp = number / 5
        detections = [Detection(n, 0.7, box) for n, where in things if (box := where(stamp))]
        lost, _ = tracker.update(stamp, detections, EgoMotion(), ASPECT)
        tracks = [t for t in tracker.tracks if t.name and t.last_seen == stamp]
        objects = with_companions([scene_object(stamp, t, t.name, ASPECT) for t in tracks])
        events += detector.lost(stamp, lost, ASPECT)
        by_id = {thing.track_id: thing for thing in objects}
        events += detector.observe(stamp, tracker.tracks, by_id, ASPECT)
    return events


def kinds(events: list[SceneEvent]) -> list[EventKind]:
    return [event.kind for event in events]


def facing(track_id: int, x: float, heading: str) -> SceneObject:
    return SceneObject(
        track_id=track_id,
        name="person",
        group="people",
        box=BoundingBox(x, 0.4, x + 0.1, 0.7),
        heading=heading,
        stationary=False,
        side="middle",
        depth="",
        age=3.0,
    )


def test_one_who_crosses_comes_in_crosses_and_leaves() -> None:
    events = detected(lambda t: upright(-0.05 + 0.18 * t))
    assert [(event.kind, event.where) for event in events] == [
        (EventKind.ENTERS, "left"),
        (EventKind.CROSSES, "right"),
        (EventKind.LEAVES, "right"),
    ]
    assert events[0].stamp < 1.5
    assert events[1].heading == "right"


def test_one_who_stands_about_is_no_event() -> None:
    assert detected(lambda t: upright(0.6 + 0.004 * (int(t * 5) % 3))) == []


def test_stopping_and_setting_off_again() -> None:
    def walk(t: float) -> BoundingBox | None:
        return upright(0.3 + 0.14 * (min(t, 3.0) + max(0.0, t - 8.0)))

    found = [kind for kind in kinds(detected(walk, seconds=11)) if kind is not EventKind.CROSSES]
    assert found == [EventKind.STOPS, EventKind.STARTS]


def test_coming_closer_and_going_away() -> None:
    closer = detected(lambda t: upright(0.6, 0.5 + 0.03 * t, 0.2 * 1.13**t), seconds=8)
    away = detected(lambda t: upright(0.6, 0.8 - 0.03 * t, 0.4 / 1.13**t), seconds=8)
    assert kinds(closer)[0] is EventKind.CLOSER
    assert set(kinds(closer)) <= {EventKind.CLOSER, EventKind.COMES_NEAR}
    assert kinds(away)[0] is EventKind.AWAY
    assert set(kinds(away)) <= {EventKind.AWAY, EventKind.DRAWS_BACK}


@pytest.mark.parametrize(
    ("height", "width", "drift", "expected"),
    [
        (1.12, 1.12, 0.0, [EventKind.COMES_NEAR]),
        (1 / 1.12, 1 / 1.12, 0.0, [EventKind.DRAWS_BACK]),
        (1 / 1.12, 1.02, 0.0, []),  # bends down
        (1.0, 1.15, 0.0, []),  # stretches out the arms
        (1.12, 1.12, 0.12, []),  # leans over to the side
    ],
)
def test_somebody_near_comes_nearer_and_draws_back(
    height: float, width: float, drift: float, expected: list[EventKind]
) -> None:
    def box(t: float) -> BoundingBox:
        grown = min(max(t - 4, 0), 2.5)
        tall, wide = 0.6 * height**grown, 0.5 * width**grown
        x = 0.6 + drift * grown
        return BoundingBox(x - wide / 2, 1 - tall, x + wide / 2, 1)

    events = detected(box, seconds=9)
    near = [k for k in kinds(events) if k in {EventKind.COMES_NEAR, EventKind.DRAWS_BACK}]
    assert near == expected


def test_what_fills_the_picture_comes_nearer_as_it_gets_wider() -> None:
    def filling(t: float) -> BoundingBox:
        wide = 0.5 * 1.25 ** min(max(t - 4, 0), 2.5)
        return BoundingBox(0.65 - wide / 2, 0, 0.65 + wide / 2, 1)

    assert EventKind.COMES_NEAR in kinds(detected_as(("dog", filling), seconds=9))


def test_an_animal_comes_to_a_person() -> None:
    events = detected_as(
        ("person", lambda _: upright(0.3)),
        ("dog", lambda t: BoundingBox(1.0 - 0.1 * t, 0.6, 1.2 - 0.1 * t, 0.8)),
        seconds=7,
    )
    assert kinds(events).count(EventKind.COMES_TO) == 1


def test_two_pass_each_other() -> None:
    events = detected(
        lambda t: upright(0.3 + 0.1 * t), lambda t: upright(1.0 - 0.1 * t, 0.72), seconds=7
    )
    assert kinds(events).count(EventKind.PASS_EACH_OTHER) == 1


def test_two_who_wait_before_they_pass_are_still_detected() -> None:
    def comes(t: float) -> float:
        return min(t, 2.0) + max(0.0, t - 9.0)

    events = detected(
        lambda t: upright(0.35 + 0.08 * comes(t)),
        lambda t: upright(0.95 - 0.08 * comes(t), 0.72),
        seconds=15,
    )
    assert kinds(events).count(EventKind.PASS_EACH_OTHER) == 1


def test_pairs_that_did_not_pass_are_forgotten() -> None:
    detector = PassingDetector()
    for number in range(50):
        pair = [facing(2 * number, 0.4, "right"), facing(2 * number + 1, 0.7, "left")]
        assert detector.observe(10.0 * number, pair) == []
    assert len(detector._approaching) == 1


def test_two_walk_together_and_are_reported_once() -> None:
    events = detected(
        lambda t: upright(0.2 + 0.08 * t), lambda t: upright(0.32 + 0.08 * t), seconds=10
    )
    together = [e for e in events if e.kind is EventKind.WALK_TOGETHER]
    assert [(e.count, e.heading) for e in together] == [(2, "right")]


def test_who_vanishes_in_the_middle_has_not_left() -> None:
    events = detected(lambda t: upright(0.4 + 0.05 * t) if t < 4 else None)
    assert EventKind.LEAVES not in kinds(events)
