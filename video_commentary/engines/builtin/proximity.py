"""People and animals near the camera who come closer or draw back, from how large they look."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from .event_kinds import EventKind
from .events import SceneEvent, object_event
from .scene_state import SceneObject

_WINDOW = 2.6  # seconds in which the size must change
_MIN_HEIGHT = {"people": 0.4, "animals": 0.2}  # image heights; smaller ones are far away
_MIN_AREA_RATIO = 1.28
_MIN_SIDE_RATIO = 1.05  # of width and height each: who bends down becomes wider
_SETTLE = 1.2  # seconds from its first detection, in which an object may still be coming in
_SMOOTHED = 3  # detections over whose median a size is taken


@dataclass
class _Sizes:
    first: float
    recent: deque[tuple[float, float, float]] = field(default_factory=deque)


class ProximityDetector:
    """Detects objects that come closer or draw back while the camera stands still."""

    def __init__(self) -> None:
        """Start without any object."""
        self._sizes: dict[int, _Sizes] = {}

    def observe(self, stamp: float, objects: Iterable[SceneObject]) -> list[SceneEvent]:
        """Add the sizes of the objects seen in this image; return COMES_NEAR, DRAWS_BACK."""
        events = []
        near = [t for t in objects if t.box.height > _MIN_HEIGHT.get(t.group, float("inf"))]
        for thing in near:
            sizes = self._sizes.setdefault(thing.track_id, _Sizes(stamp))
            sizes.recent.append((stamp, thing.box.width, thing.box.height))
            while sizes.recent[0][0] < stamp - _WINDOW:
                sizes.recent.popleft()
            kind = _change(sizes) if stamp - sizes.first > _SETTLE else None
            if kind is not None:
                events.append(object_event(stamp, kind, thing))
                sizes.recent.clear()
        known = {thing.track_id for thing in near}
        for track_id in [i for i, s in self._sizes.items() if i not in known]:
            recent = self._sizes[track_id].recent
            if not recent or recent[-1][0] < stamp - _WINDOW:
                del self._sizes[track_id]
        return events


def _change(sizes: _Sizes) -> EventKind | None:
    """Return COMES_NEAR or DRAWS_BACK if the size changed clearly within the window."""
    seen = list(sizes.recent)
    if len(seen) < 2 * _SMOOTHED:
        return None
    smooth = [
        (median(w for _, w, _ in part), median(h for _, _, h in part))
        for part in (seen[i : i + _SMOOTHED] for i in range(len(seen) - _SMOOTHED + 1))
    ]
    width, height = smooth[-1]
    for before_width, before_height in smooth[:-1]:
        wider, taller = width / before_width, height / before_height
        if wider * taller > _MIN_AREA_RATIO and min(wider, taller) > _MIN_SIDE_RATIO:
            return EventKind.COMES_NEAR
        if wider * taller < 1 / _MIN_AREA_RATIO and max(wider, taller) < 1 / _MIN_SIDE_RATIO:
            return EventKind.DRAWS_BACK
    return None
