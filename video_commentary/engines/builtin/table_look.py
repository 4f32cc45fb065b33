"""A closer look at tables: what stands there is often too small for the whole image to show.

Each look costs as much as a whole image, so a table at rest is looked at only until its things are
known, and when something has moved there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .close_look import look_into
from .detector import Detection, ObjectDetector
from .geometry import BoundingBox
from .thing_names import TABLE

_IMAGES = 10  # in which a table is looked for
_MIN_IMAGES = 3  # that show it
_MIN_SCORE = 0.3  # of what is found there
_HEADROOM = 0.5  # of a table's height, by which things on it rise above it
_PART = 0.42  # of the image's width that is looked at closely at a time
_MAX_WIDTH = 0.75  # of the image's; what stands on a wider table is large enough
_MAX_HEIGHT = 0.6
_LOOKS = 20  # until what stands there is known
_EVERY = 2  # images then, of which one is looked at
_STIRRED_SECONDS = 4.0  # since something moved there, in which it may change


class TableLook:
    """Looks at one part of a table in each image, by turns."""

    def __init__(self, detector: ObjectDetector) -> None:
        """Start without a table."""
        self._detector = detector
        self._tables: deque[BoundingBox | None] = deque(maxlen=_IMAGES)
        self._turn = 0

    def observe(
        self,
        image: NDArray[np.uint8],
        detections: Sequence[Detection],
        seconds_at_rest: Callable[[BoundingBox], float],
    ) -> tuple[list[Detection], BoundingBox | None]:
        """Return the things on a part of the table, and that part; none if it need not be seen.

        `image`: uint8 RGB (H, W, 3). `detections`: those in the whole image. `seconds_at_rest`:
        for how long nothing has moved in a box.
        """
        boxes = [detection.box for detection in detections if detection.label == TABLE]
        self._tables.append(boxes[0] if boxes else None)
        parts = self._parts(image.shape[1] / image.shape[0])
        self._turn += bool(parts)
        if self._turn > _LOOKS:
            parts = [part for part in parts if seconds_at_rest(part) < _STIRRED_SECONDS]
        if not parts or self._turn > _LOOKS and self._turn % _EVERY:
            return [], None
        part = parts[self._turn // _EVERY % len(parts)]
        found = look_into(self._detector, image, part)
        return [d for d in found if d.group == "things" and d.score >= _MIN_SCORE], part

    def _parts(self, aspect: float) -> list[BoundingBox]:
        """Return the overlapping parts of the table that is in view, with what rises above it."""
        seen = [box for box in self._tables if box is not None]
        if len(seen) < _MIN_IMAGES:
            return []
        edges = np.median([[b.left, b.top, b.right, b.bottom] for b in seen], axis=0)
        left, top, right, bottom = (float(edge) for edge in edges)
        top = max(0.0, top - _HEADROOM * (bottom - top))
        if right - left > _MAX_WIDTH * aspect or bottom - top > _MAX_HEIGHT:
            return []
        width = _PART * aspect
        if right - left <= width:
            return [BoundingBox(left, top, right, bottom)]
        return [
            BoundingBox(left, top, left + width, bottom),
            BoundingBox(right - width, top, right, bottom),
        ]
