"""Keeps a reader going: in real time, reconnecting, and saying how it is."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ..core.backoff import Backoff
from .reader import Picture, Reader, SourceError

_BEHIND = 0.5
"""A paced source that is later than this, in seconds, goes on slower instead of rushing after."""


class State(Enum):
    """How a source is."""

    OPENING = "opening"
    LIVE = "live"
    FROZEN = "frozen"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True)
class Health:
    """`reason`: why it isn't live and what to do; `fps`: over the last seconds."""

    state: State
    reason: str
    fps: float
    pictures: int


class SourceRunner:
    """Reads pictures on a thread of its own and hands each to `deliver`, with its lateness in s.

    Pictures of a reader that isn't live come when they are due. After a failure it opens again,
    first after 1 s, at last every 30 s. `supervise`, called every second or so, replaces a thread
    whose reader blocks against its promise.
    """

    def __init__(
        self,
        create: Callable[[], Reader],
        deliver: Callable[[Picture, float], None],
        *,
        freeze_timeout: float,
    ) -> None:
        self._create = create
        self._deliver = deliver
        self._freeze_timeout = freeze_timeout
        self._backoff = Backoff()
        self._lock = threading.Lock()
        self._state, self._reason = State.OPENING, ""
        self._pictures = 0
        self._times: deque[float] = deque(maxlen=120)
        self._deadline = float("inf")
        self._stop = threading.Event()
        self._thread = threading.Thread()

    def start(self) -> None:
        """Begin."""
        self._begin(wait=0.0)

    def stop(self) -> None:
        """Deliver no more; wait a moment for the reader to close."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(0.5)

    def health(self) -> Health:
        """Return how it goes."""
        now = time.monotonic()
        with self._lock:
            recent = [at for at in self._times if at > now - 3]
            fps = (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) > 1 else 0.0
            state, reason = self._state, self._reason
            silent = now - self._times[-1] if self._times else 0.0
            if state is State.LIVE and silent > self._freeze_timeout:
                state, reason = State.FROZEN, f"no new picture for {silent:.0f} s"
            return Health(state, reason, fps, self._pictures)

    def supervise(self) -> None:
        """Give up a thread that is stuck, and open the source anew on another."""
        with self._lock:
            stuck = time.monotonic() > self._deadline and not self._stop.is_set()
        if stuck:
            self._stop.set()
            self._set(State.FROZEN, "the source doesn't answer; opening it again")
            self._begin(wait=self._backoff.failed())

    def _begin(self, wait: float) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(self._stop, wait), name="source", daemon=True
        )
        self._allow(float("inf"))
        self._thread.start()

    def _run(self, stop: threading.Event, wait: float) -> None:
        while not stop.wait(wait):
            self._allow(3 * self._freeze_timeout)
            reader = self._create()
            try:
                self._set(State.OPENING, f"opening {reader.description}")
                reader.open()
                self._play(reader, stop)
                if stop.is_set():
                    return
                if not reader.live:
                    self._set(State.ENDED, f"the end of {reader.description}")
                    self._allow(float("inf"))
                    return
                reason = f"{reader.description}: the stream ended"
            except SourceError as error:
                reason = str(error)
            except Exception as error:  # noqa: BLE001 - a driver's surprise must not end the node
                reason = f"{reader.description}: {type(error).__name__}: {error}"
            finally:
                reader.close()
            if stop.is_set():
                return
            self._allow(float("inf"))
            wait = self._backoff.failed()
            self._set(State.FAILED, f"{reason} (trying again in {wait:.0f} s)")

    def _play(self, reader: Reader, stop: threading.Event) -> None:
        start: float | None = None
        while not stop.is_set():
            self._allow(2 * self._freeze_timeout)
            picture = reader.read()
            if picture is None or stop.is_set():
                return
            late = 0.0
            if not reader.live:
                now = time.monotonic()
                start = now - picture.time if start is None else start
                self._allow(float("inf"))
                stop.wait(max(0.0, start + picture.time - now))
                late = max(0.0, time.monotonic() - start - picture.time)
                if late > _BEHIND:
                    start, late = start + late, 0.0
            if stop.is_set():
                return
            self._came()
            self._deliver(picture, late)

    def _came(self) -> None:
        self._backoff.reset()
        with self._lock:
            self._state, self._reason = State.LIVE, ""
            self._pictures += 1
            self._times.append(time.monotonic())

    def _set(self, state: State, reason: str) -> None:
        with self._lock:
            self._state, self._reason = state, reason

    def _allow(self, seconds: float) -> None:
        """Let the reader take this long before it counts as stuck."""
        with self._lock:
            self._deadline = time.monotonic() + seconds
