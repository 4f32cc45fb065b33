"""Coming in and going out: how tracks cross the borders of the image."""

from __future__ import annotations

from .scene_state import reference_size, touched_border
from .track import Track

# "own sizes" below are multiples of `reference_size`.
MAX_ENTRY_AGE = 2.5
"""Seconds after which an object has not just come in."""

_MIN_LEAVING_SPEED = 0.2  # own sizes a second towards the border
_MIN_LEAVING_AGE = 0.7  # seconds
_MIN_KNOWN_LEAVING_AGE, _KNOWN_HITS = 0.3, 8  # of one that has been followed for long
_AHEAD = 0.4  # seconds, after which one that is going out will be out
_NEARLY_OUT = 0.35  # of its whole width or height, that is in the image then
_GOING_OUT = 0.8  # the same now, at most


def entry_border(stamp: float, track: Track, aspect: float) -> str:
    """Return the border through which a track has just entered, or ""."""
    if track.jumped or stamp - track.continuous_since >= MAX_ENTRY_AGE:
        return ""
    border = touched_border(track.first_box, aspect)
    return border if border and _moved_inward(track, border, aspect) else ""


def _moved_inward(track: Track, border: str, aspect: float) -> bool:
    """Return whether a track has moved away from the border where it was first detected."""
    first, box = track.first_box, track.box
    inward = {
        "left": box.right - first.right,
        "right": first.left - box.left,
        "bottom": first.top - box.top,
        "top": box.bottom - first.bottom,
    }[border]
    size = reference_size(track)
    away = touched_border(box, aspect) != border or inward > 0.35 * size
    return inward > 0.22 * size and away


def way_out(track: Track, border: str) -> str:
    """Return the border through which a track at `border` goes out, "" if it does not."""
    across, down = (speed / reference_size(track) for speed in track.velocity(1.2))
    outward = {"left": -across, "right": across, "bottom": down, "top": -down}
    fastest = max(sorted(track.trajectory[-1].cut) or [border], key=outward.__getitem__)
    age = _MIN_KNOWN_LEAVING_AGE if track.hits >= _KNOWN_HITS else _MIN_LEAVING_AGE
    goes = outward[fastest] > _MIN_LEAVING_SPEED and track.steady_seconds > age
    return fastest if goes else ""


def nearly_out(track: Track, aspect: float) -> bool:
    """Return whether most of a track will be out of the image of this aspect in a moment."""
    points = [point for point in track.trajectory if not point.cut]
    if not points:
        return False
    whole, box, (across, down) = points[-1].box, track.box, track.velocity(0.8)
    coming = box.shifted(across * _AHEAD, down * _AHEAD).clipped(aspect)
    now = min(box.width / whole.width, box.height / whole.height)
    then = min(coming.width / whole.width, coming.height / whole.height)
    return now < _GOING_OUT and then < _NEARLY_OUT
