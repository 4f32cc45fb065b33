"""Comments on real video, compared with what is certainly visible there."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import pytest

from .conftest import Image, Narration

Video = Callable[..., list[tuple[float, Image]]]
ODD = re.compile(r"\b(sports ball|frisbee|cat|dog|keyboard|cell phone|chair|cow|bird|elephant)\b")


@pytest.fixture(scope="module")
def campus(video: Video) -> list[tuple[float, Image]]:
    return video("vtest.avi", 60)


def test_people_on_the_campus_are_named_all_the_time(
    seeing: Narration, campus: list[tuple[float, Image]]
) -> None:
    seeing.show(campus)
    said = seeing.said
    assert not [text for _, text in said if ODD.search(text)]
    people = [text for _, text in said if re.search(r"person|people|omeone", text)]
    assert len(people) >= 0.9 * len(said)
    stamps = [0.0, *(stamp for stamp, _ in said), 60.0]
    assert max(b - a for a, b in itertools.pairwise(stamps)) <= 10
    for (one, text), (other, same) in itertools.combinations(said, 2):
        assert text != same or other - one > 10
    # Ten people come in from the right, none from elsewhere before 61 s.
    entries = [text for _, text in said if re.search(r"(?i)from the (left|right|near|far)", text)]
    assert len(entries) >= 3
    assert all("from the right" in text.lower() for text in entries)


def test_the_campus_is_quiet_about_people_who_are_not_asked_for(
    seeing: Narration, campus: list[tuple[float, Image]]
) -> None:
    seeing.instruction = "only animals"
    assert seeing.show(campus[:200]) == [
        "You asked about animals: no animals in view that I can make out."
    ]


def test_cuts_in_the_city_are_commented_and_odd_labels_are_not(
    seeing: Narration, video: Video
) -> None:
    seeing.show(video("bikes.mp4"))
    said = [text for _, text in seeing.said]
    assert any(re.search(r"view|scene|shot", text) for text in said)
    assert not [text for text in said if ODD.search(text)]


def test_an_animation_is_not_taken_for_particular_animals(seeing: Narration, video: Video) -> None:
    said = seeing.show(video("bigbuckbunny.mp4"))
    assert said
    assert not [text for text in said if ODD.search(text)]
