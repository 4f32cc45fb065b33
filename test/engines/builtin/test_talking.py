"""What the first sentence, totals and the styles of profiles sound like."""

from __future__ import annotations

from dataclasses import replace

import pytest

from video_commentary.config.profiles import load_profiles
from video_commentary.engines.builtin.camera_moves import CameraMove
from video_commentary.engines.builtin.claims import Sentence
from video_commentary.engines.builtin.comment_selector import CommentSelector
from video_commentary.engines.builtin.event_kinds import EventKind
from video_commentary.engines.builtin.events import SceneEvent
from video_commentary.engines.builtin.geometry import BoundingBox
from video_commentary.engines.builtin.scene_state import SceneObject, SceneState
from video_commentary.engines.builtin.scene_store import SceneHistory
from video_commentary.engines.builtin.styles import style_of
from video_commentary.engines.builtin.topics import topic_filter

PROFILES = load_profiles()
ALL = topic_filter("", PROFILES["commentator"])


def thing(
    name: str, group: str, number: int = 1, side: str = "left", **more: object
) -> SceneObject:
    one = SceneObject(
        track_id=number,
        name=name,
        group=group,
        box=BoundingBox(0.1, 0.4, 0.3, 0.7),
        heading="",
        stationary=False,
        side=side,
        depth="",
        age=5.0,
    )
    return replace(one, **more)  # type: ignore[arg-type]


def scene(
    *objects: SceneObject, now: float = 2.0, move: CameraMove = CameraMove.STILL, begin: float = 0.0
) -> SceneHistory:
    states = tuple(
        SceneState(stamp=now - 1 + n / 5, objects=objects, camera_move=move) for n in range(6)
    )
    return SceneHistory("camera", states, (), states, begin)


def said(*objects: SceneObject, now: float = 2.0, move: CameraMove = CameraMove.STILL) -> Sentence:
    return CommentSelector(0).next_comment(now, scene(*objects, now=now, move=move), ALL, ())


def test_the_first_sentence_says_what_is_there() -> None:
    cups = [thing("cup", "things", n) for n in (1, 2, 3)]
    table = thing("dining table", "things", 4)
    assert said(*cups, table).text == "Three cups stand on a table."
    both = said(thing("person", "people", 1), thing("dog", "animals", 2, "right"))
    assert "a person and a dog" in both.text
    assert [(c.kind, c.who, c.count) for c in both.claims] == [
        ("present", "person", 1),
        ("present", "dog", 1),
    ]
    bright = thing("person", "people", clothes="in red")
    assert said(bright).text == "A person in red is on the left."


def test_a_drive_begins_with_the_road_and_what_is_ahead() -> None:
    cars = [thing("car", "vehicles", n, "right") for n in (1, 2)]
    found = said(*cars, move=CameraMove.FORWARD)
    assert found.text == "We drive along a road, two cars ahead on the right."
    assert [claim.who for claim in found.claims] == ["road", "car"]


def test_there_is_no_hurry_where_nothing_moves() -> None:
    assert not said(thing("person", "people"), now=1.2)
    assert said(thing("person", "people", heading="left"), now=1.2)


def test_that_somebody_is_still_there_is_no_news() -> None:
    selector = CommentSelector(0)
    person = thing("person", "people")
    assert selector.next_comment(2.0, scene(person), ALL, ())
    for second in range(3, 60):
        now = float(second)
        assert not selector.next_comment(now, scene(person, now=now), ALL, ())


def test_parked_vehicles_alone_are_no_first_sentence() -> None:
    assert not said(thing("car", "vehicles", stationary=True))


def arrives(stamp: float, number: int, **more: object) -> SceneEvent:
    event = SceneEvent(
        stamp=stamp,
        kind=EventKind.ENTERS,
        group="people",
        name="person",
        where="left",
        track_ids=(number,),
    )
    return replace(event, **more)  # type: ignore[arg-type]


