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

from .conftest import RATE, START, Wave, to_pcm, wave


class _AlwaysSpeech(VoiceActivity):
    def run(self, samples: Wave, state: Any) -> tuple[float, Any]:
        return 0.9, state


def steps(heard: Wave, played: Wave) -> list[SpeechStep]:
    """Return the steps of a stream that begins with what the robot plays."""
    sound = PlayedSound()
    sound.push(to_pcm(played), START)
    detector = SpeechDetector(_AlwaysSpeech(), sound)
    found: list[SpeechStep] = []
    for at in range(0, len(heard) - BLOCK + 1, BLOCK):
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
