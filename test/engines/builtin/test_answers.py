from __future__ import annotations

from dataclasses import replace

import pytest

from video_commentary.engines.builtin.answers import CANNOT, NOTHING_SEEN, answer
from video_commentary.engines.builtin.geometry import Box
from video_commentary.engines.builtin.scene import Moment, Seen

WALKER = Seen(1, "person", "people", Box(0.1, 0.3, 0.2, 0.6), "right", False, "left", "", 5.0)
STANDER = Seen(2, "person", "people", Box(1.1, 0.4, 1.2, 0.7), "", True, "right", "", 5.0)
DOG = Seen(3, "dog", "animals", Box(0.6, 0.6, 0.8, 0.9), "", True, "middle", "front", 5.0)
VAN = Seen(4, "vehicle", "vehicles", Box(1.0, 0.1, 1.2, 0.2), "", True, "right", "back", 5.0)


def moments(*seen: Seen, **more: object) -> list[Moment]:
    return [Moment(number / 5, seen, **more) for number in range(10)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("How many people are there?", "I see two people."),
        ("how many cars?", "I see no cars."),
        ("Where is the dog?", "A dog in the middle, in the foreground."),
        ("Where are the people?", "A person on the left and a person on the right."),
        ("Is there a dog?", "Yes, one dog in the middle."),
        ("Can you see any vehicles?", "Yes, one vehicle on the right."),
        ("Is anyone there?", "Yes, two people in view."),
        ("Is there a cat?", "I see no cats."),
        (
            "Which way are they walking?",
            "I see one person towards the right and one person standing still.",
        ),
        ("What do you see?", "I see two people, a vehicle and a dog."),
        ("Is the camera moving?", "The camera is still."),
        ("Is it dark?", "No, it is bright enough to see."),
        (
            "Is there a woman?",
            "Yes, two people in view. I can't tell men, women and children apart.",
        ),
        ("What colour is the dog?", CANNOT),
        ("Who is that?", CANNOT),
        ("Why?", CANNOT),
        ("¿Qué pasa?", CANNOT),
    ],
)
def test_answers(question: str, reply: str) -> None:
    assert answer(question, moments(WALKER, STANDER, VAN, DOG)) == reply


def test_more_than_a_few_or_a_doubt_makes_it_at_least() -> None:
    crowd = [replace(WALKER, number=number) for number in range(6)]
    assert answer("how many people?", moments(*crowd)) == "I see at least six people."
    doubt = moments(WALKER, STANDER, unsure={"people": 1})
    assert answer("how many people?", doubt) == "I see at least two people."


def test_light_and_camera() -> None:
    assert answer("Is it dark?", moments(level=20.0)) == "It is very dark."
    assert answer("does the camera move?", moments(camera="left")) == (
        "The camera is turning to the left."
    )
    assert "can't tell" in answer("is the camera moving?", moments(camera="unknown"))


def test_what_was_not_seen_or_can_not_be_seen_is_said_plainly() -> None:
    assert answer("how many?", []) == NOTHING_SEEN
    assert "fetch_model builtin" in answer("how many people?", moments(detecting=False))
    assert answer("what do you see?", moments()) == "I see nothing that I can name."
