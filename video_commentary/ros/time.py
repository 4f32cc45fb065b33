"""Seconds as floats, and ROS time messages."""

from __future__ import annotations

from builtin_interfaces.msg import Time

NANO = 1_000_000_000


def to_seconds(stamp: Time) -> float:
    """Return a stamp in seconds; a float holds those of today to about 0.2 microseconds."""
    return float(stamp.sec + stamp.nanosec / NANO)


def to_nanoseconds(stamp: Time) -> int:
    """Return a stamp in nanoseconds, exactly."""
    return int(stamp.sec * NANO + stamp.nanosec)


def exactly(nanoseconds: int, seconds: float) -> Time:
    """Return nanoseconds as a message; `seconds` where those are 0, not known."""
    if nanoseconds <= 0:
        return to_time(seconds)
    return Time(sec=nanoseconds // NANO, nanosec=nanoseconds % NANO)


def to_time(seconds: float | None) -> Time:
    """Return seconds as a message; zero for None."""
    if seconds is None or seconds <= 0:
        return Time()
    nanoseconds = round(seconds * NANO)
    return Time(sec=nanoseconds // NANO, nanosec=nanoseconds % NANO)
