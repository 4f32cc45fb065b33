"""What viewers see: the camera, held back so that the words match the picture."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

from .delay import DisplayDelay, Slew
from .items import JpegFrame
from .ring import Ring

_NAP = 0.05
"""Longest sleep, s: a new frame or a delay that grows shorter is seen after it."""
_ALSO_WANTED = 3.0
"""Seconds for which a single picture asked for keeps the camera's full rate coming."""


class Display:
    """The frames that are kept and how long each is held back. `now`: seconds of the ROS clock."""

    def __init__(self, ring: Ring, now: Callable[[], float]) -> None:
        """Show what `ring` keeps."""
        self.ring = ring
        self.delay = DisplayDelay(time.monotonic())
        self.now = now
        self._counting = threading.Lock()  # viewers come and go on two event loops
        self.viewers = 0
        self.shown = 0
        self.skipped = 0
        self._asked_at = float("-inf")

    @property
    def wanted(self) -> bool:
        """Whether anybody looks, so that every frame is worth compressing."""
        return self.viewers > 0 or time.monotonic() < self._asked_at + _ALSO_WANTED

    @property
    def held(self) -> float:
        """Seconds by which the picture is held back now, for all whose sound is in time."""
        return self.now() - self.position(self.delay.at(time.monotonic()))

    def position(self, delay: float) -> float:
        """Return the stamp on display when held back by `delay`, or by as much as the ring has.

        Without that end, a ring shorter than the delay would show the same picture for ever.
        """
        position, since = self.now() - delay, self.ring.since()
        return position if since is None else max(position, since)

    def watch(self) -> Viewer:
        """Return a viewer; close it after use."""
        with self._counting:
            self.viewers += 1
        return Viewer(self)

    def leave(self) -> None:
        """Count one viewer less."""
        with self._counting:
            self.viewers -= 1

    async def fresh(self, patience: float = 0.3) -> JpegFrame | None:
        """Return the next frame to come, or after `patience` seconds the newest."""
        self._asked_at = time.monotonic()
        before = self.ring.newest()
        until = time.monotonic() + patience
        while (newest := self.ring.newest()) is before and time.monotonic() < until:
            await asyncio.sleep(0.01)
        return newest


class Viewer:
    """One who watches: `next` gives the frames when they are due, those too late left out.

    It keeps no frames, only its place, so that a slow one costs nothing. `behind`: seconds by
    which this one's sound is heard later than it is due.
    """

    def __init__(self, display: Display) -> None:
        """Begin with what is on display now; `Display.watch` makes one."""
        self._display = display
        self._behind = Slew(0.0, time.monotonic())
        self._shown: float | None = None
        self._epoch = -1
        self.behind = 0.0
        self.skipped = 0

    @property
    def delay(self) -> float:
        """Seconds by which this viewer's picture is held back now."""
        return self._display.now() - self._position()

    def _position(self) -> float:
        now = time.monotonic()
        delay = self._display.delay.at(now) + self._behind.follow(self.behind, now)
        return self._display.position(delay)

    async def next(self) -> JpegFrame:
        """Wait for the next frame that is due."""
        while True:
            frame, wait = self._look()
            if frame is not None:
                return frame
            await asyncio.sleep(wait)

    def _look(self) -> tuple[JpegFrame | None, float]:
        """Return a frame that is due and not shown yet, or else for how long to sleep."""
        display, ring = self._display, self._display.ring
        if ring.epoch != self._epoch:
            self._epoch, self._shown = ring.epoch, None
        position = self._position()
        frame, following = ring.around(position)
        if frame is None and self._shown is None:
            # Nothing is old enough yet: better a picture that stands still than none.
            frame = following
        if frame is None or frame.stamp == self._shown:
            due = following.stamp - position if following else _NAP
            return None, min(max(due, 0.001), _NAP)
        if self._shown is not None:
            missed = ring.between(self._shown, frame.stamp)
            self.skipped += missed
            display.skipped += missed
        self._shown = frame.stamp
        display.shown += 1
        return frame, 0.0

    def close(self) -> None:
        """Watch no more."""
        self._display.leave()
