"""A listener that is fed as fast as it can take it, with a recognizer that says what it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from video_commentary.config.listener_settings import ListenerSettings
from video_commentary.config.paths import model_file
from video_commentary.core.audio import AudioFormat, Pcm, read_wav
from video_commentary.core.cancel import CancelToken
from video_commentary.core.resample import resample
from video_commentary.core.stamp import NANOSECONDS, Stamp, from_seconds
from video_commentary.listening.items import Heard, ListeningEvent, Recognizer, Transcript
from video_commentary.listening.listener import Listener

DATA = Path(__file__).resolve().parents[1] / "data" / "listening"
RATE = 16_000
MONO = AudioFormat(RATE)
START = 1_700_000_000 * NANOSECONDS
Wave = NDArray[np.float32]
E = TypeVar("E")


def wave(name: str) -> Wave:
    return read_wav(DATA / f"{name}.wav").samples.astype(np.float32) * np.float32(1 / 32768)


def pause(seconds: float) -> Wave:
    """Return what a microphone gives while nobody speaks."""
    hiss = np.random.default_rng(0).normal(0, 3e-4, int(seconds * RATE))
    return hiss.astype(np.float32)


def to_pcm(samples: Wave, format: AudioFormat = MONO) -> Pcm:
    mono = Pcm((np.clip(samples, -1, 1) * 32767).astype(np.int16), MONO)
    return mono if format == MONO else resample(mono, format)


def in_room(samples: Wave, seed: int = 0) -> Wave:
    """Return what a microphone hears of a loudspeaker: -6 dB, 40 ms later, with reverberation."""
    tail = np.arange(2400)
    path = np.random.default_rng(seed).normal(size=2400) * np.exp(-tail / 480) * 0.05
    path[0] = 1.0
    heard = np.convolve(samples, path)[: len(samples)] * 0.5
    return np.concatenate([np.zeros(640), heard])[: len(samples)].astype(np.float32)


class ScriptedRecognizer:
    """Answers with `texts` in turn, the last again and again; waits for `gate` before."""

    description = "scripted"

    def __init__(self, *texts: str, confidence: float = 0.9) -> None:
        self.confidence = confidence
        self.texts = list(texts) or ["Only talk about the cars."]
        self.gate = threading.Event()
        self.gate.set()
        self.heard: list[int] = []

    def load(self) -> None:
        pass

    def transcribe(self, samples: Wave, cancel: CancelToken) -> Transcript:
        self.heard.append(len(samples))
        while not self.gate.wait(0.01):
            if cancel.cancelled:
                break
        text = self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]
        return Transcript(text, self.confidence)

    def close(self) -> None:
        pass


class Hearing:
    """A running listener, and what it reported."""

    def __init__(self, recognizer: Recognizer, **settings: Any) -> None:
        self.events: list[ListeningEvent] = []
        self.listener = Listener(ListenerSettings(**settings), recognizer, self.events.append)
        self.listener.load()

    def hear(
        self,
        sound: Wave | Pcm,
        *,
        at: float = 0.0,
        stream: str = "microphone",
        speaker: str = "",
        format: AudioFormat = MONO,
        played: Wave | None = None,
        patient: bool = True,
    ) -> None:
        """Feed sound that begins `at` seconds after START, and what is played meanwhile.

        `patient`: each piece once everything before it is recognized, as in real time.
        """
        heard = sound if isinstance(sound, Pcm) else to_pcm(sound, format)
        loud = None if played is None else to_pcm(played)
        for begin in np.arange(0, heard.duration, 0.05):
            stamp = START + from_seconds(at + float(begin))
            if loud is not None:
                self.listener.played(cut(loud, float(begin)), stamp)
            self.listener.hear(stream, cut(heard, float(begin)), stamp, speaker)
            self.wait(self._idle if patient else lambda: self.listener.state.waiting < 2.0)

    def settle(self) -> None:
        """Wait until everything that was fed is done."""
        self.wait(self._idle)
        time.sleep(0.02)
        self.wait(self._idle)

    def _idle(self) -> bool:
        state = self.listener.state
        return not state.waiting and not state.unrecognized

    def wait(self, condition: Callable[[], bool], timeout: float = 20.0) -> None:
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, self.events
            time.sleep(0.001)

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def final(self) -> list[Heard]:
        return [event for event in self.of(Heard) if event.final]


def cut(pcm: Pcm, begin: float, seconds: float = 0.05) -> Pcm:
    size = pcm.format.channels
    first = round(begin * pcm.format.rate) * size
    last = round((begin + seconds) * pcm.format.rate) * size
    return Pcm(pcm.samples[first:last], pcm.format)


def seconds(stamp: Stamp) -> float:
    return (stamp - START) / NANOSECONDS


@pytest.fixture
def hearing() -> Iterator[Callable[..., Hearing]]:
    """Make running listeners; they are closed with the test."""
    if not model_file("ears/silero_vad_16k.onnx").is_file():
        pytest.skip("needs `fetch_model ears`")
    made: list[Hearing] = []

    def make(recognizer: Recognizer | None = None, **settings: Any) -> Hearing:
        made.append(Hearing(recognizer or ScriptedRecognizer(), **settings))
        return made[-1]

    yield make
    for each in made:
        each.listener.close()
