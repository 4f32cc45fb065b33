from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from test.engines.builtin.asking import CAR, DOG, IMAGES, STANDER, WALKER, asked, states
from video_commentary.engines.builtin.answers import NOTHING_SEEN, answer
from video_commentary.engines.builtin.camera_moves import CameraMove
from video_commentary.engines.builtin.detector import Detection
from video_commentary.engines.builtin.evidence import Evidence
from video_commentary.engines.builtin.geometry import BoundingBox
from video_commentary.engines.builtin.wording import CANNOT

CUP = Detection("cup", 0.5, BoundingBox(0.62, 0.4, 0.72, 0.55))


def painted(
    box: BoundingBox, colour: tuple[int, int, int]
) -> list[tuple[float, NDArray[np.uint8]]]:
    """Return the newest images: a thing of a colour before a light wall."""
    image = np.full((240, 320, 3), 225, np.uint8)
    top, bottom = round(box.top * 240), round(box.bottom * 240)
    image[top:bottom, round(box.left * 240) : round(box.right * 240)] = colour
    return [(n / 6, image) for n in range(IMAGES - 3, IMAGES)]


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("How many people are there?", "I see two people."),
        ("how many cars?", "I see one car."),
        ("Where is the dog?", "The dog is in the middle, close to us."),
        ("Where are the people?", "I see two people on the left and on the right."),
        ("Is there a dog?", "Yes, one dog in the middle, close to us."),
        ("Can you see any vehicles?", "Yes, one vehicle on the right, in the distance."),
        ("Do you see a lorry?", "No, none that I can make out."),
        ("Is there a van?", "I see a vehicle on the right, in the distance; I can't tell"),
        ("Is anyone there?", "Yes, two people on the left and on the right."),
        ("Are there any birds?", "No, none that I can make out."),
        ("Is there an aeroplane?", "No, I see no aeroplanes."),
        ("Do you see a bottle?", "No, none that I can make out."),
        ("Which way are they walking?", "I see one walking to the right and one standing still."),
        ("Is the dog moving?", "No, the dog is standing still."),
        ("Is anyone walking?", "Yes, a person is walking to the right on the left."),
        ("What is on the left?", "I see a person."),
        ("Who is on the right?", "I see a person."),
        ("What do you see?", "I see two people, a car and a dog."),
        ("What animal is that?", "A dog."),
        ("Is the dog still there?", "Yes: one dog in the middle, close to us."),
        ("Are there more people than dogs?", "I see more people than dogs."),
        ("Is the camera moving?", "No: the camera is still."),
        ("Are you standing still?", "Yes: the camera is still."),
        ("Is it dark?", "No, it is bright enough to see."),
        ("Is there a woman?", "I see two people on the left and on the right, but I can't tell"),
        ("Is anyone else there?", "Yes, two people"),
        ("Is there more than one dog?", "No, only one dog"),
        ("Is anyone running?", "I can't tell: a person is moving to the right"),
        ("What is moving?", "A person is walking to the right."),
    ],
)
def test_answers(question: str, reply: str) -> None:
    assert asked(question, WALKER, STANDER, CAR, DOG).startswith(reply)


@pytest.mark.parametrize(
    "question",
    [
        "Who is that?",
        "Why?",
        "¿Qué pasa?",
        "What is the dog's name?",
        "How old is the person?",
        "What are the people talking about?",
        "Is the person happy?",
        "What colour are the person's eyes?",
        "Which city is this?",
        "Will it rain tomorrow?",
        "What is in the bag?",
        "Is the man reading?",
        "What does the man say?",
        "Where is the gate?",
    ],
)
def test_what_can_not_be_seen_is_said_plainly(question: str) -> None:
    assert "can't tell" in asked(question, WALKER, STANDER, CAR, DOG)


def test_weak_boxes_make_no_thing_and_no_firm_no() -> None:
    weak = Detection("dog", 0.28, DOG.box)
    assert asked("Is there a dog?", boxes=[(weak,)] * IMAGES) == "No, none that I can make out."
    assert asked("How many dogs do you see?", boxes=[(weak,)] * IMAGES) == (
        "None that I can make out."
    )


def test_one_strong_box_among_many_images_is_no_thing() -> None:
    once = [()] * 5 + [(Detection("cat", 0.7, DOG.box),)]
    assert asked("Is there a cat?", boxes=once) != "Yes"
    assert asked("Is there a cat?", boxes=once).startswith("No")


def test_a_thing_with_changing_labels_is_what_the_question_calls_it() -> None:
    labels = ("cup", "bottle", "cup", "vase", "cup", "bottle")
    other = Detection("bottle", 0.5, BoundingBox(0.2, 0.4, 0.3, 0.55))
    boxes = [(replace(CUP, label=labels[n % 6]), other) for n in range(IMAGES)]
    assert asked("How many cups are there?", boxes=boxes) == "I see two cups."
    assert asked("How many forks are there?", boxes=boxes) == "None that I can make out."


def test_what_just_left_is_not_in_view_any_more() -> None:
    seen = [(Detection("dog", 0.7, DOG.box),)] * 7
    assert asked("Do you see a dog?", boxes=seen) == (
        "No dog now: the last one was in view a moment ago."
    )
    assert asked("Is the dog still there?", boxes=seen) == "No, there is no dog in view."


def test_a_fast_thing_is_one_thing_with_a_course() -> None:
    ball = [
        (Detection("sports ball", 0.6, BoundingBox(x, 0.5, x + 0.1, 0.6)),)
        for x in np.linspace(0.1, 1.2, IMAGES)
    ]
    assert asked("How many balls are there?", boxes=ball) == "I see one ball."
    assert asked("Which way is the ball moving?", boxes=ball) == (
        "The ball is moving to the right."
    )


