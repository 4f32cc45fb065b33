"""Text that a resting camera shows: read now and then on a thread of its own, and believed twice.

Only stamps decide when an image is read and when its text counts, so that a recording gives the
same comments each time, however fast it is played.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...core.cancel import CancelToken
from .text_reader import TextLine, TextReader

_STILL_SECONDS = 1.0  # of rest before an image is sharp and worth reading
_FIRST_PAUSE, _LAST_PAUSE = 2.5, 40.0  # seconds between readings, rising while nothing changes
_DELAY = 2.0  # seconds after its stamp from which an image's text counts
_SAME_PLACE = 0.5  # IoU of a line in two readings

Read = Callable[[NDArray[np.uint8]], list[TextLine]]


@dataclass(frozen=True)
class ReadText:
    """A line that two readings agree on. `stamp`: seconds, of the second."""

    line: TextLine
    stamp: float


@dataclass
class _CameraText:
    """One camera that rests since `since`: when it is read next, and what was read."""

    since: float
    due: float = float("-inf")
    pause: float = _FIRST_PAUSE
    pending: tuple[float, Future[list[TextLine]]] | None = None
    last: list[TextLine] = field(default_factory=list)
    believed: list[ReadText] = field(default_factory=list)

    def compare(self, stamp: float, lines: list[TextLine]) -> None:
        """Take over a reading: what it and the one before agree on is believed."""
        agreed = [line for line in lines if any(_same(line, other) for other in self.last)]
        before = {read.line.text: read for read in self.believed}
        self.believed = [before.get(line.text) or ReadText(line, stamp) for line in agreed]
        settled = len(agreed) == len(lines)
        self.pause = min(2 * self.pause, _LAST_PAUSE) if settled else _FIRST_PAUSE
        self.last = lines
        self.pending = None


class TextWatch:
    """Reads images of resting cameras, one at a time. Thread-safe."""

    def __init__(self, read: Read | None = None) -> None:
        """Read with `read`, by default with RapidOCR, which is loaded on the reading thread."""
        self._read = read
        self.trouble = ""
        """Why the last reading failed, or the models don't load; empty if all is well."""
        self._cameras: dict[str, _CameraText] = {}
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="text")

    def offer(self, camera: str, stamp: float, image: NDArray[np.uint8], still: bool) -> None:
        """Have an image, uint8 RGB (H, W, 3), read if it is time.

        `still`: whether the camera rests; if not, or when stamps go back, all text is forgotten.
        """
        with self._lock:
            known = self._cameras.get(camera)
            if known is None or not known.since <= stamp or not still:
                known = self._cameras[camera] = _CameraText(since=stamp)
            rests = still and stamp - known.since >= _STILL_SECONDS
            if rests and stamp >= known.due and known.pending is None:
                known.pending = stamp, self._worker.submit(self._lines, image)
                known.due = stamp + known.pause

    def known(self, camera: str, stamp: float, cancel: CancelToken) -> list[ReadText]:
        """Return the text in view at `stamp`; waits for a reading that counts by then."""
        with self._lock:
            known = self._cameras.get(camera)
            pending = known.pending if known else None
        if known is None:
            return []
        if pending is not None and stamp >= pending[0] + _DELAY:
            lines = _wait(pending[1], cancel)
            if lines is not None:
                with self._lock:
                    known.compare(pending[0], lines)
        return list(known.believed)

    def read_now(
        self, images: Sequence[tuple[float, NDArray[np.uint8]]], cancel: CancelToken
    ) -> list[ReadText]:
        """Return what readings of the first and the last of these images agree on."""
        if len(images) < 2:
            return []
        both = [images[0], images[-1]]
        readings = [self._worker.submit(self._lines, image) for _, image in both]
        first, second = (_wait(reading, cancel) or [] for reading in readings)
        stamp = images[-1][0]
        return [ReadText(b, stamp) for b in second if any(_same_text(a, b) for a in first)]

    def close(self) -> None:
        """Stop reading."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def load(self) -> None:
        """Have the models loaded, so that the first reading need not wait for that."""
        if self._read is None:
            self._worker.submit(self._loaded)

    def _lines(self, image: NDArray[np.uint8]) -> list[TextLine]:
        read = self._loaded()
        if read is None:
            return []
        try:
            lines = read(image)
        except Exception as error:  # noqa: BLE001 - whatever a foreign reader raises, comments go on
            self.trouble = f"{type(error).__name__}: {error}"
            return []
        self.trouble = ""
        return lines

    def _loaded(self) -> Read | None:
        if self._read is None and not self.trouble:
            try:
                self._read = TextReader().read
            except Exception as error:  # noqa: BLE001 - as above: without text, but with comments
                self.trouble = f"{type(error).__name__}: {error}"
        return self._read


def _same(line: TextLine, other: TextLine) -> bool:
    return _same_text(line, other) and line.box.iou(other.box) > _SAME_PLACE


def _same_text(line: TextLine, other: TextLine) -> bool:
    return line.text.casefold().replace(" ", "") == other.text.casefold().replace(" ", "")


def _wait(reading: Future[list[TextLine]], cancel: CancelToken) -> list[TextLine] | None:
    """Return what was read, None if cancelled or if the watch was closed before it was read."""
    ended = threading.Event()
    reading.add_done_callback(lambda _: ended.set())
    unsubscribe = cancel.on_cancel(ended.set)
    try:
        ended.wait()
    finally:
        unsubscribe()
    return None if cancel.cancelled or reading.cancelled() else reading.result()
