"""A small picture of what each of the last comments was said about."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

from ..core.comment import Comment
from ..core.stamp import to_seconds
from .frame_buffer import FrameBuffer
from .history import MAX_EVENTS
from .items import JpegFrame
from .jpeg import scaled_down

_MAX_SIDE = 480
"""Pixels on the longer side: one is kept for each comment of the history."""
_QUALITY = 75
_TOLERANCE = 0.6
"""Seconds between a comment's frame and its picture; unwatched, frames come twice a second."""


def picture_stamp(comment: Comment) -> float:
    """Return when what a comment says was seen last, in seconds of the camera's clock."""
    stamps = [seen.stamp for seen in comment.evidence if seen.camera == comment.camera]
    return to_seconds(max(stamps, default=comment.newest))


class CommentSnapshots:
    """Pictures by the comments' ids. Thread-safe."""

    def __init__(self, buffer: FrameBuffer) -> None:
        """Take pictures from `buffer`."""
        self._buffer = buffer
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, JpegFrame] = OrderedDict()
        # Decoding a large picture takes time: not on the thread that delivers sound.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="snapshots")

    def take(self, number: int, stamp: float) -> None:
        """Keep the picture that is nearest to a stamp, in seconds, in the background."""
        frames = [frame for frame in self._buffer.around(stamp) if frame]
        nearest = min(frames, key=lambda frame: abs(frame.stamp - stamp), default=None)
        if nearest and abs(nearest.stamp - stamp) < _TOLERANCE:
            self._worker.submit(self._keep, number, nearest)

    def of(self, number: int) -> JpegFrame | None:
        """Return a comment's picture, None if there is none any more."""
        with self._lock:
            return self._kept.get(number)

    def _keep(self, number: int, frame: JpegFrame) -> None:
        small = scaled_down(frame.jpeg, _MAX_SIDE, _QUALITY)
        if small is None:
            return
        with self._lock:
            self._kept[number] = JpegFrame(small.jpeg, frame.stamp)
            while len(self._kept) > MAX_EVENTS:
                self._kept.popitem(last=False)
