"""The camera's last seconds as JPEGs, for viewers who see them delayed."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right

from .items import JpegFrame


class FrameBuffer:
    """A ring buffer of frames by stamp, bounded in seconds and in bytes. Thread-safe.

    A stamp that jumps backwards (a bag that starts again) empties it and increments `epoch`.
    """

    def __init__(self, seconds: float, size: int) -> None:
        """Keep at most `seconds` and `size` bytes, but always the newest frame."""
        self._seconds = seconds
        self._size = size
        self._lock = threading.Lock()
        self._frames: list[JpegFrame] = []
        self.bytes = 0
        self.epoch = 0
        self._dropped = False

    def __len__(self) -> int:
        """Return the number of frames kept."""
        return len(self._frames)

    def add(self, frame: JpegFrame) -> None:
        """Keep a frame; drop the oldest ones if there are too many."""
        with self._lock:
            if self._frames and frame.stamp <= self._frames[-1].stamp:
                self._frames.clear()
                self.bytes = 0
                self.epoch += 1
                self._dropped = False
            self._frames.append(frame)
            self.bytes += len(frame.jpeg)
            self._trim(frame.stamp - self._seconds)

    def _trim(self, oldest: float) -> None:
        gone = 0
        while gone < len(self._frames) - 1 and (
            self._frames[gone].stamp < oldest or self.bytes > self._size
        ):
            self.bytes -= len(self._frames[gone].jpeg)
            gone += 1
        del self._frames[:gone]
        self._dropped = self._dropped or gone > 0

    def newest(self) -> JpegFrame | None:
        """Return the newest frame."""
        with self._lock:
            return self._frames[-1] if self._frames else None

    def since(self) -> float | None:
        """Return the stamp before which frames were dropped; None if none were."""
        with self._lock:
            return self._frames[0].stamp if self._dropped else None

    def around(self, stamp: float) -> tuple[JpegFrame | None, JpegFrame | None]:
        """Return the newest frame at or before `stamp`, and the one after it."""
        with self._lock:
            after = bisect_right(self._frames, stamp, key=_stamp)
            before = self._frames[after - 1] if after else None
            return before, self._frames[after] if after < len(self._frames) else None

    def count_between(self, first: float, last: float) -> int:
        """Return the number of frames with a stamp above `first` and below `last`."""
        with self._lock:
            begin = bisect_right(self._frames, first, key=_stamp)
            return max(0, bisect_left(self._frames, last, key=_stamp) - begin)


def _stamp(frame: JpegFrame) -> float:
    return frame.stamp
