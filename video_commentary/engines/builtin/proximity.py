"""People and animals near the camera who come closer or draw back, from how large they look."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from .event_kinds import EventKind
from .events import SceneEvent, object_event
from .geometry import BoundingBox
from .scene_state import SceneObject

_WINDOW = 2.6  # seconds in which the size must change
_MIN_HEIGHT = {"people": 0.4, "animals": 0.2}  # image heights; smaller ones are far away
_MIN_AREA_RATIO = 1.35
_MAX_DRIFT = 0.2  # of its width: more is a move to the side
_MIN_WIDER, _MIN_TALLER = 1.05, 1.12  # each: who bends down or stretches an arm becomes wider
_MIN_WIDTH_RATIO = 1.35  # of what fills the picture from top to bottom
_TOP_MARGIN = 0.02  # image heights; above a head that is cut off nothing is known of the size
_SETTLE = 1.2  # seconds from its first detection, in which an object may still be coming in
_GOING_ON = 10.0  # seconds in which the same again is no news
_SMOOTHED = 4  # detections over whose median a size is taken


@dataclass
class _Sizes:
    first: float
    told: dict[EventKind, float] = field(default_factory=dict)
    recent: deque[tuple[float, BoundingBox]] = field(default_factory=deque)


class ProximityDetector:
    """Detects objects that come closer or draw back while the camera stands still."""

    def __init__(self) -> None:
        """Start without any object."""
        self._sizes: dict[int, _Sizes] = {}

    def observe(self, stamp: float, objects: Iterable[SceneObject]) -> list[SceneEvent]:
        """Add the sizes of the objects seen in this image; return COMES_NEAR, DRAWS_BACK."""
        events = []
        near = [t for t in objects if t.box.height > _MIN_HEIGHT.get(t.group, float("inf"))]
        near = [t for t in near if t.group != "people" or t.box.top > _TOP_MARGIN]
        for thing in near:
            sizes = self._sizes.setdefault(thing.track_id, _Sizes(stamp))
            sizes.recent.append((stamp, thing.box))
            while sizes.recent[0][0] < stamp - _WINDOW:
                sizes.recent.popleft()
            kind = _change(sizes) if stamp - sizes.first > _SETTLE else None
            if kind is not None:
                sizes.recent.clear()
                if stamp - sizes.told.get(kind, float("-inf")) < _GOING_ON:
                    continue
                sizes.told[kind] = stamp
                events.append(object_event(stamp, kind, thing))
        known = {thing.track_id for thing in near}
        for track_id in [i for i, s in self._sizes.items() if i not in known]:
            recent = self._sizes[track_id].recent
            if not recent or recent[-1][0] < stamp - _WINDOW:
                del self._sizes[track_id]
        return events


def _change(sizes: _Sizes) -> EventKind | None:
    """Return COMES_NEAR or DRAWS_BACK if the size changed clearly within the window."""
    boxes = [box for _, box in sizes.recent]
    if len(boxes) < 2 * _SMOOTHED:
        return None
    smooth = [_typical(boxes[i : i + _SMOOTHED]) for i in range(len(boxes) - _SMOOTHED + 1)]
    width, height, center = smooth[-1]
    for before_width, before_height, before_center in smooth[:-1]:
        if abs(center - before_center) > _MAX_DRIFT * max(width, before_width):
            continue
        wider, taller = width / before_width, height / before_height
        fills = min(height, before_height) > 1 - 2 * _TOP_MARGIN
        if _grows(wider, taller, fills):
            return EventKind.COMES_NEAR
        if _grows(1 / wider, 1 / taller, fills):
            return EventKind.DRAWS_BACK
    return None


def _grows(wider: float, taller: float, fills: bool) -> bool:
    if fills:
        return wider > _MIN_WIDTH_RATIO
    return wider * taller > _MIN_AREA_RATIO and wider > _MIN_WIDER and taller > _MIN_TALLER


def _typical(boxes: Sequence[BoundingBox]) -> tuple[float, float, float]:
    """Return the median width, height and center of a few boxes."""
    return (
        median(box.width for box in boxes),
        median(box.height for box in boxes),
        median(box.center_x for box in boxes),
    )
