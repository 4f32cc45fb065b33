"""Camera time: integer nanoseconds, exact from the image header to the message."""

from __future__ import annotations

from typing import TypeAlias

Stamp: TypeAlias = int
"""A point in the cameras' time, in nanoseconds since its epoch, as in a ROS header.

The difference of two stamps is in nanoseconds too. Seconds are for people, JSON and pacing; a float
holds today's only to about 0.2 microseconds.
"""

NANOSECONDS = 1_000_000_000
"""In one second."""


def to_seconds(stamp: Stamp) -> float:
    """Return a stamp, or a difference of two, in seconds: the nearest float."""
    return stamp / NANOSECONDS


def from_seconds(seconds: float) -> Stamp:
    """Return seconds as a stamp, or as a difference of two: the nearest nanosecond."""
    return round(seconds * NANOSECONDS)
