from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_commentary.core.prompting import TOPICS, Profile
from video_commentary.engines.builtin.topics import topic_filter

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
    assert topic_filter(instruction, PROFILE).topics == topics


@pytest.mark.parametrize(
    ("instruction", "allowed", "refused"),
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
def test_what_is_allowed(
    instruction: str, allowed: list[tuple[str, str]], refused: list[tuple[str, str]]
) -> None:
    wanted = topic_filter(instruction, PROFILE)
    assert all(wanted.allows(*thing) for thing in allowed)
    assert not any(wanted.allows(*thing) for thing in refused)


@given(st.text(max_size=300))
def test_any_text_is_an_instruction(text: str) -> None:
    wanted = topic_filter(text, PROFILE)
    assert set(wanted.topics) <= set(TOPICS)
    assert not set(wanted.topics) & wanted.excluded


def test_long_instructions_are_read_quickly() -> None:
    topic_filter("don't mention cars, " * 5000, PROFILE)
