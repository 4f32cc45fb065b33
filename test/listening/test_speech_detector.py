"""What the speech detector leaves of a stream while the robot speaks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from video_commentary.core.stamp import from_seconds
from video_commentary.listening.echo import PlayedSound
from video_commentary.listening.sound_blocks import BLOCK
from video_commentary.listening.speech_detector import SpeechDetector, SpeechStep
from video_commentary.listening.voice_activity import STEP, VoiceActivity

from .conftest import RATE, START, Wave, in_room, pause, to_pcm, wave


class _AlwaysSpeech(VoiceActivity):
    def run(self, samples: Wave, state: Any) -> tuple[float, Any]:
        return 0.9, state


def steps(heard: Wave, played: Wave, gap: int = -1) -> list[SpeechStep]:
    """Return the steps of a stream that begins with what the robot plays.

    It starts again at the sample `gap`, if there is one.
    """
    sound = PlayedSound()
    detector = SpeechDetector(_AlwaysSpeech(), sound)
    found: list[SpeechStep] = []
    sound.push(to_pcm(played[:RATE]), START)
    for at in range(0, len(heard) - BLOCK + 1, BLOCK):
        due = at + RATE  # it is known a second before
        if due + BLOCK <= len(played):
            sound.push(to_pcm(played[due : due + BLOCK]), START + from_seconds(due / RATE))
        if at == gap:
            detector.reset()
        found += detector.push(heard[at : at + BLOCK], START + from_seconds(at / RATE))
    return found


def test_words_beside_the_robot_are_left_whole_where_it_is_not_heard() -> None:
    played = wave("commentary")[: 4 * RATE]
    heard = np.zeros(4 * RATE, np.float32)
    words = wave("stop_talking")
    heard[2 * RATE : 2 * RATE + len(words)] = words
    found = steps(heard, played)
    left = np.concatenate([step.samples for step in found])
    assert np.array_equal(left, heard[: len(found) * STEP])
    assert any(step.robot and step.probability > 0.5 for step in found)


def test_an_echo_that_was_found_is_taken_out() -> None:
    pytest.importorskip("livekit.rtc")
    played = wave("commentary")[: 4 * RATE]
    found = steps(0.5 * played, played)
    left = np.concatenate([step.samples for step in found])
    heard = 0.5 * played[: len(left)]
    second_half = slice(len(left) // 2, None)
    assert np.square(left[second_half]).sum() < 0.1 * np.square(heard[second_half]).sum()


def told_apart(found: list[SpeechStep], begin: float, end: float) -> list[bool]:
    """Return for the loud steps between two seconds whether they are surely somebody's."""
    return [
        step.sure and step.probability > 0.5
        for step in found
        if begin <= (step.end - START) * 1e-9 < end and step.level > -50
    ]


def test_in_another_room_the_filter_is_not_trusted_until_it_has_learned_that() -> None:
    played = np.concatenate([wave("commentary")] * 5)
    moved = 2 * len(wave("commentary"))
    heard = np.concatenate([in_room(played)[:moved], in_room(played, seed=7)[moved:]])
    heard += pause(len(played) / RATE)[: len(played)]
    words, begin = wave("stop_talking"), len(played) - 2 * RATE
    heard[begin : begin + len(words)] += words
    found, change, spoken = steps(heard, played), moved / RATE, begin / RATE
    assert not any(told_apart(found, change, change + 6.0))
    assert sum(told_apart(found, spoken, spoken + 1.0)) > 10


def test_after_a_gap_nothing_is_sure_until_the_noise_of_the_place_is_known() -> None:
    played = np.concatenate([wave("commentary")] * 4)
    heard = in_room(played) + pause(len(played) / RATE)[: len(played)]
    words, gap = wave("stop_talking"), 8 * RATE
    for begin in (9 * RATE, 13 * RATE):
        heard[begin : begin + len(words)] += words
    found = steps(heard, played, gap)
    assert not any(told_apart(found, 9.0, 10.5))
    assert sum(told_apart(found, 13.0, 14.5)) > 10
