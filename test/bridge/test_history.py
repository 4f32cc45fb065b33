from __future__ import annotations

from test.bridge.serving import comment
from video_commentary.bridge.history import MAX_EVENTS, CommentHistory


def test_a_client_that_reconnects_gets_what_it_missed() -> None:
    history = CommentHistory()
    said = [comment(str(i), final=i % 2 == 1) for i in range(6)]
    for one in said:
        history.add(one)
    assert history.since(4) == [(5, said[4]), (6, said[5])]
    assert history.since(6) == []
    assert [number for number, _ in history.since(99)] == [1, 2, 3, 4, 5, 6]
    assert history.finals(2) == [(4, said[3]), (6, said[5])]


def test_it_is_bounded() -> None:
    history = CommentHistory()
    for _ in range(MAX_EVENTS + 50):
        history.add(comment())
    assert len(history.since(0)) == MAX_EVENTS
    assert history.last_id == MAX_EVENTS + 50


def test_counts_the_words_of_the_last_half_minute() -> None:
    history = CommentHistory()
    for second, text in [(10.0, "long ago"), (95.0, "one two three"), (99.0, "four five six")]:
        history.add(comment(text, first_words=second))
    assert history.words_per_second(100.0) == 6 / 30
