"""Moments in questions: "noon", "8:30", "half past two", "yesterday at 5 pm", "Monday"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from .clock_words import NUMBERS, at_words

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMED = {
    "noon": time(12),
    "midday": time(12),
    "lunch": time(12),
    "midnight": time(0),
    "the morning": time(5),
    "this morning": time(5),
    "this afternoon": time(12),
    "the afternoon": time(12),
    "this evening": time(18),
    "the evening": time(18),
    "last night": time(22),
    "tonight": time(22),
}
_HOURS = "|".join(word for word, number in NUMBERS.items() if 1 <= number <= 12 and len(word) > 2)
_CLOCK = (
    rf"(?:half past |quarter past |quarter to )?(?:\d{{1,2}}(?:[:.]\d\d)?|{_HOURS})"
    r"(?: ?[ap]\.?m\.?| ?o'?clock| ?h\b)?"
)
_DAY = rf"(?:yesterday|today|{'|'.join(_DAYS)})"
_NAMES = "|".join(sorted(_NAMED, key=len, reverse=True))
POINT = rf"(?:{_DAY}(?: at (?:{_NAMES}|{_CLOCK}))?|{_NAMES}|{_CLOCK}(?: (?:on )?{_DAY})?)"
"""A pattern, without named groups."""
_READ_CLOCK = re.compile(
    rf"(?P<past>half past |quarter past |quarter to )?(?P<hour>\d{{1,2}}|{_HOURS})"
    r"(?:[:.](?P<minute>\d\d))?(?P<half>(?: ?[ap]\.?m\.?)?)"
)
_OFFSETS = {"half past ": 30, "quarter past ": 15, "quarter to ": -15}


@dataclass(frozen=True)
class PointInTime:
    """A moment, aware, and how an answer names it."""

    start: datetime
    words: str


def find_point(text: str, now: datetime) -> PointInTime | None:
    """Return the moment that a text which fits `POINT` names: the last such before `now`.

    None if there is no such hour.
    """
    day_found = re.search(rf"\b{_DAY}\b", text)
    clock = re.sub(rf"\b(?:on )?{_DAY}\b|\bat\b", " ", text).strip()
    days = [_day(day_found[0], now)] if day_found else [now, now - timedelta(days=1)]
    times = _times(clock) if clock else [time()]
    if not times:
        return None
    moments = [datetime.combine(day.date(), each, now.tzinfo) for day in days for each in times]
    past = [moment for moment in moments if moment <= now]
    if not past:
        return None
    latest = max(past)
    if clock in _NAMED or not clock:
        return PointInTime(latest, text)
    return PointInTime(latest, at_words(latest, now).removeprefix("at "))


def _day(name: str, now: datetime) -> datetime:
    if name == "today":
        return now
    if name == "yesterday":
        return now - timedelta(days=1)
    return now - timedelta(days=(now.weekday() - _DAYS.index(name) - 1) % 7 + 1)


def _times(text: str) -> list[time]:
    """Return the times of a day that a text may mean; an hour up to 12 may be either half."""
    if text in _NAMED:
        return [_NAMED[text]]
    found = _READ_CLOCK.match(text)
    if found is None:
        return []
    hour = int(found["hour"]) if found["hour"].isdigit() else NUMBERS[found["hour"]]
    minutes = hour * 60 + int(found["minute"] or 0) + _OFFSETS.get(found["past"] or "", 0)
    if hour > 23 or int(found["minute"] or 0) > 59:
        return []
    half = found["half"].strip().replace(".", "")
    if half:
        if not 1 <= hour <= 12:
            return []
        minutes = minutes % 720 + (720 if half == "pm" else 0)
        return [_time(minutes)]
    both = 1 <= hour <= 12 and len(found["hour"]) < 3 and not found["hour"].startswith("0")
    spoken = not found["hour"].isdigit() and 1 <= hour <= 12
    return [_time(minutes), _time(minutes + 720)] if both or spoken else [_time(minutes)]


def _time(minutes: int) -> time:
    return time(*divmod(minutes % 1440, 60))
