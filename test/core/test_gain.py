from __future__ import annotations

import numpy as np

from video_commentary.core.gain import GainRamp

RATE = 48_000


def test_sound_at_full_level_is_handed_through_as_it_is() -> None:
    samples = np.arange(-32768, 32767, 7, dtype=np.int16)
    assert GainRamp(RATE).apply(samples) is samples


def test_a_change_is_complete_within_a_twentieth_of_a_second_and_has_no_step() -> None:
    gain = GainRamp(RATE)
    gain.level = 0.2
    blocks = [gain.apply(np.full(960, 10_000, np.int16)) for _ in range(4)]
    played = np.concatenate(blocks).astype(int)
    assert np.abs(np.diff(played)).max() < 10, "a click"
    assert set(played[RATE // 20 :]) == {2000}
    gain.level = 1.0
    assert gain.apply(np.full(RATE // 20, 10_000, np.int16))[-1] == 10_000
    loud = np.full(8, 10_000, np.int16)
    assert gain.apply(loud) is loud


def test_what_was_scaled_in_vain_can_be_scaled_again() -> None:
    gain = GainRamp(RATE)
    gain.level = 0.2
    before = gain.apply(np.full(480, 10_000, np.int16))
    there = gain.now
    gain.apply(np.full(4800, 10_000, np.int16))
    gain.level = 1.0
    gain.resume(there)
    again = gain.apply(np.full(480, 10_000, np.int16))
    steps = np.diff(np.concatenate([before, again]).astype(int))
    assert np.abs(steps).max() < 10, "a click"


def test_louder_than_full_scale_is_cut_off_there() -> None:
    gain = GainRamp(RATE, 4.0)
    assert gain.apply(np.array([20_000, -20_000, 100], np.int16)).tolist() == [32767, -32768, 400]


def test_silence_is_silence() -> None:
    gain = GainRamp(RATE)
    gain.level = 0.0
    gain.apply(np.full(RATE // 10, 5000, np.int16))
    assert not gain.apply(np.full(960, 5000, np.int16)).any()
    assert not len(gain.apply(np.zeros(0, np.int16)))
