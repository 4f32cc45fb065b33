from __future__ import annotations

import itertools

import pytest

from video_commentary.core.prompting import Profile
from video_commentary.engines.builtin.events import Event
from video_commentary.engines.builtin.facts import Known
from video_commentary.engines.builtin.geometry import Box
from video_commentary.engines.builtin.scene import Moment, Seen
from video_commentary.engines.builtin.sentences import merged, sentences
from video_commentary.engines.builtin.teller import Teller, plain
from video_commentary.engines.builtin.topics import wishes

PROFILE = Profile("all", "", ("people", "vehicles", "animals", "motion", "light", "camera"))
ALL = wishes("", PROFILE)


def enters(stamp: float, track: int, name: str = "person", group: str = "people") -> Event:
    return Event(stamp, "enters", group, name, "left", tracks=(track,))


def known(*events: Event, seen: tuple[Seen, ...] = (), now: float = 10.0) -> Known:
    return Known("camera", tuple(Moment(now - 2 + n / 5, seen) for n in range(11)), events)


def test_an_event_is_told_once() -> None:
    teller, facts = Teller(0), known(enters(9.0, 1))
    assert "person" in teller.tell(10.0, facts, ALL, ()).lower().replace("someone", "person")
    assert teller.tell(10.5, facts, ALL, ()) == ""


def test_what_was_told_is_not_remembered_for_ever() -> None:
    teller = Teller(0)
    for number in range(100):
        now = 10.0 * number
        assert teller.tell(now, known(enters(now - 0.5, number), now=now), ALL, ())
    assert len(teller._told) < 5


def test_nothing_is_said_twice_within_ten_seconds() -> None:
    teller = Teller(0)
    said: list[tuple[float, str]] = []
    for number in range(60):
        now = number * 1.5
        event = enters(now - 0.5, number)
        text = teller.tell(now, known(event, now=now), ALL, [t for _, t in said[-3:]])
        if text:
            said.append((now, plain(text)))
    assert len(said) > 10
    for (one, text), (other, same) in itertools.combinations(said, 2):
        assert text != same or other - one > 10


def test_what_the_prompt_says_was_said_is_not_said_again() -> None:
    event = enters(9.0, 1)
    first = Teller(0).tell(10.0, known(event), ALL, ())
    assert Teller(0).tell(10.0, known(event), ALL, [first]) not in {first, ""}


def test_the_more_telling_event_goes_first_and_the_other_follows() -> None:
    teller = Teller(0)
    light = Event(9.5, "darker", "light")
    facts = known(enters(9.5, 1), light)
    assert "dark" in (first := teller.tell(10.0, facts, ALL, ())) or "light" in first
    assert "left" in teller.tell(10.5, facts, ALL, ())


@pytest.mark.parametrize(
    ("instruction", "told"),
    [("only vehicles", "bus"), ("ignore vehicles", "person"), ("only animals", "")],
)
def test_instructions_are_obeyed(instruction: str, told: str) -> None:
    facts = known(enters(9.5, 1), enters(9.6, 2, "bus", "vehicles"))
    text = Teller(0).tell(10.0, facts, wishes(instruction, PROFILE), ())
    assert told in text.replace("omeone", "person")
    assert bool(text) == bool(told)


def test_an_event_that_is_over_is_not_told() -> None:
    walker = Seen(1, "person", "people", Box(0, 0, 1, 1), "left", False, "left", "", 5.0)
    stops = Event(9.0, "stops", "people", "person", "left", tracks=(1,))
    text = Teller(0).tell(10.0, known(stops, seen=(walker,)), ALL, ())
    assert "stop" not in text and "standstill" not in text


def test_a_new_scene_is_told_with_what_is_in_it() -> None:
    car = Seen(1, "car", "vehicles", Box(0, 0, 1, 1), "", False, "left", "", 0.6)
    facts = known(Event(9.2, "cut", "camera"), seen=(car,))
    assert Teller(0).tell(9.5, facts, ALL, ()) == ""
    assert "a car" in Teller(0).tell(10.0, facts, ALL, ())


def test_those_who_come_together_are_told_together() -> None:
    (both,) = merged([enters(9.0, 1), enters(9.4, 2)])
    assert both.count == 2
    import random

    for text in sentences(both, False, random.Random(0)):
        assert "wo people" in text
        assert text.count(".") == 1


def test_a_new_instruction_is_answered_with_how_things_stand() -> None:
    person = Seen(1, "person", "people", Box(0, 0, 1, 1), "left", False, "left", "", 5.0)
    teller, facts = Teller(0), known(seen=(person,))
    text = teller.restate(10.0, facts, wishes("tell me about vehicles", PROFILE), ())
    assert text == "You asked about vehicles: no vehicles in view that I can make out."
    text = teller.restate(10.0, facts, wishes("tell me about people", PROFILE), ())
    assert text == "You asked about people: one person on the left."


def test_the_same_seed_gives_the_same_words() -> None:
    facts = known(enters(9.0, 1))
    words = {Teller(seed).tell(10.0, facts, ALL, ()) for seed in range(20)}
    assert len(words) > 2
    assert Teller(7).tell(10.0, facts, ALL, ()) == Teller(7).tell(10.0, facts, ALL, ())
