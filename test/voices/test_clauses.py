from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_commentary.voices.clauses import MAX_WORDS, ClauseSplitter, clauses


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "A man walks in, carrying a bag. He stops.",
            ["A man walks in,", "carrying a bag.", "He stops."],
        ),
        ("Wait, look, a dog.", ["Wait, look, a dog."]),
        ("It is 3.5 m away. Then 1,250 more.", ["It is 3.5 m away.", "Then 1,250 more."]),
        (
            "Dr. Smith, e.g. in the U.S. capital, waves.",
            ["Dr. Smith, e.g. in the U.S. capital,", "waves."],
        ),
        ('"Stop!" he says. Go…', ['"Stop!"', "he says.", "Go…"]),
        (
            "A person walks toward the camera while two others wait by the door.",
            ["A person walks toward the camera", "while two others wait by the door."],
        ),
        ("行人走过。天气很好！", ["行人走过。", "天气很好！"]),
        (" \n ", []),
    ],
)
def test_cuts_where_a_speaker_would(text: str, expected: list[str]) -> None:
    assert clauses(text) == expected


def test_gives_the_first_clause_before_the_rest_is_known() -> None:
    splitter = ClauseSplitter()
    assert splitter.push("A man walks in, ") == ["A man walks in,"]
    assert splitter.push("it is 3.") == []
    assert splitter.push("5 m. ") == ["it is 3.5 m."]
    assert splitter.flush() == []
    assert splitter.push("Once more, friends, ") == ["Once more, friends,"]


words = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Z", "C"]), min_size=1, max_size=8), max_size=60
)


@given(words=words, cuts=st.lists(st.integers(0, 400), max_size=20))
def test_no_word_is_lost_however_it_streams(words: list[str], cuts: list[int]) -> None:
    text = " ".join(words)
    splitter = ClauseSplitter()
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    got = [clause for a, b in pairwise(edges) for clause in splitter.push(text[a:b])]
    got += splitter.flush()

    assert got == clauses(text)
    assert [part for clause in got for part in clauses(clause, early_first=False)] == got
    assert "".join("".join(got).split()) == "".join(text.split())
    assert all(0 < len(clause.split()) <= MAX_WORDS for clause in got)
