"""Runs a reader: paces files in real time, reconnects, and reports health."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ..core.backoff import Backoff
from .reader import Reader, SourceError, SourceFrame

_MAX_LATENESS = 0.5
"""Seconds; a file that is later than this continues from there instead of catching up."""


class SourceState(Enum):
    """What a source is doing."""

    OPENING = "opening"
    LIVE = "live"
    FROZEN = "frozen"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True)
class SourceHealth:
    """The state of a source.

    `reason`: why it is not live and what to do. `fps`: over the last 3 s. `frames`: number
    delivered since the start.
    """

    state: SourceState
    reason: str
    fps: float
    frames: int


class SourceRunner:
    """Reads frames on its own thread; calls `deliver` with each frame and its lateness in seconds.

    Frames of a reader that is not live are delivered when they are due. After a failure the source
    is opened again, first after 1 s, later every 30 s. `supervise`, called about once a second,
    replaces a thread whose reader blocks for too long.
    """

    def __init__(
        self,
        create: Callable[[], Reader],
        deliver: Callable[[SourceFrame, float], None],
        *,
        freeze_timeout: float,
    ) -> None:
        self._create = create
        self._deliver = deliver
        self._freeze_timeout = freeze_timeout
        self._backoff = Backoff()
        self._lock = threading.Lock()
        self._state, self._reason = SourceState.OPENING, ""
        self._frames = 0
        self._times: deque[float] = deque(maxlen=120)
        self._deadline = float("inf")
        self._stop = threading.Event()
        self._thread = threading.Thread()

    def start(self) -> None:
        """Start the thread."""
        self._begin(wait=0.0)

    def stop(self) -> None:
        """Stop delivering; wait up to 0.5 s for the reader to close."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(0.5)

    def health(self) -> SourceHealth:
        """Return the current state; thread-safe."""
        now = time.monotonic()
        with self._lock:
            recent = [at for at in self._times if at > now - 3]
            fps = (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) > 1 else 0.0
            state, reason = self._state, self._reason
            silent = now - self._times[-1] if self._times else 0.0
            if state is SourceState.LIVE and silent > self._freeze_timeout:
                state, reason = SourceState.FROZEN, f"no new frame for {silent:.0f} s"
            return SourceHealth(state, reason, fps, self._frames)

    def supervise(self) -> None:
        """If the thread is stuck, abandon it and open the source again on another."""
        with self._lock:
            stuck = time.monotonic() > self._deadline and not self._stop.is_set()
        if stuck:
            self._stop.set()
            self._set(SourceState.FROZEN, "the source doesn't answer; opening it again")
            self._begin(wait=self._backoff.failed())

    def _begin(self, wait: float) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(self._stop, wait), name="source", daemon=True
        )
        self._set_deadline(float("inf"))
        self._thread.start()

    def _run(self, stop: threading.Event, wait: float) -> None:
        while not stop.wait(wait):
            self._set_deadline(3 * self._freeze_timeout)
            reader = self._create()
            try:
                self._set(SourceState.OPENING, f"opening {reader.description}")
                reader.open()
                self._play(reader, stop)
                if stop.is_set():
                    return
                if not reader.live:
                    self._set(SourceState.ENDED, f"the end of {reader.description}")
                    self._set_deadline(float("inf"))
                    return
                reason = f"{reader.description}: the stream ended"
            except SourceError as error:
                reason = str(error)
            except Exception as error:  # noqa: BLE001 - an error in a driver must not end the node
                reason = f"{reader.description}: {type(error).__name__}: {error}"
            finally:
                reader.close()
            if stop.is_set():
                return
            self._set_deadline(float("inf"))
            wait = self._backoff.failed()
            self._set(SourceState.FAILED, f"{reason} (trying again in {wait:.0f} s)")

    def _play(self, reader: Reader, stop: threading.Event) -> None:
        start: float | None = None
        while not stop.is_set():
            self._set_deadline(2 * self._freeze_timeout)
            frame = reader.read()
            if frame is None or stop.is_set():
                return
            late = 0.0
            if not reader.live:
                now = time.monotonic()
                start = now - frame.time if start is None else start
                self._set_deadline(float("inf"))
                stop.wait(max(0.0, start + frame.time - now))
                late = max(0.0, time.monotonic() - start - frame.time)
                if late > _MAX_LATENESS:
                    start, late = start + late, 0.0
            if stop.is_set():
                return
            self._count_frame()
            self._deliver(frame, late)

    def _count_frame(self) -> None:
        self._backoff.reset()
        with self._lock:
            self._state, self._reason = SourceState.LIVE, ""
            self._frames += 1
            self._times.append(time.monotonic())

    def _set(self, state: SourceState, reason: str) -> None:
        with self._lock:
            self._state, self._reason = state, reason

    def _set_deadline(self, seconds: float) -> None:
        """Set how long the reader may take before the thread counts as stuck."""
        with self._lock:
            self._deadline = time.monotonic() + seconds
