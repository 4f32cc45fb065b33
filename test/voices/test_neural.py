from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from video_commentary.core.audio import Pcm
from video_commentary.core.cancel import CancelToken
from video_commentary.core.voice import VoiceError
from video_commentary.voices.chunks import MAX_CHARACTERS, MAX_CHUNK_SECONDS
from video_commentary.voices.neural import NeuralVoice

pytest.importorskip("hibari", reason="the neural voice isn't installed: pip install hibari-tts")


@pytest.fixture(scope="module")
def voice() -> Iterator[NeuralVoice]:
    voice = NeuralVoice()
    voice.load()
    yield voice
    voice.close()


def say(voice: NeuralVoice, text: str) -> Pcm:
    parts = list(voice.say(text, CancelToken()))
    assert all(part.format == voice.format and part.duration <= MAX_CHUNK_SECONDS for part in parts)
    return Pcm(np.concatenate([p.samples for p in parts] or [np.zeros(0, np.int16)]), voice.format)


def test_speaks_at_a_natural_pace_and_level(voice: NeuralVoice) -> None:
    pcm = say(voice, "Two people are near the car.")
    assert 1.0 < pcm.duration < 3.0
    assert 0.2 < np.abs(pcm.samples).max() / 32768 < 1.0
    spectrum = np.abs(np.fft.rfft(pcm.samples)) ** 2
    frequency = np.fft.rfftfreq(len(pcm.samples), 1 / pcm.format.rate)
    assert spectrum[(frequency > 80) & (frequency < 4000)].sum() > 0.9 * spectrum.sum()


def test_begins_at_once_and_pauses_after_a_sentence(voice: NeuralVoice) -> None:
    pcm = say(voice, "A dog.")
    loud = np.flatnonzero(np.abs(pcm.samples) > 300) / pcm.format.rate
    assert loud[0] < 0.05
    assert 0.2 < pcm.duration - loud[-1] < 0.4


def test_joins_clauses_without_clicks(voice: NeuralVoice) -> None:
    text = "A man walks in from the left, and two others follow him slowly."
    pcm = say(voice, text)
    quiet = np.abs(pcm.samples) < 60
    steps = np.abs(np.diff(pcm.samples.astype(int)))
    assert steps[quiet[:-1] & quiet[1:]].max() < 120
    assert abs(pcm.samples[0]) < 30 and abs(pcm.samples[-1]) < 30


@pytest.mark.parametrize("text", ["", "   ", "...", "🙂🙂", "!?", "\n\t", "行人"])
def test_text_without_words_it_knows_makes_no_sound(voice: NeuralVoice, text: str) -> None:
    assert say(voice, text).duration == 0


def test_stops_in_mid_word(voice: NeuralVoice) -> None:
    cancel = CancelToken()
    sound = voice.say("Two people are walking past the bicycle.", cancel)
    next(sound)
    cancel.cancel()
    assert list(sound) == []


def test_numbers_make_the_sound_of_their_words(voice: NeuralVoice) -> None:
    said = say(voice, "It moves at 3.5 m/s.")
    words = say(voice, "It moves at three point five metres per second.")
    np.testing.assert_array_equal(said.samples, words.samples)


def test_length_is_capped(voice: NeuralVoice) -> None:
    assert say(voice, "a" * 600).duration < 15
    long = "one two three. " * 200
    fitting = MAX_CHARACTERS // len("one two three. ") * len("one two three. ")
    assert say(voice, long).duration < say(voice, long[: fitting + 14]).duration + 1


def test_must_be_loaded_first() -> None:
    with pytest.raises(VoiceError, match="load"):
        list(NeuralVoice().say("Hello.", CancelToken()))
