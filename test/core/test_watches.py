"""Watches over the facts of frames: what they find, when, and how often."""

from __future__ import annotations

import pytest

from video_commentary.core.facts import Claim, FrameFacts, NormalizedBox, Observation
from video_commentary.core.stamp import from_seconds
from video_commentary.core.watch_language import WatchRefusedError
from video_commentary.core.watches import MAX_WATCHES, Alert, Watch, WatchList
from video_commentary.wiring import watch_compiler


def thing(
    name: str, seconds: float = 0.0, *, x: float = 0.5, track: int = 1, colour: str = ""
) -> Observation:
    box = NormalizedBox(left=x - 0.05, top=0.4, right=x + 0.05, bottom=0.8)
    return Observation(
        camera="front",
        stamp=from_seconds(seconds),
        box=box,
        name=name,
        track=track,
        score=0.8,
        colour=colour,
    )


def facts(
    seconds: float, *things: Observation, events: tuple[Claim, ...] = (), camera: str = "front"
) -> FrameFacts:
    stamp = from_seconds(100 + seconds)
    return FrameFacts(camera=camera, stamp=stamp, things=things, events=events)


def event(kind: str, who: str, *evidence: Observation, where: str = "", colour: str = "") -> Claim:
    return Claim(kind=kind, who=who, where=where, colour=colour, evidence=evidence)


def watching(condition: str, cooldown: float = 0.0, camera: str = "") -> WatchList:
    watches = WatchList(watch_compiler())
    watches.add(condition, cooldown=cooldown, camera=camera)
    return watches


def found(watches: WatchList, *frames: FrameFacts) -> list[Alert]:
    return [alert for frame in frames for alert in watches.observe(frame)]


def test_an_event_is_found_with_its_frame() -> None:
    seen = thing("person")
    enters = event("enters", "person", seen, where="left")
    alerts = found(
        watching("a person enters"),
        facts(0, seen),
        facts(0.2, seen, events=(enters,)),
        facts(0.4, seen),
    )
    [alert] = alerts
    assert alert.text == "A person comes into view on the left."
    assert alert.stamp == from_seconds(100.2)
    assert (alert.camera, alert.watch.condition) == ("front", "a person enters")
    assert alert.confidence == pytest.approx(0.8)
    assert alert.evidence == (seen,)


@pytest.mark.parametrize(
    "other",
    [
        event("leaves", "person", thing("person")),
        event("enters", "car", thing("car")),
        event("enters", "camera"),
        event("enters", "person", thing("person"), where="right"),
        event("enters", "person", thing("person", x=0.9)),
        event("enters", "person", thing("person"), where="left", colour="blue"),
    ],
)
def test_other_events_are_not(other: Claim) -> None:
    watches = watching("a person in red enters on the left")
    assert found(watches, facts(0, events=(other,))) == []
    seen = thing("person", x=0.1)
    assert found(watches, facts(1, events=(event("enters", "person", seen, colour="red"),)))


def test_a_group_is_found_by_who_is_in_it() -> None:
    mixed = event("stops", "vehicle", thing("truck"), thing("car", track=2))
    assert found(watching("a car stops"), facts(0, events=(mixed,)))
    assert not found(watching("a bus stops"), facts(0, events=(mixed,)))
    assert found(watching("two vehicles stop"), facts(0, events=(mixed,)))
    assert not found(watching("three vehicles stop"), facts(0, events=(mixed,)))


def test_the_picture_as_a_whole_is_watched() -> None:
    alerts = found(watching("the lights go out"), facts(0, events=(event("light", "camera"),)))
    assert [alert.text for alert in alerts] == ["The light changes."]
    assert alerts[0].confidence is None
    assert not found(watching("anything moves"), facts(0, events=(event("starts", "camera"),)))


def test_how_many_are_in_view_is_found_once_it_lasts() -> None:
    watches = watching("more than three people")
    four = [thing("person", track=n) for n in range(4)]
    assert found(watches, *(facts(n / 5, *four[:3], thing("car")) for n in range(20))) == []
    alerts = found(watches, *(facts(4 + n / 5, *four) for n in range(50)))
    assert [alert.text for alert in alerts] == ["There are 4 people."]
    assert 1.0 <= alerts[0].stamp / 1e9 - 104 <= 2.2
    assert len(alerts[0].evidence) == 4
    assert found(watches, *(facts(14 + n / 5, *four[:2]) for n in range(10))) == []
    assert len(found(watches, *(facts(16 + n / 5, *four) for n in range(20)))) == 1


