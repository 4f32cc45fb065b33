from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from video_commentary.core.audio import (
    AudioFormat,
    Pcm,
    from_bytes,
    read_wav,
    to_int16,
    write_wav,
)


def test_wav_round_trip(tmp_path: Path) -> None:
    pcm = Pcm(np.array([0, 1, -1, 32767, -32768, 5], np.int16), AudioFormat(24_000, 2))
    write_wav(tmp_path / "a.wav", pcm)
    again = read_wav(tmp_path / "a.wav")
    assert again.format == pcm.format
    np.testing.assert_array_equal(again.samples, pcm.samples)


def test_read_wav_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(ValueError, match="not a PCM WAV"):
        read_wav(tmp_path / "text.wav")
    with wave.open(str(tmp_path / "8.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(b"\x80" * 10)
    with pytest.raises(ValueError, match="8 bits"):
        read_wav(tmp_path / "8.wav")


def test_from_bytes_leaves_out_a_torn_sample() -> None:
    assert from_bytes(b"\x01\x00\xff\xff\x07", AudioFormat(48_000)).samples.tolist() == [1, -1]


def test_to_int16_clips() -> None:
    assert to_int16(np.array([-2.0, 0.0, 1.0])).tolist() == [-32767, 0, 32767]


def test_duration_counts_frames_not_samples() -> None:
    assert Pcm(np.zeros(96_000, np.int16), AudioFormat(48_000, 2)).duration == 1.0