def test_after_a_busy_time_it_says_how_many_came() -> None:
    selector, texts = CommentSelector(0), []
    for second in range(1, 60):
        now = float(second)
        events = (arrives(now - 0.5, second),) if second % 8 == 0 and second < 45 else ()
        history = replace(scene(now=now), events=events)
        found = selector.next_comment(now, history, ALL, ())
        texts += [found] if found else []
    totals = [found for found in texts if "So far" in found.text]
    assert [found.text for found in totals] == ["So far five people came in."]
    assert [(c.kind, c.who, c.count) for c in totals[0].claims] == [("total", "person", 5)]


def test_a_total_beyond_the_words_for_numbers_is_more_than_a_certain_one() -> None:
    selector, totals = CommentSelector(0), []
    for second in range(1, 215):
        now = float(second)
        events = (arrives(now - 0.5, second),) if second % 8 == 0 else ()
        found = selector.next_comment(now, replace(scene(now=now), events=events), ALL, ())
        totals += [found] if "so far" in found.text.lower() else []
    assert [found.text for found in totals] == [
        "So far six people came in.",
        "So far eleven people came in.",
        "More than twelve people so far.",
        "More than 20 people so far.",
    ]
    claims = [claim for found in totals for claim in found.claims]
    assert [(c.count, c.at_least) for c in claims] == [
        (6, False),
        (11, False),
        (12, True),
        (20, True),
    ]


def test_two_weighty_events_are_told_together() -> None:
    gone = SceneEvent(
        stamp=1.6,
        kind=EventKind.TAKEN,
        group="things",
        name="bottle",
        where="middle",
        track_ids=(9,),
        in_view=2,
    )
    history = replace(scene(), events=(gone, arrives(1.5, 3)))
    found = CommentSelector(0).next_comment(2.0, history, ALL, ())
    assert "taken" in found.text and "from the left" in found.text
    assert {claim.kind for claim in found.claims} == {"picks_up", "enters"}


def test_who_was_lost_and_found_is_no_second_arrival() -> None:
    selector = CommentSelector(0)
    first = replace(scene(), events=(arrives(1.5, 3),))
    assert selector.next_comment(2.0, first, ALL, ())
    other = thing("person", "people", 4)
    again = replace(scene(other, now=5.0), events=(arrives(4.5, 4),))
    assert not selector.next_comment(5.0, again, ALL, ())


def heard(profile: str, event: SceneEvent, *objects: SceneObject, times: int = 1) -> str:
    chosen, selector = PROFILES[profile], CommentSelector(0)
    topics, style = topic_filter("", chosen), style_of(chosen.style)
    text = ""
    for number in range(times):
        now = event.stamp + 0.5 + 30 * number
        shown = replace(event, stamp=now - 0.5, track_ids=(number + 1,))
        here = [replace(thing, track_id=number + 1) for thing in objects]
        history = replace(scene(*here, now=now), events=(shown,))
        text = selector.next_comment(now, history, topics, (), style).text
    return text


def test_profiles_differ_audibly() -> None:
    enters = arrives(125.0, 1)
    assert heard("security", enters).startswith("At 2:05, ")
    assert heard("sports", enters, times=3).endswith(", number 3!")
    car = thing("car", "vehicles", heading="closer")
    closer = arrives(10.0, 1, kind=EventKind.CLOSER, group="vehicles", name="car")
    assert "on our left" in heard("driving", closer, car).lower()
    assert "at ten o'clock" in heard("descriptive", closer, car).lower()
    assert heard("descriptive", closer, car).startswith("Careful: ")
    kinds = {heard(name, enters) for name in ("commentator", "security", "sports", "driving")}
    assert len(kinds) == 4


def test_descriptive_says_its_doubt() -> None:
    animal = arrives(10.0, 1, group="animals", name="animal")
    assert "I can't tell what kind" in heard("descriptive", animal)


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_can_tell_an_arrival(name: str) -> None:
    assert heard(name, arrives(10.0, 1))
