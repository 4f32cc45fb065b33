"""What time a question is about: "since noon", "at night", "in the last ten minutes"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from ..core.stamp import NANOSECONDS, Stamp
from ..core.tense import AWAY, UNITS
from .clock_words import NUMBERS, at_words, to_time
from .points_in_time import POINT, find_point

NIGHT = (time(22), time(6))
_PARTS = {
    "morning": (time(5), time(12)),
    "afternoon": (time(12), time(18)),
    "evening": (time(18), time(22)),
}
_AMOUNT = (
    r"(?P<half>half (an? )?|(a )?quarter of an )?(?:(?P<number>\d+|"
    + "|".join(sorted(NUMBERS, key=len, reverse=True))
    + r")(?: of)? )?(?P<unit>seconds?|secs?|minutes?|mins?|hours?|days?|weeks?)"
)


@dataclass(frozen=True)
class TimeSpan:
    """From `start` to `end`, aware; `words` as an answer names it, such as "since noon"."""

    start: datetime
    end: datetime
    words: str

    def bounds(self, now: datetime) -> tuple[Stamp, Stamp]:
        """Return the times of entries in it; what is new counts up to the present.

        A little ahead, since a camera's clock is corrected to within 0.2 s.
        """
        ahead = NANOSECONDS if self.end >= now else 0
        return to_time(self.start), to_time(self.end) + ahead


@dataclass(frozen=True)
class _Asked:
    """What a reader of a phrase gets: its match, and the present."""

    found: re.Match[str]
    now: datetime
    last_asked: datetime | None


def find_span(
    text: str, now: datetime, last_asked: datetime | None = None
) -> tuple[TimeSpan | None, str]:
    """Return the time that a text in lower case names, None if it names none, and the other words.

    `now`: aware. `last_asked`: when somebody last asked something, for "while I was away".
    """
    for pattern, read in _PHRASES:
        if found := pattern.search(text):
            span = read(_Asked(found, now, last_asked))
            if span is not None:
                return span, f"{text[: found.start()]} {text[found.end() :]}"
    return None, text


def _amount(found: re.Match[str]) -> tuple[timedelta, str]:
    seconds = UNITS[found["unit"].rstrip("s")]
    half = found["half"] or ""
    if half:
        part = 0.5 if half.startswith("half") else 0.25
        words = "half hour" if part == 0.5 else "quarter of an hour"
        return timedelta(seconds=seconds * part), words
    said = found["number"]
    count = 1 if said is None else int(said) if said.isdigit() else NUMBERS[said]
    words = found["unit"] if said in (None, "a", "an") else f"{said} {found['unit']}"
    return timedelta(seconds=seconds * count), words


def _last(asked: _Asked) -> TimeSpan:
    length, words = _amount(asked.found)
    return TimeSpan(asked.now - length, asked.now, f"in the last {words}")


def _ago(asked: _Asked) -> TimeSpan:
    length, _ = _amount(asked.found)
    then = asked.now - length
    if (asked.found["since"] or "").strip():
        return TimeSpan(then, asked.now, f"since {_clock(then, asked.now)}")
    around = max(length / 4, timedelta(minutes=1))
    end = min(then + around, asked.now)
    return TimeSpan(then - around, end, f"around {_clock(then, asked.now)}")


def _clock(moment: datetime, now: datetime) -> str:
    return at_words(moment, now).removeprefix("at ")


def _away(asked: _Asked) -> TimeSpan:
    since = asked.last_asked
    if since is None or since > asked.now:
        return TimeSpan(asked.now - timedelta(hours=1), asked.now, "in the last hour")
    words = f"since you last asked, {at_words(since, asked.now)},"
    return TimeSpan(since, asked.now, words)


def _since(asked: _Asked) -> TimeSpan | None:
    point = find_point(asked.found["point"], asked.now)
    if point is None:
        return None
    return TimeSpan(point.start, asked.now, f"since {point.words}")


def _before(asked: _Asked) -> TimeSpan | None:
    point = find_point(asked.found["point"], asked.now)
    if point is None:
        return None
    start = datetime.combine(point.start.date(), time(), point.start.tzinfo)
    return TimeSpan(start, point.start, f"before {point.words}")


def _between(asked: _Asked) -> TimeSpan | None:
    end = find_point(asked.found["end"], asked.now)
    start = find_point(asked.found["start"], asked.now if end is None else end.start)
    if start is None or end is None:
        return None
    return TimeSpan(start.start, end.start, f"between {start.words} and {end.words}")


def _around(asked: _Asked) -> TimeSpan | None:
    point = find_point(asked.found["point"], asked.now)
    if point is None:
        return None
    around = timedelta(minutes=15)
    end = min(point.start + around, asked.now)
    return TimeSpan(point.start - around, end, f"around {point.words}")


def _night(asked: _Asked) -> TimeSpan:
    now = asked.now
    began = datetime.combine(now.date(), NIGHT[0], now.tzinfo)
    if now < began:
        began -= timedelta(days=1)
    end = datetime.combine(began.date() + timedelta(days=1), NIGHT[1], now.tzinfo)
    if end > now:
        return TimeSpan(began, now, "tonight, since 22:00")
    return TimeSpan(began, end, "last night, from 22:00 to 06:00")


def _part(asked: _Asked) -> TimeSpan | None:
    now, part = asked.now, asked.found["part"]
    first, last = _PARTS[part]
    day = now.date() - timedelta(days=asked.found["day"] == "yesterday")
    start = datetime.combine(day, first, now.tzinfo)
    day_words = "yesterday" if asked.found["day"] == "yesterday" else "this"
    if start > now:  # asked in the morning, "in the evening" was yesterday's
        start, day_words = start - timedelta(days=1), "yesterday"
    end = min(datetime.combine(start.date(), last, now.tzinfo), now)
    return TimeSpan(start, end, f"{day_words} {part}")


def _day(asked: _Asked) -> TimeSpan:
    now = asked.now
    today = datetime.combine(now.date(), time(), now.tzinfo)
    if asked.found["day"] == "today":
        return TimeSpan(today, now, "today")
    return TimeSpan(today - timedelta(days=1), today, "yesterday")


def _weekday(asked: _Asked) -> TimeSpan:
    now = asked.now
    names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    back = (now.weekday() - names.index(asked.found["name"]) - 1) % 7 + 1
    start = datetime.combine(now.date() - timedelta(days=back), time(), now.tzinfo)
    return TimeSpan(start, start + timedelta(days=1), f"on {start:%A}")


def _this_week(asked: _Asked) -> TimeSpan:
    now = asked.now
    start = datetime.combine(now.date() - timedelta(days=now.weekday()), time(), now.tzinfo)
    return TimeSpan(start, now, "this week")


def _lately(asked: _Asked) -> TimeSpan:
    minutes = 5 if asked.found[0].endswith("now") else 30
    return TimeSpan(
        asked.now - timedelta(minutes=minutes), asked.now, f"in the last {minutes} minutes"
    )


_Reader = Callable[[_Asked], TimeSpan | None]
_TABLE: tuple[tuple[str, _Reader], ...] = (
    (rf"\b(in|during|over|within|for)? ?(the |these )?(last|past) {_AMOUNT}\b", _last),
    (rf"\b(in|within) {_AMOUNT}\b(?! ago)", _last),
    (rf"\b(?P<since>since |from )?{_AMOUNT} ago\b", _ago),
    (AWAY, _away),
    (rf"\bbetween (?P<start>{POINT}) and (?P<end>{POINT})\b", _between),
    (rf"\bfrom (?P<start>{POINT}) (to|until|till) (?P<end>{POINT})\b", _between),
    (rf"\b(since|after|from) (?P<point>{POINT})( on(wards)?)?(?!\w)", _since),
    (rf"\b(before|until|till|up to|by) (?P<point>{POINT})(?!\w)", _before),
    (
        r"\b(at|in the|during the|over ?|last|this|by) ?night(time)?\b|\btonight\b|\bovernight\b",
        _night,
    ),
    (r"\b(?P<day>this|yesterday|in the|during the) (?P<part>morning|afternoon|evening)\b", _part),
    (rf"\b(at|around|about) (?P<point>{POINT})(?!\w)", _around),
    (r"\b(?P<day>today|yesterday)\b", _day),
    (
        r"\b(on |last )?(?P<name>monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b",
        _weekday,
    ),
    (r"\bthis week\b", _this_week),
    (r"\b(just now|recently|lately)\b", _lately),
)
_PHRASES = tuple((re.compile(pattern), read) for pattern, read in _TABLE)
