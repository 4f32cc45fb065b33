from __future__ import annotations

from dataclasses import replace

import pytest

from video_commentary.engines.builtin.answers import CANNOT, NOTHING_SEEN, answer
from video_commentary.engines.builtin.camera_moves import CameraMove
from video_commentary.engines.builtin.geometry import BoundingBox
from video_commentary.engines.builtin.scene_state import SceneObject, SceneState

WALKER = SceneObject(
    track_id=1,
    name="person",
    group="people",
    box=BoundingBox(0.1, 0.3, 0.2, 0.6),
    heading="right",
    stationary=False,
    side="left",
    depth="",
    age=5.0,
)
STANDER = replace(
    WALKER,
    track_id=2,
    box=BoundingBox(1.1, 0.4, 1.2, 0.7),
    heading="",
    stationary=True,
    side="right",
)
DOG = replace(
    STANDER,
    track_id=3,
    name="dog",
    group="animals",
    box=BoundingBox(0.6, 0.6, 0.8, 0.9),
    side="middle",
    depth="front",
)
VAN = replace(
    STANDER,
    track_id=4,
    name="vehicle",
    group="vehicles",
    box=BoundingBox(1.0, 0.1, 1.2, 0.2),
    depth="back",
)


def states(*objects: SceneObject, **more: object) -> list[SceneState]:
    return [SceneState(stamp=n / 5, objects=objects, **more) for n in range(10)]  # type: ignore[arg-type]


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
    assert answer(question, states(WALKER, STANDER, VAN, DOG)) == reply


def test_more_than_a_few_or_a_doubt_makes_it_at_least() -> None:
    crowd = [replace(WALKER, track_id=track_id) for track_id in range(6)]
    assert answer("how many people?", states(*crowd)) == "I see at least six people."
    doubt = states(WALKER, STANDER, unnamed={"people": 1})
    assert answer("how many people?", doubt) == "I see at least two people."


def test_light_and_camera() -> None:
    assert answer("Is it dark?", states(brightness=20.0)) == "It is very dark."
    assert answer("does the camera move?", states(camera_move=CameraMove.PAN_LEFT)) == (
        "The camera is turning to the left."
    )
    assert "can't tell" in answer("is the camera moving?", states(camera_move=CameraMove.UNKNOWN))


def test_what_was_not_seen_or_can_not_be_seen_is_said_plainly() -> None:
    assert answer("how many?", []) == NOTHING_SEEN
    assert "fetch_model builtin" in answer("how many people?", states(has_detector=False))
    assert answer("what do you see?", states()) == "I see nothing that I can name."
