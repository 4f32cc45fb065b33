from __future__ import annotations

import pytest

from video_commentary.tools.evaluation.answers import Outcome, judge_answer

RIGHT, WRONG, UNKNOWN = Outcome.RIGHT, Outcome.WRONG, Outcome.UNKNOWN
TWO, YES, NO, CANT = ("2", "two"), ("yes",), ("NONE",), ("CANT_TELL",)


@pytest.mark.parametrize(
    ("answer", "accepted", "expected"),
    [
        ("I see two people.", TWO, RIGHT),
        ("I count 2, one on the left.", TWO, RIGHT),
        ("There are twenty-two.", TWO, WRONG),
        ("I see three people.", TWO, WRONG),
        ("One, two, three or four.", TWO, WRONG),
        ("Yes, one dog on the left.", YES, RIGHT),
        ("I see no dogs.", YES, WRONG),
        ("Yes and, no, not quite.", YES, WRONG),
        ("I see no dogs.", NO, RIGHT),
        ("Nobody is there.", NO, RIGHT),
        ("The camera isn’t moving.", NO, RIGHT),
        ("Yes, there is no other.", NO, WRONG),
        ("Two dogs.", NO, WRONG),
        ("I see no people.", ("yes", "people"), WRONG),
        ("No, we are not really moving.", ("yes", "moving"), WRONG),
        ("Nobody is running.", ("running",), WRONG),
        ("Not on the left, on the right.", ("right",), RIGHT),
        ("Not on the left, on the right.", ("left",), WRONG),
        ("None that I can make out.", NO, RIGHT),
        ("None that I can make out.", YES, UNKNOWN),
        ("I can't tell.", CANT, RIGHT),
        ("I don't know that.", CANT, RIGHT),
        ("I'm not sure.", TWO, UNKNOWN),
        ("I can't tell that: I see nothing.", NO, UNKNOWN),
        ("Five. I can't tell them apart.", CANT, WRONG),
        ("Two. I can't tell men and women apart.", TWO, RIGHT),
        ("On the far right.", ("right",), RIGHT),
        ("It is bright.", ("right",), WRONG),
        ("Left, right, middle or near.", ("right",), WRONG),
        ("A red, white, blue or black one.", ("red",), WRONG),
        ("", TWO, UNKNOWN),
    ],
)
def test_an_answer_is_held_against_what_is_accepted(
    answer: str, accepted: tuple[str, ...], expected: Outcome
) -> None:
    assert judge_answer(answer, accepted) is expected
