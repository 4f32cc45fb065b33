from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_commentary.voices.text_normalization import normalized


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3.5 m/s.", "three point five metres per second."),
        ("It is 1250 m away.", "It is one thousand two hundred and fifty metres away."),
        ("1 kg, 50%", "one kilogram, fifty percent"),
        ("-5°C or 20 °C", "minus five degrees Celsius or twenty degrees Celsius"),
        ("at 30 km/h", "at thirty kilometres per hour"),
        ("x2 and 3x", "two times and three times"),
        ("the 21st", "the twenty-first"),
        ("In 2024, since 1905", "In twenty twenty-four, since nineteen oh-five"),
        ("in 2024 cars", "in two thousand and twenty-four cars"),
        ("7:30, 10:00 and 07:05", "seven thirty, ten o'clock and seven oh five"),
        ("3-5 m", "three to five metres"),
        ("1,000,000 things", "one million things"),
        ("007", "zero zero seven"),
        ("640x480", "six hundred and forty by four hundred and eighty"),
        ("**Two** `dogs` #3", "Two dogs number three"),
        ("2 s, 2 minutes", "two seconds, two minutes"),
        ("2026-11-21 costs $3.50", "2026-11-21 costs $3.50"),  # the voice reads these itself
        ("nothing to change", "nothing to change"),
        ("", ""),
    ],
)
def test_says_it_in_words(text: str, expected: str) -> None:
    assert normalized(text) == expected


@given(st.text(max_size=200))
def test_takes_any_text(text: str) -> None:
    normalized(text)


@given(number=st.integers(0, 10**9 - 1), unit=st.sampled_from(["m/s", "%", "°C", "cm", "kg"]))
def test_leaves_no_digit_in_a_quantity(number: int, unit: str) -> None:
    said = normalized(f"about {number} {unit} more")
    assert not any(c.isdigit() for c in said)
    assert unit not in said.split()
