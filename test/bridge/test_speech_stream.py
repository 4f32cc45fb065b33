from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from video_commentary.bridge.speech_stream import SpeechStream
from video_commentary.core.audio import OUTPUT_FORMAT, Pcm

RATE = OUTPUT_FORMAT.rate
BLOCK = 1920


def noise(blocks: int) -> NDArray[np.int16]:
    return np.random.default_rng(1).integers(1, 20_000, blocks * BLOCK).astype(np.int16)


def play(jitter: NDArray[np.float64], ahead: float = 0.2) -> tuple[NDArray[np.int16], int]:
    """Return what is written while 25 blocks are said from second 1 on; and where they begin."""
    said, stream = noise(25), SpeechStream(0.0)
    written, pushed = [], 0
    for step in range(100):
        now = step * 0.04
        while pushed < 25 and 1.0 + pushed * 0.04 - ahead <= now:
            block = said[pushed * BLOCK : (pushed + 1) * BLOCK]
            stream.push(Pcm(block, OUTPUT_FORMAT), 1.0 + pushed * 0.04 + jitter[pushed])
            pushed += 1
        written.append(stream.read(now))
    return np.concatenate(written), int(np.flatnonzero(np.concatenate(written))[0])


@pytest.mark.parametrize("ahead", [0.2, 0.0, -0.08])
def test_every_sample_in_its_place_and_silence_around(ahead: float) -> None:
    jitter = np.random.default_rng(2).normal(0, 0.0005, 25)
    written, begin = play(jitter, ahead)
    assert begin == pytest.approx(RATE, abs=0.05 * RATE)
    said = noise(25)
    assert np.array_equal(written[begin : begin + len(said)], said)
    assert not written[:begin].any()
    assert not written[begin + len(said) :].any()
    assert len(written) == pytest.approx(4.0 * RATE, abs=0.2 * RATE)


def test_a_pause_between_sentences_stays_as_long_as_it_is() -> None:
    stream = SpeechStream(0.0)
    block = noise(1)
    stream.push(Pcm(block, OUTPUT_FORMAT), 0.5)
    stream.push(Pcm(block, OUTPUT_FORMAT), 1.5)
    written = np.concatenate([stream.read(step * 0.02) for step in range(120)])
    starts = [
        at for at in range(len(written) - BLOCK) if np.array_equal(written[at : at + 9], block[:9])
    ]
    assert starts == pytest.approx([0.5 * RATE, 1.5 * RATE], abs=1)


def test_a_cut_leaves_nothing_to_be_heard() -> None:
    stream = SpeechStream(0.0)
    stream.push(Pcm(noise(1), OUTPUT_FORMAT), 0.1)
    stream.push(Pcm(noise(1), OUTPUT_FORMAT), 0.14)
    assert stream.read(0.1).any()
    stream.cut()
    assert not stream.read(1.0).any()


def test_sound_that_is_never_due_takes_bounded_memory() -> None:
    stream = SpeechStream(0.0)
    dropped = sum(stream.push(Pcm(noise(1), OUTPUT_FORMAT), 1e9) for _ in range(300))
    assert dropped == 50
    assert len(stream._queue) == 250


def test_what_is_read_while_somebody_speaks_is_quieter() -> None:
    stream = SpeechStream(0.0)
    for block in range(50):
        stream.push(Pcm(np.full(BLOCK, 10_000, np.int16), OUTPUT_FORMAT), block * 0.04)
    full, stream.loudness = stream.read(0.5), 0.2
    ducked = stream.read(1.0)
    assert full[-1] == 10_000 and ducked[-1] == 2_000
    stream.loudness = 1.0
    assert stream.read(1.5)[-1] == 10_000
