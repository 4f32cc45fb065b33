"""Times and durations as people say them."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from ..core.stamp import NANOSECONDS, Stamp

_COUNTING = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty
"""
_OTHERS = {"a": 1, "an": 1, "couple": 2, "few": 3, "thirty": 30, "forty": 40, "forty-five": 45}
NUMBERS = {word: number for number, word in enumerate(_COUNTING.split())} | _OTHERS
"""Words for numbers in questions."""
_SPOKEN = dict(enumerate(_COUNTING.split()[:13])) | {0: "no"}


def to_datetime(time: Stamp, zone: tzinfo | None) -> datetime:
    """Return a time in a time zone; None is that of this machine."""
    seconds, rest = divmod(time, NANOSECONDS)
    return datetime.fromtimestamp(seconds, zone).astimezone(zone).replace(microsecond=rest // 1000)


def to_time(moment: datetime) -> Stamp:
    """Return an aware datetime as nanoseconds since 1970."""
    return int(moment.replace(microsecond=0).timestamp()) * NANOSECONDS + moment.microsecond * 1000


def number_words(count: int) -> str:
    """Return a count as text: a word up to twelve."""
    return _SPOKEN.get(count, str(count))


def times_words(count: int) -> str:
    """Return how often: "once", "twice", "three times"."""
    return {1: "once", 2: "twice"}.get(count, f"{number_words(count)} times")


def at_words(moment: datetime, now: datetime) -> str:
    """Return when something was: "at 14:02", "yesterday at 14:02", "on Monday at 14:02"."""
    clock = f"at {moment:%H:%M}"
    days = (now.date() - moment.date()).days
    if days == 0:
        return clock
    if days == 1:
        return f"yesterday {clock}"
    if 1 < days < 7:
        return f"on {moment:%A} {clock}"
    year = "" if moment.year == now.year else f" {moment.year}"
    return f"on {moment.day} {moment:%B}{year} {clock}"


def ago_words(passed: timedelta) -> str:
    """Return how long ago something was: "just now", "12 minutes ago", "three hours ago"."""
    seconds = passed.total_seconds()
    if seconds < 60:
        return "just now"
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = round(seconds / size)
            return f"{number_words(count)} {unit}{'' if count == 1 else 's'} ago"
    raise AssertionError("a minute or more is at least one minute")
