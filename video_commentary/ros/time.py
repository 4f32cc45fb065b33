"""ROS time messages, stamps and seconds."""

from __future__ import annotations

from builtin_interfaces.msg import Time

from ..core import stamp as core_stamp
from ..core.stamp import NANOSECONDS, Stamp


def to_stamp(time: Time) -> Stamp:
    """Return a message's time, exactly."""
    return int(time.sec * NANOSECONDS + time.nanosec)


def from_stamp(stamp: Stamp | None) -> Time:
    """Return a stamp as a message, exactly; zero for None."""
    if stamp is None or stamp <= 0:
        return Time()
    return Time(sec=stamp // NANOSECONDS, nanosec=stamp % NANOSECONDS)


def to_seconds(time: Time) -> float:
    """Return a message's time in seconds; today's to about 0.2 microseconds."""
    return core_stamp.to_seconds(to_stamp(time))


def to_time(seconds: float | None) -> Time:
    """Return seconds as a message; zero for None."""
    return from_stamp(None if seconds is None else core_stamp.from_seconds(seconds))