def test_a_state_that_is_interrupted_starts_again() -> None:
    watches = watching("nobody for a minute")
    person = thing("person")
    assert found(watches, *(facts(n) for n in range(59))) == []
    assert found(watches, facts(59, person), *(facts(60 + n) for n in range(60))) == []
    [alert] = found(watches, facts(120), facts(121), facts(122))
    assert alert.text == "For a minute there has been no person."
    assert (alert.stamp, alert.confidence) == (from_seconds(220), None)
    assert [thing.box for thing in alert.evidence] == [None]


def test_nobody_knows_what_was_so_while_no_facts_came() -> None:
    watches = watching("nobody for 10 seconds")
    assert found(watches, facts(0), facts(1), facts(30), facts(31)) == []
    assert len(found(watches, *(facts(n) for n in range(32, 42)))) == 1


def test_nothing_moves_while_boxes_stay_and_nothing_happens() -> None:
    watches = watching("nothing moves for 5 seconds")
    walking = [facts(n, thing("person", x=0.2 + n * 0.05)) for n in range(8)]
    assert found(watches, *walking) == []
    still = [facts(n, thing("person", x=0.55)) for n in range(8, 13)]
    jump = event("jumps", "person", thing("person"))
    between = facts(12.5, thing("person", x=0.55), events=(jump,))
    assert found(watches, *still[:4], between, facts(13, thing("person", x=0.55))) == []
    later = [facts(n, thing("person", x=0.55)) for n in range(14, 20)]
    assert [alert.text for alert in found(watches, *later)] == ["Nothing moves, for 5 s."]


def test_the_cooldown_is_each_cameras_own() -> None:
    enters = (event("enters", "person", thing("person")),)
    watches = watching("a person enters", cooldown=10)
    alerts = found(
        watches,
        facts(0, events=enters),
        facts(1, events=enters, camera="back"),
        facts(5, events=enters),
        facts(10, events=enters),
    )
    assert [(a.camera, a.stamp / 1e9 - 100) for a in alerts] == [
        ("front", 0),
        ("back", 1),
        ("front", 10),
    ]
    [report] = watches.reports()
    assert (report.alerts, report.last_alert) == (3, from_seconds(110))


def test_a_bag_that_starts_over_ends_the_cooldown() -> None:
    enters = (event("enters", "person", thing("person")),)
    watches = watching("a person enters", cooldown=60)
    assert len(found(watches, facts(50, events=enters), facts(0, events=enters))) == 2


def test_one_camera_may_be_watched() -> None:
    enters = (event("enters", "person", thing("person")),)
    watches = watching("a person enters", camera="back")
    alerts = found(watches, facts(0, events=enters), facts(0, events=enters, camera="back"))
    assert [alert.camera for alert in alerts] == ["back"]


def test_watches_are_added_replaced_and_removed() -> None:
    watches = WatchList(watch_compiler())
    first = watches.add("a person  enters").watch
    assert (first.id, first.name, first.cooldown) == (1, "a person enters", 30)
    again = watches.add("a person enters", name="door", cooldown=5, speak=True).watch
    assert (again.id, again.name, again.speak) == (1, "door", True)
    assert watches.add("a person enters", camera="back").watch.id == 2
    assert watches.remove(2) and watches.remove(2) is None
    assert watches.add("a dog").watch.id == 3
    assert [report.watch.id for report in watches.reports()] == [1, 3]
    assert watches.next_id == 4


def test_a_bad_cooldown_and_too_many_watches_are_refused() -> None:
    watches = WatchList(watch_compiler())
    for cooldown in (-1.0, float("nan"), 1e9):
        with pytest.raises(WatchRefusedError, match="cooldown"):
            watches.add("a dog", cooldown=cooldown)
    for number in range(MAX_WATCHES):
        watches.add("a dog", camera=str(number))
    with pytest.raises(WatchRefusedError, match="remove one first"):
        watches.add("a dog", camera="one more")
    watches.add("a dog", camera="0", speak=True)


def test_restored_watches_go_on_and_keep_their_ids() -> None:
    good = Watch(id=7, condition="a person enters", name="door")
    bad = Watch(id=9, condition="a unicorn sings", name="?")
    watches = WatchList(watch_compiler(), [good, bad], next_id=5)
    enters = event("enters", "person", thing("person"))
    assert [a.watch.name for a in found(watches, facts(0, events=(enters,)))] == ["door"]
    assert watches.reports()[1].meaning.startswith("not watched for: ")
    assert watches.next_id == 10
