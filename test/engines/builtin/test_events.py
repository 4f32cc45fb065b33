from __future__ import annotations

from collections.abc import Callable

from video_commentary.engines.builtin.detector import Detection
from video_commentary.engines.builtin.ego_motion import Shift
from video_commentary.engines.builtin.events import Event, EventFinder
from video_commentary.engines.builtin.geometry import Box
from video_commentary.engines.builtin.groups import together
from video_commentary.engines.builtin.scene import Seen, described
from video_commentary.engines.builtin.tracker import Tracker

ASPECT = 4 / 3
Where = Callable[[float], Box | None]


def upright(x: float, feet: float = 0.7, height: float = 0.25) -> Box | None:
    box = Box(x - 0.15 * height, feet - height, x + 0.15 * height, feet).clipped(ASPECT)
    return box if box.width > 0.01 and box.height > 0.01 else None


def happenings(*people: Where, seconds: float = 12.0, label: str = "person") -> list[Event]:
    tracker, finder = Tracker(), EventFinder()
    events: list[Event] = []
    for number in range(int(seconds * 5)):
        stamp = number / 5
        boxes = [box for person in people if (box := person(stamp))]
        lost, _ = tracker.update(stamp, [Detection(label, 0.7, box) for box in boxes], Shift())
        tracks = [t for t in tracker.tracks if t.name and t.seen == stamp]
        seen = together([described(stamp, track, track.name, ASPECT) for track in tracks])
        events += finder.lost(lost, ASPECT)
        events += finder.observe(stamp, tracker.tracks, {t.number: t for t in seen}, ASPECT)
    return events


def kinds(events: list[Event]) -> list[tuple[str, str]]:
    return [(event.kind, event.where) for event in events]


def test_one_who_crosses_comes_in_crosses_and_leaves() -> None:
    events = happenings(lambda t: upright(-0.05 + 0.18 * t))
    assert kinds(events) == [("enters", "left"), ("crosses", "right"), ("leaves", "right")]
    assert events[0].stamp < 1.5
    assert events[1].heading == "right"


def test_one_who_stands_about_is_no_event() -> None:
    assert happenings(lambda t: upright(0.6 + 0.004 * (int(t * 5) % 3))) == []


def test_stopping_and_setting_off_again() -> None:
    def walk(t: float) -> Box | None:
        return upright(0.3 + 0.14 * (min(t, 3.0) + max(0.0, t - 8.0)))

    found = [kind for kind, _ in kinds(happenings(walk, seconds=11)) if kind != "crosses"]
    assert found == ["stops", "starts"]


def test_coming_closer_and_going_away() -> None:
    closer = happenings(lambda t: upright(0.6, 0.5 + 0.03 * t, 0.2 * 1.13**t), seconds=8)
    away = happenings(lambda t: upright(0.6, 0.8 - 0.03 * t, 0.4 / 1.13**t), seconds=8)
    assert {event.kind for event in closer} == {"closer"}
    assert {event.kind for event in away} == {"away"}


def test_two_pass_each_other() -> None:
    events = happenings(
        lambda t: upright(0.3 + 0.1 * t), lambda t: upright(1.0 - 0.1 * t, 0.72), seconds=7
    )
    assert [e.kind for e in events].count("passes") == 1


def test_two_who_wait_before_they_pass_are_told_all_the_same() -> None:
    def comes(t: float) -> float:
        return min(t, 2.0) + max(0.0, t - 9.0)

    events = happenings(
        lambda t: upright(0.35 + 0.08 * comes(t)),
        lambda t: upright(0.95 - 0.08 * comes(t), 0.72),
        seconds=15,
    )
    assert [e.kind for e in events].count("passes") == 1


def test_pairs_that_did_not_pass_are_forgotten() -> None:
    finder = EventFinder()
    for number in range(50):
        pair = {
            2 * number + n: Seen(
                2 * number + n,
                "person",
                "people",
                Box(x, 0.4, x + 0.1, 0.7),
                heading,
                False,
                "middle",
                "",
                3.0,
            )
            for n, (x, heading) in enumerate([(0.4, "right"), (0.7, "left")])
        }
        finder.observe(10.0 * number, [], pair, ASPECT)
    assert len(finder._sides) == 1


def test_two_walk_together_and_are_told_once() -> None:
    events = happenings(
        lambda t: upright(0.2 + 0.08 * t), lambda t: upright(0.32 + 0.08 * t), seconds=10
    )
    assert [(e.kind, e.count, e.heading) for e in events if e.kind == "together"] == [
        ("together", 2, "right")
    ]


def test_who_vanishes_in_the_middle_has_not_left() -> None:
    events = happenings(lambda t: upright(0.4 + 0.05 * t) if t < 4 else None)
    assert "leaves" not in [event.kind for event in events]