def test_many_small_weak_boxes_are_several() -> None:
    birds = [Detection("bird", 0.3, BoundingBox(x, 0.1, x + 0.03, 0.13)) for x in (0.1, 0.4, 0.9)]
    assert asked("Are there birds?", boxes=[birds] * IMAGES) == (
        "Yes, several small birds, too far away to count."
    )


def test_growing_comes_closer_and_shrinking_moves_away() -> None:
    grown = [
        (Detection("person", 0.8, BoundingBox(0.5 - r, 0.5 - r, 0.5 + r, 0.5 + r)),)
        for r in np.linspace(0.1, 0.2, IMAGES)
    ]
    assert asked("Is the person coming closer?", boxes=grown) == (
        "Yes, the person is coming closer."
    )
    assert asked("Is the person coming closer?", boxes=grown[::-1]) == (
        "No, the person is moving away."
    )


@pytest.mark.parametrize(
    ("paint", "name"),
    [
        ((200, 30, 30), "Red."),
        ((40, 60, 190), "Blue."),
        ((20, 20, 20), "Black."),
        ((110, 110, 110), "Grey."),
        ((225, 225, 225), "White."),
        ((220, 200, 30), "Yellow."),
    ],
)
def test_colours_come_from_the_pixels(paint: tuple[int, int, int], name: str) -> None:
    evidence = Evidence(states(CAR), images=painted(CAR.box, paint))
    assert answer("What colour is the car?", evidence) == name
    assert answer("What colour are the wheels of the car?", evidence) == CANNOT


def test_a_colour_in_the_question_chooses_among_things() -> None:
    other = replace(CAR, track_id=5, box=BoundingBox(0.1, 0.1, 0.3, 0.2), side="left")
    evidence = Evidence(states(CAR, other), images=painted(CAR.box, (200, 30, 30)))
    assert answer("Where is the red car?", evidence) == "The car is on the right, in the distance."
    assert answer("Is there a green car?", evidence).startswith("None that I can make out")


def test_no_colour_without_pixels() -> None:
    assert asked("What colour is the car?", CAR) == "I can't tell the colour of the car."


def test_light_and_camera() -> None:
    assert asked("Is it dark?", brightness=20.0) == "Yes, it is very dark."
    assert asked("does the camera move?", camera_move=CameraMove.PAN_LEFT) == (
        "Yes: the camera is turning to the left."
    )
    assert asked("Which way is the camera turning?", camera_move=CameraMove.PAN_LEFT) == (
        "The camera is turning to the left."
    )
    assert "can't tell" in asked("is the camera moving?", camera_move=CameraMove.UNKNOWN)


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("Is the camera moving?", "Yes: the camera is turning to the right."),
        ("Are you standing still?", "No: the camera is turning to the right."),
        ("Which way is the camera turning?", "The camera is turning to the right."),
        ("Is the camera still or moving?", "The camera is turning to the right."),
    ],
)
def test_a_pan_that_only_the_whole_picture_shows_fits_the_question(
    question: str, reply: str, landscape: NDArray[np.uint8]
) -> None:
    images = [(n / 6, landscape[:480, 9 * n : 9 * n + 640]) for n in range(IMAGES)]
    kept = states(camera_move=CameraMove.UNKNOWN)
    assert answer(question, Evidence(kept, images=images)) == reply


@pytest.mark.parametrize(
    ("name", "reply"),
    [("car", "Outside, it seems."), ("motorcycle", "Outside, it seems."), ("cup", "I can't tell")],
)
def test_road_vehicles_show_that_this_is_outside(name: str, reply: str) -> None:
    seen = replace(CAR, name=name)
    assert asked("Are we inside or outside?", seen).startswith(reply)


def test_a_change_of_light_is_seen_over_seconds() -> None:
    kept = [replace(s, brightness=100.0 + 3 * n) for n, s in enumerate(states())]
    assert answer("Has the light changed?", Evidence(kept)) == "Yes, it has become brighter."
    assert answer("Is it getting darker?", Evidence(kept)) == "No, it has become brighter."
    assert answer("Has the light changed?", Evidence(states())).startswith("No")


def test_a_colour_can_be_asked_for_with_yes_or_no() -> None:
    evidence = Evidence(states(CAR), images=painted(CAR.box, (200, 30, 30)))
    assert answer("Is the car red?", evidence) == "Yes, red."
    assert answer("Is the car black?", evidence) == "No, red."
    assert answer("Is the car red or blue?", evidence) == "Red."
    assert asked("Is the car red?", CAR) == "I can't tell the colour of the car."


def test_what_stands_on_a_table_is_listed() -> None:
    table = Detection("dining table", 0.6, BoundingBox(0.2, 0.4, 1.2, 0.9))
    lamp = Detection("clock", 0.7, BoundingBox(0.1, 0.05, 0.2, 0.2))
    boxes = [(table, replace(CUP, score=0.6), lamp)] * IMAGES
    assert asked("What is on the table?", boxes=boxes) == "I see a cup."
    assert asked("How many things do you see?", boxes=boxes) == "I see at least three things."


def test_without_images_or_detector() -> None:
    assert answer("how many?", Evidence(())) == NOTHING_SEEN
    assert "fetch_model builtin" in asked("how many people?", has_detector=False)
    assert asked("what do you see?") == "I see nothing that I can name."
