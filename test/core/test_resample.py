from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from video_commentary.core.audio import OUTPUT_FORMAT, AudioFormat, Pcm
from video_commentary.core.resample import PcmResampler, resample


def tone(format: AudioFormat, seconds: float, hertz: float = 440.0) -> Pcm:
    time = np.arange(int(seconds * format.rate)) / format.rate
    samples = (12000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16)
    return Pcm(np.repeat(samples, format.channels), format)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    frames=st.integers(0, 6000),
    cuts=st.lists(st.integers(0, 6000), max_size=12),
    source=st.sampled_from(
        [
            AudioFormat(24_000),
            AudioFormat(22_050),
            AudioFormat(44_100, 2),
            AudioFormat(48_000, 2),
            AudioFormat(16_000),
            AudioFormat(48_000),
        ]
    ),
)
def test_any_chunking_gives_the_same_samples(
    seed: int, frames: int, cuts: list[int], source: AudioFormat
) -> None:
    noise = np.random.default_rng(seed).integers(-32768, 32767, frames * source.channels)
    samples = noise.astype(np.int16)
    whole = resample(Pcm(samples, source), OUTPUT_FORMAT)

    resampler = PcmResampler(source, OUTPUT_FORMAT)
    edges = sorted(min(cut, frames) * source.channels for cut in cuts)
    parts = [resampler.push(Pcm(part, source)).samples for part in np.split(samples, edges)]
    parts.append(resampler.flush().samples)

    np.testing.assert_array_equal(np.concatenate(parts), whole.samples)
    assert abs(len(whole.samples) - frames * 48_000 / source.rate) <= 1


def test_keeps_a_tone_pure() -> None:
    out = resample(tone(AudioFormat(24_000), 1.0), OUTPUT_FORMAT).samples[4800:-4800]
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out)))) ** 2
    peak = int(spectrum.argmax())
    assert abs(peak * 48_000 / len(out) - 440) < 2
    rest = spectrum.sum() - spectrum[peak - 4 : peak + 5].sum()
    assert rest / spectrum.sum() < 1e-6


def test_mixes_channels_to_their_mean_and_copies_one_to_several() -> None:
    stereo = AudioFormat(48_000, 2)
    mixed = resample(Pcm(np.array([100, 300, -5, 5], np.int16), stereo), OUTPUT_FORMAT)
    assert mixed.samples.tolist() == [200, 0]
    copied = resample(Pcm(np.array([7, 8], np.int16), OUTPUT_FORMAT), stereo)
    assert copied.samples.tolist() == [7, 7, 8, 8]


def test_same_format_passes_untouched() -> None:
    pcm = tone(OUTPUT_FORMAT, 0.1)
    resampler = PcmResampler(OUTPUT_FORMAT, OUTPUT_FORMAT)
    assert resampler.push(pcm) is pcm
    assert len(resampler.flush().samples) == 0


def test_starts_over_after_flush() -> None:
    resampler = PcmResampler(AudioFormat(24_000), OUTPUT_FORMAT)
    pcm = tone(AudioFormat(24_000), 0.2)
    runs = [
        np.concatenate([resampler.push(pcm).samples, resampler.flush().samples]) for _ in range(2)
    ]
    np.testing.assert_array_equal(runs[0], runs[1])


def test_refuses_what_it_was_not_made_for() -> None:
    with pytest.raises(ValueError, match="24000"):
        PcmResampler(AudioFormat(24_000), OUTPUT_FORMAT).push(tone(AudioFormat(16_000), 0.1))
    with pytest.raises(ValueError, match="6 channels into 2"):
        PcmResampler(AudioFormat(48_000, 6), AudioFormat(48_000, 2))
