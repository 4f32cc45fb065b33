"""Small fakes at our own protocols: an engine and a voice that follow a script."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np

from video_commentary.core.audio import AudioFormat, Pcm
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import Delta, Request
from video_commentary.core.facts import FrameFacts
from video_commentary.core.frames import Frame
from video_commentary.core.silence import SILENCE
from video_commentary.core.stamp import from_seconds
from video_commentary.core.voice import VoiceError

FORMAT = AudioFormat(24_000)


def frame(seconds: float, camera: str = "camera", seed: int | None = None) -> Frame:
    """Return a small frame; pictures of different `seed` (by default every stamp) differ much."""
    random = np.random.default_rng(int(seconds * 1000) % 2**32 if seed is None else seed)
    image = random.integers(0, 255, (6, 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    return Frame(image, from_seconds(seconds), camera, 0)


def tone(seconds: float, format: AudioFormat = FORMAT) -> Pcm:
    """Return a sound."""
    t = np.arange(round(seconds * format.rate)) / format.rate
    wave = (np.sin(2 * np.pi * 440 * t) * 10_000).astype(np.int16)
    return Pcm(wave.repeat(format.channels), format)


class FakeEngine:
    """Says what `script` returns for a request: pieces of text or sound; raises exceptions in it.

    SILENCE in it is a silent delta, an event is waited for. `look` returns what `facts` says.
    """

    description = "fake"

    def __init__(
        self,
        script: Callable[[Request], list[object]] = lambda _: ["Hello ", "there."],
        voice: AudioFormat | None = None,
        look_fps: float = 0.0,
        delay: float = 0.0,
        facts: Callable[[Frame], FrameFacts | None] = lambda _: None,
    ) -> None:
        self.script = script
        self.voice = voice
        self.look_fps = look_fps
        self.delay = delay
        self.facts = facts
        self.requests: list[Request] = []
        self.looked: list[Frame] = []
        self.loads: list[Exception] = []
        self.closed = 0
        self.inside = 0

    def load(self) -> None:
        if self.loads:
            raise self.loads.pop(0)

    def look(self, frame: Frame) -> FrameFacts | None:
        self.looked.append(frame)
        return self.facts(frame)

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        self.requests.append(request)
        assert self.inside == 0, "engines are not reentrant"
        self.inside += 1
        try:
            for piece in self.script(request):
                if cancel.cancelled:
                    return
                if isinstance(piece, Exception):
                    raise piece
                if isinstance(piece, threading.Event):
                    piece.wait(10)
                    continue
                if self.delay:
                    time.sleep(self.delay)
                if isinstance(piece, Delta):
                    yield piece
                elif piece == SILENCE:
                    yield Delta(silent=True)
                else:
                    yield Delta(pcm=piece) if isinstance(piece, Pcm) else Delta(str(piece))
        finally:
            self.inside -= 1

    def close(self) -> None:
        self.closed += 1


class FakeVoice:
    """Sounds for a tenth of a second a word; `fails` says with what."""

    description = "fake voice"
    format = FORMAT

    def __init__(
        self, fails: Exception | None = None, load_fails: VoiceError | None = None
    ) -> None:
        self.fails = fails
        self.load_fails = load_fails
        self.loaded = False
        self.said: list[str] = []

    def load(self) -> None:
        if self.load_fails:
            raise self.load_fails
        self.loaded = True

    def say(self, text: str, cancel: CancelToken) -> Iterator[Pcm]:
        self.said.append(text)
        if self.fails:
            raise self.fails
        for _ in text.split():
            if cancel.cancelled:
                return
            yield tone(0.1)

    def close(self) -> None:
        self.loaded = False


class Schedule:
    """Events for a VirtualClock, in the order of their times, however they are added."""

    def __init__(self) -> None:
        self._events: list[tuple[float, Callable[[], object]]] = []

    def at(self, when: float, event: Callable[[], object]) -> None:
        """Add an event; not one that is due before those that have happened."""
        self._events.append((when, event))
        self._events.sort(key=lambda entry: entry[0])

    def __iter__(self) -> Schedule:
        return self

    def __next__(self) -> tuple[float, Callable[[], object]]:
        if not self._events:
            raise StopIteration
        return self._events.pop(0)
