"""Numbers in words, above those that have a word too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from test.engines.builtin.asking import WALKER, asked
from video_commentary.engines.builtin.geometry import BoundingBox
from video_commentary.engines.builtin.phrases import count_phrase


@pytest.mark.parametrize(("count", "words"), [(4, "at least four people"), (14, "many people")])
def test_many_people_are_never_at_least_many(count: int, words: str) -> None:
    crowd = [
        replace(
            WALKER,
            track_id=n,
            box=BoundingBox(0.08 * n + 0.01, 0.3, 0.08 * n + 0.07, 0.6),
        )
        for n in range(count)
    ]
    assert asked("How many people are there?", *crowd) == f"I see {words}."
    assert count_phrase(count, "person", certain=False) == words
