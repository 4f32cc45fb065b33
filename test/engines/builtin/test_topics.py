from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_commentary.core.prompting import TOPICS, Profile
from video_commentary.engines.builtin.topics import wishes

PROFILE = Profile("all", "", ("people", "vehicles", "animals", "motion", "light", "camera"))
EVERYTHING = PROFILE.mention


@pytest.mark.parametrize(
    ("instruction", "topics"),
    [
        ("", EVERYTHING),
        ("Speak like a pirate", EVERYTHING),
        ("Only vehicles.", ("vehicles",)),
        ("Talk about the people", ("people",)),
        ("people and vehicles but not animals", ("people", "vehicles")),
        ("Do not talk about people or animals, only vehicles", ("vehicles",)),
        ("Watch for animals; skip the traffic", ("animals",)),
        ("Don’t mention people", ("vehicles", "animals", "motion", "light", "camera")),
        ("ignore people, animals and vehicles", ("motion", "light", "camera")),
        ("no vehicles please", ("people", "animals", "motion", "light", "camera")),
        ("Describe the light", ("light",)),
        ("nothing but pedestrians", ("people",)),
        ("Especially animals", ("animals", "people", "vehicles", "motion", "light", "camera")),
        ("Count the people", ("counts", "people")),
        ("Ignore people and tell me about animals", ("animals",)),
    ],
)
def test_topics(instruction: str, topics: tuple[str, ...]) -> None:
    assert wishes(instruction, PROFILE).topics == topics


@pytest.mark.parametrize(
    ("instruction", "told", "kept_quiet"),
    [
        ("only vehicles", [("vehicles", "bus")], [("people", "person"), ("animals", "dog")]),
        ("only cars", [("vehicles", "car")], [("vehicles", "bus"), ("vehicles", "vehicle")]),
        (
            "don't mention cars",
            [("vehicles", "bus"), ("people", "person")],
            [("vehicles", "car"), ("vehicles", "vehicle")],
        ),
        ("everything except dogs", [("animals", "cat")], [("animals", "dog")]),
        ("cyclists", [("people", "cyclist"), ("vehicles", "bicycle")], [("people", "person")]),
        ("moving cars only", [("vehicles", "car")], [("vehicles", "truck")]),
        (
            "bikes and people",
            [("people", "person"), ("vehicles", "bicycle")],
            [("vehicles", "car")],
        ),
        ("watch the traffic light", [("things", "traffic light")], [("vehicles", "car")]),
    ],
)
def test_what_may_be_told(
    instruction: str, told: list[tuple[str, str]], kept_quiet: list[tuple[str, str]]
) -> None:
    wanted = wishes(instruction, PROFILE)
    assert all(wanted.allow(*thing) for thing in told)
    assert not any(wanted.allow(*thing) for thing in kept_quiet)


@given(st.text(max_size=300))
def test_any_text_is_an_instruction(text: str) -> None:
    wanted = wishes(text, PROFILE)
    assert set(wanted.topics) <= set(TOPICS)
    assert not set(wanted.topics) & wanted.without


def test_long_instructions_are_read_quickly() -> None:
    wishes("don't mention cars, " * 5000, PROFILE)
