from __future__ import annotations

from datetime import datetime

import pytest
from std_msgs.msg import Header
from video_commentary.msg import Commentary

from video_commentary.core.status import CommentatorStatus
from video_commentary.ros.time import to_time
from video_commentary.tools.say_text import comment_line, plain_text, printable, summary

NOON = datetime(2030, 1, 2, 12, 0, 0).timestamp()


def comment(**fields: object) -> Commentary:
    values = {
        "header": Header(stamp=to_time(NOON)),
        "text": "A dog.",
        "final": True,
        "first_words": to_time(NOON + 0.25),
    }
    return Commentary(**(values | fields))


def test_a_comment_is_one_line_with_time_and_delays() -> None:
    assert plain_text(comment_line(comment())) == "12:00:00  A dog.  (words 0.25 s)"
    both = comment(first_sound=to_time(NOON + 0.5))
    assert plain_text(comment_line(both)) == "12:00:00  A dog.  (words 0.25 s, sound 0.50 s)"


def test_an_answer_shows_its_question_and_a_cut_comment_its_cut() -> None:
    answer = plain_text(comment_line(comment(question="How many?")))
    assert answer.startswith("12:00:00  [How many?] A dog.")
    assert "A dog. – (cut off)" in plain_text(comment_line(comment(cancelled=True)))


@pytest.mark.parametrize("first_words", [None, NOON - 5, NOON + 1e6])
def test_delays_of_another_day_are_left_out(first_words: float | None) -> None:
    assert comment_line(comment(first_words=to_time(first_words))).delays == ""


def test_nothing_said_can_command_the_terminal() -> None:
    assert printable("a\x1b[2Jb\r\nc\u202ed") == "a [2Jb c d"
    assert "\x1b" not in plain_text(comment_line(comment(text="\x1b]0;x\x07", question="\x1b[1m")))


def test_the_state_is_one_line() -> None:
    status = CommentatorStatus(
        state="watching",
        engine="the builtin engine",
        cameras=("/camera/image_raw",),
        camera_fps=(29.7,),
        words_delay=0.2134,
        instruction="cars\n",
    )
    assert summary(status) == (
        "watching · /camera/image_raw 30 Hz · the builtin engine · instruction: cars · words 0.21 s"
    )
