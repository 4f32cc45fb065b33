from __future__ import annotations

import pytest

from video_commentary.core.tense import Tense, tense_of


@pytest.mark.parametrize(
    "question",
    [
        "When was the last car?",
        "How many people came in since noon?",
        "What happened while I was away?",
        "What did I miss?",
        "Did anything move at night?",
        "How many cars came in the last minute?",
        "Did a dog come in this morning?",
        "Was anybody here at half past two?",
        "Anything new since yesterday?",
        "What happened five minutes ago?",
        "What happened in the last couple of minutes?",
        "Summarize the past hour",
        "Do you remember the red bag?",
        "How many cars passed on Monday?",
    ],
)
def test_a_question_that_names_a_time_needs_a_memory(question: str) -> None:
    assert tense_of(question) is Tense.REMEMBERED


@pytest.mark.parametrize(
    "question",
    [
        "did anybody come in?",
        "And who left?",
        "How many people have come in?",
        "Has a van passed?",
        "Where did you see the red bag?",
        "What happened just now?",
        "Did anything move in the last ten seconds?",
        "What did I ask about cars?",
        "What colour was the car?",
    ],
)
def test_a_question_in_the_past_tense_is_about_the_past(question: str) -> None:
    assert tense_of(question) is Tense.PAST


@pytest.mark.parametrize(
    "question",
    [
        "Is anybody there?",
        "What is on the left?",
        "Who's that?",
        "How many people are left?",
        "Are there cars stopped on the left?",
        "Who is the person who came in?",
        "Is the dog that ran past still there?",
        "Has the car gone now?",
        "What was that?",
        "Which car is the last one?",
        "Is the light on at night?",
        "Tell me about the table",
        "What do you see?",
    ],
)
def test_all_else_is_about_the_present(question: str) -> None:
    assert tense_of(question) is Tense.PRESENT
