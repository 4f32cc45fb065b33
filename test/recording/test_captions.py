from __future__ import annotations

import json

from video_commentary.core.stamp import from_seconds
from video_commentary.recording.captions import Caption, jsonl, readable, srt, vtt

LONG = "A person in dark clothes walks from the left, past the bench, to the right."


def caption(start: float, end: float, text: str = "Two people.", spoken: bool = True) -> Caption:
    stamp = from_seconds(start)
    return Caption(
        start=start,
        end=end,
        text=text,
        oldest=stamp - from_seconds(3.0),
        newest=stamp,
        spoken=spoken,
    )


def test_each_stays_as_long_as_it_is_heard_or_read() -> None:
    shown = readable([caption(1.0, 5.0), caption(10.0, 10.0, LONG, spoken=False)], 60.0)
    assert (shown[0].start, shown[0].end) == (1.0, 5.0)
    assert shown[1].end == 10.0 + len(LONG) / 25


def test_none_runs_into_the_next_nor_beyond_the_recording() -> None:
    shown = readable([caption(1.0, 1.2), caption(2.0, 2.0, LONG, spoken=False)], 3.0)
    assert shown[0].end == 2.0
    assert shown[1].end == 3.0


def test_speech_that_outlasts_the_recording_keeps_its_caption() -> None:
    assert readable([caption(9.0, 12.5)], 10.0)[0].end == 12.5


def test_srt() -> None:
    text = srt([caption(1.0, 2.5), caption(3661.0, 3662.0004, LONG)])
    first, second = text.split("\n\n")
    assert first == "1\n00:00:01,000 --> 00:00:02,500\nTwo people."
    number, times, *lines = second.strip().split("\n")
    assert (number, times) == ("2", "01:01:01,000 --> 01:01:02,000")
    assert " ".join(lines) == LONG
    assert all(len(line) <= 42 for line in lines)


def test_vtt() -> None:
    text = vtt([caption(1.0, 2.5, "A < B & C")])
    assert text == "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nA &lt; B &amp; C\n"


def test_jsonl() -> None:
    entry = json.loads(jsonl([caption(1.0, 2.5, "Straße")]))
    assert entry["text"] == "Straße"
    assert (entry["start"], entry["end"]) == (1.0, 2.5)
    assert (entry["oldest_stamp"], entry["newest_stamp"]) == (-2.0, 1.0)
