from __future__ import annotations

from datetime import datetime

import pytest

from test.memory.memories import moment
from video_commentary.memory.time_spans import find_span

NOW = moment("14:30")
"""A Thursday."""
Times = tuple[datetime, datetime]


def day(clock: str, day: int = 12) -> datetime:
    return moment(clock, day)


@pytest.mark.parametrize(
    ("text", "start", "end", "words"),
    [
        ("how many people came in since noon", day("12:00"), NOW, "since noon"),
        ("what happened in the last ten minutes", day("14:20"), NOW, "in the last ten minutes"),
        ("what happened in the last hour", day("13:30"), NOW, "in the last hour"),
        ("in the past 2 hours", day("12:30"), NOW, "in the last 2 hours"),
        ("during the last half hour", day("14:00"), NOW, "in the last half hour"),
        ("did a car stop today", day("00:00"), NOW, "today"),
        ("who came yesterday", day("00:00", 11), day("00:00"), "yesterday"),
        ("did anything move at night", day("22:00", 11), day("06:00"), "last night"),
        ("did anything move last night", day("22:00", 11), day("06:00"), "last night"),
        ("who was there this morning", day("05:00"), day("12:00"), "this morning"),
        ("who left yesterday evening", day("18:00", 11), day("22:00", 11), "yesterday evening"),
        ("who came in the evening", day("18:00", 11), day("22:00", 11), "yesterday evening"),
        ("since 8 how many", day("08:00"), NOW, "since 08:00"),
        ("since 8 pm", day("20:00", 11), NOW, "since yesterday at 20:00"),
        ("since 3", day("03:00"), NOW, "since 03:00"),
        ("since half past one", day("13:30"), NOW, "since 13:30"),
        ("since 13:15 o'clock", day("13:15"), NOW, "since 13:15"),
        ("since yesterday", day("00:00", 11), NOW, "since yesterday"),
        ("since yesterday at 5 pm", day("17:00", 11), NOW, "since yesterday at 17:00"),
        ("since monday", day("00:00", 9), NOW, "since monday"),
        ("on monday", day("00:00", 9), day("00:00", 10), "on Monday"),
        ("this week", day("00:00", 9), NOW, "this week"),
        ("between 1 and 2 pm", day("13:00"), day("14:00"), "between 13:00 and 14:00"),
        ("between 9 and 11", day("09:00"), day("11:00"), "between 09:00 and 11:00"),
        ("from 9 am to noon", day("09:00"), day("12:00"), "between 09:00 and noon"),
        ("before noon", day("00:00"), day("12:00"), "before noon"),
        ("at 10:30", day("10:15"), day("10:45"), "around 10:30"),
        ("two hours ago", day("12:00"), day("13:00"), "around 12:30"),
        ("since ten minutes ago", day("14:20"), NOW, "since 14:20"),
        ("just now", day("14:25"), NOW, "in the last 5 minutes"),
        ("while i was away", day("13:30"), NOW, "in the last hour"),
    ],
)
def test_understands(text: str, start: datetime, end: datetime, words: str) -> None:
    span, _ = find_span(text, NOW)
    assert span is not None
    assert (span.start, span.end) == (start, end)
    assert span.words.startswith(words)


@pytest.mark.parametrize("text", ["when was the last car", "what is on the table", "since 45", ""])
def test_a_question_without_a_time_has_none(text: str) -> None:
    assert find_span(text, NOW) == (None, text)


def test_at_night_the_night_is_the_present_one() -> None:
    span, _ = find_span("did anything move tonight", day("01:00"))
    assert span is not None
    assert (span.start, span.end) == (day("22:00", 11), day("01:00"))


def test_away_is_since_somebody_last_asked() -> None:
    span, rest = find_span("what happened while i was away", NOW, day("09:12"))
    assert span is not None
    assert (span.start, span.end) == (day("09:12"), NOW)
    assert "09:12" in span.words
    assert rest.split() == ["what", "happened"]


def test_the_words_of_the_time_are_not_those_of_the_question() -> None:
    _, rest = find_span("how many cars stopped between 2 and 4 on the left", NOW)
    assert rest.split() == ["how", "many", "cars", "stopped", "on", "the", "left"]
