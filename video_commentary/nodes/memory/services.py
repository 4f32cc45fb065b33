"""What the memory's services reply; each runs on a thread that may wait for the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from video_commentary.srv import History, Recall, Recap

from ...core.memory_entry import ALERT, ANSWER, COMMENT, ENTRY_KINDS, EVENT
from ...core.stamp import NANOSECONDS, Stamp
from ...memory.clock_words import to_datetime
from ...memory.filters import EntryFilter
from ...memory.reader import MemoryReadError, reading, search_words
from ...memory.recall import recall
from ...memory.recall_items import RecallRequest
from ...memory.recap import recap
from ...memory.time_spans import find_span
from ...ros.memory_messages import entry_message
from ...ros.time import from_stamp
from .messages import bounds, count_message

MAX_PAGE = 200
"""Entries in one reply: with their pictures, a megabyte."""
_PAGE = 50
_RECALLED = 10
_HOUR = 3600 * NANOSECONDS


class MemoryServices:
    """Replies from the database at `path`. A reply without success says what is wrong."""

    def __init__(self, path: Path, now: Callable[[], Stamp]) -> None:
        """`now`: this machine's time."""
        self._path = path
        self._now = now

    def recall(self, request: Recall.Request, response: Recall.Response) -> Recall.Response:
        """Answer a question about the past."""

        def reply() -> None:
            start, end = bounds(request)
            limit = request.limit or _RECALLED
            asked = RecallRequest(question=request.question, start=start, end=end, limit=limit)
            with reading(self._path) as reader:
                answer = recall(reader, asked, self._now())
            response.answer = answer.text
            response.entries = [entry_message(entry) for entry in answer.entries]

        return replied(response, "answer", reply)

    def recap(self, request: Recap.Request, response: Recap.Response) -> Recap.Response:
        """Say what happened in a time."""

        def reply() -> None:
            now = self._now()
            with reading(self._path) as reader:
                asked = reader.last_time(ANSWER, now)
                start, end = self._period(request, now, asked)
                summary = recap(reader, start, end, to_datetime(now, None))
            response.text = summary.text
            response.start, response.end = from_stamp(start), from_stamp(end)
            response.comments = summary.kinds.get(COMMENT, 0)
            response.events = summary.kinds.get(EVENT, 0)
            response.alerts = summary.kinds.get(ALERT, 0)
            response.answers = summary.kinds.get(ANSWER, 0)
            response.counts = [count_message(count) for count in summary.facts]
            response.entries = [entry_message(entry) for entry in summary.entries]

        return replied(response, "text", reply)

    def history(self, request: History.Request, response: History.Response) -> History.Response:
        """Give a page of what is remembered."""

        def reply() -> None:
            limit = request.limit or _PAGE
            if limit > MAX_PAGE:
                raise ValueError(f"limit: {limit} is above {MAX_PAGE}")
            with reading(self._path) as reader:
                if request.after:
                    entries = reader.after(request.after, limit, request.thumbnails)
                else:
                    page = reader.page(
                        _filter(request),
                        limit=limit,
                        cursor=request.cursor,
                        thumbnails=request.thumbnails,
                    )
                    entries, response.cursor = list(page.entries), page.cursor
            response.entries = [entry_message(entry) for entry in entries]

        return replied(response, "message", reply)

    def _period(
        self, request: Recap.Request, now: Stamp, asked: Stamp | None
    ) -> tuple[Stamp, Stamp]:
        start, end = bounds(request)
        if request.period.strip():
            last_asked = None if asked is None else to_datetime(asked + NANOSECONDS, None)
            moment = to_datetime(now, None)
            span, _ = find_span(request.period.lower(), moment, last_asked)
            if span is None:
                raise ValueError(
                    f"period: {request.period!r} is not understood; say it like the last hour, "
                    "today, last night, since noon, between 2 and 4 pm, or yesterday morning"
                )
            return span.bounds(moment)
        end = min(end, now + NANOSECONDS)
        start = start or end - _HOUR
        if start > end:
            raise ValueError("start: it is later than end")
        return start, end


def _filter(request: History.Request) -> EntryFilter:
    start, end = bounds(request)
    unknown = sorted({*request.kinds} - {*ENTRY_KINDS})
    if unknown:
        raise ValueError(f"kinds: {unknown[0]!r} is not one of {', '.join(ENTRY_KINDS)}")
    words = search_words(request.query)
    if request.query.strip() and not words:
        raise ValueError(f"query: there is no word in {request.query!r}")
    chosen = EntryFilter(kinds=tuple(request.kinds), words=words)
    return replace(chosen, start=start, end=end)


def replied(response: Any, message: str, reply: Callable[[], None]) -> Any:
    """Return the response, with what is wrong in its field `message` if `reply` fails."""
    try:
        reply()
        response.success = True
    except (ValueError, MemoryReadError) as error:
        setattr(response, message, str(error))
    except Exception as error:  # noqa: BLE001 - the caller must get a reply
        setattr(response, message, f"{type(error).__name__}: {error}")
    return response
