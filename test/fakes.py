"""Small fakes at our own protocols: an engine that does as told, and a clock that waits at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np

from video_commentary.core.audio import AudioFormat, Pcm
from video_commentary.core.engine import Cancel, Delta, Request
from video_commentary.core.frames import Frame
from video_commentary.core.voice import VoiceError

FORMAT = AudioFormat(24_000)


def frame(stamp: float, camera: str = "camera", seed: int | None = None) -> Frame:
    """Return a small frame; pictures of different `seed` (by default every stamp) differ much."""
    random = np.random.default_rng(int(stamp * 1000) % 2**32 if seed is None else seed)
    image = random.integers(0, 255, (6, 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    return Frame(image, stamp, camera, 0)


def tone(seconds: float, format: AudioFormat = FORMAT) -> Pcm:
    """Return a sound."""
    t = np.arange(round(seconds * format.rate)) / format.rate
    wave = (np.sin(2 * np.pi * 440 * t) * 10_000).astype(np.int16)
    return Pcm(wave.repeat(format.channels), format)


class FakeEngine:
    """Says what `script` returns for a request: pieces of text, sound, or an exception to raise."""

    description = "fake"

    def __init__(
        self,
        script: Callable[[Request], list[object]] = lambda _: ["Hello ", "there."],
        voice: AudioFormat | None = None,
        look_fps: float = 0.0,
        delay: float = 0.0,
    ) -> None:
        self.script = script
        self.voice = voice
        self.look_fps = look_fps
        self.delay = delay
        self.requests: list[Request] = []
        self.looked: list[Frame] = []
        self.loads: list[Exception] = []
        self.closed = 0
        self.inside = 0

    def load(self) -> None:
        if self.loads:
            raise self.loads.pop(0)

    def look(self, frame: Frame) -> None:
        self.looked.append(frame)

    def comment(self, request: Request, cancel: Cancel) -> Iterator[Delta]:
        self.requests.append(request)
        assert self.inside == 0, "engines are not reentrant"
        self.inside += 1
        try:
            for piece in self.script(request):
                if cancel.is_set():
                    return
                if isinstance(piece, Exception):
                    raise piece
                if isinstance(piece, threading.Event):
                    piece.wait(10)
                    continue
                if self.delay:
                    time.sleep(self.delay)
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
        self.said: list[str] = []

    def load(self) -> None:
        if self.load_fails:
            raise self.load_fails

    def say(self, text: str, cancel: Cancel) -> Iterator[Pcm]:
        self.said.append(text)
        if self.fails:
            raise self.fails
        for _ in text.split():
            if cancel.is_set():
                return
            yield tone(0.1)

    def close(self) -> None:
        pass


class VirtualClock:
    """Waits take no time. `at` runs things when their time has come, also in the middle of one."""

    def __init__(self, start: float = 1000.0) -> None:
        self._now = start
        self._due: list[tuple[float, Callable[[], object]]] = []

    def now(self) -> float:
        return self._now

    def stamp(self) -> float:
        return self._now

    def at(self, when: float, action: Callable[[], object]) -> None:
        self._due.append((when, action))
        self._due.sort(key=lambda due: due[0])

    def wait(self, wake: threading.Event, timeout: float | None) -> None:
        end = float("inf") if timeout is None else self._now + timeout
        while not wake.is_set() and self._due and self._due[0][0] <= end:
            when, action = self._due.pop(0)
            self._now = max(self._now, when)
            action()
        if not wake.is_set() and end < float("inf"):
            self._now = max(self._now, end)
