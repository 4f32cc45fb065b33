from __future__ import annotations

from test.bridge.serving import comment
from video_commentary.bridge.journal import KEPT, Journal


def test_who_comes_back_gets_what_was_missed() -> None:
    journal = Journal()
    said = [comment(str(i), final=i % 2 == 1) for i in range(6)]
    for one in said:
        journal.add(one)
    assert journal.since(4) == [(5, said[4]), (6, said[5])]
    assert journal.since(6) == []
    assert [number for number, _ in journal.since(99)] == [1, 2, 3, 4, 5, 6]
    assert journal.finals(2) == [(4, said[3]), (6, said[5])]


def test_it_is_bounded() -> None:
    journal = Journal()
    for _ in range(KEPT + 50):
        journal.add(comment())
    assert len(journal.since(0)) == KEPT
    assert journal.last == KEPT + 50


def test_counts_the_words_of_the_last_half_minute() -> None:
    journal = Journal()
    for second, text in [(10.0, "long ago"), (95.0, "one two three"), (99.0, "four five six")]:
        journal.add(comment(text, first_words=second))
    assert journal.words_per_second(100.0) == 6 / 30
