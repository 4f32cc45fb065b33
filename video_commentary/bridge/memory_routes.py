"""Routes about the past: what the memory keeps, and questions to it."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field

from ..core.memory_entry import MemoryEntry
from ..core.prompting import MAX_INSTRUCTION
from ..core.stamp import to_seconds
from .context import Context
from .error_docs import error_docs
from .location_json import location_json
from .memory_gateway import HistoryQuery, MemoryRequestError

_LATEST = 2_000_000_000.0
"""Seconds since 1970; the seconds of a ROS message end in 2038."""
Time = Annotated[float, Field(ge=0.0, le=_LATEST)]
Kind = Literal["comment", "event", "alert", "answer"]


class RecallBody(BaseModel):
    """A question about the past. `from`, `to`: bounds of the time, seconds since 1970."""

    question: Annotated[str, Field(min_length=1, max_length=MAX_INSTRUCTION, pattern=r"\S")]
    start: Annotated[Time, Field(alias="from")] = 0.0
    end: Annotated[Time, Field(alias="to")] = 0.0
    limit: Annotated[int, Field(ge=1, le=100)] = 10


def memory_routes(context: Context) -> APIRouter:
    """Return the routes of the memory."""
    routes = APIRouter(prefix="/api", tags=["memory"], responses=error_docs())
    memory = context.gateway.robot.memory

    @routes.get("/history", responses=error_docs(409, 422, 503))
    async def history(
        start: Annotated[Time, Query(alias="from", description="seconds since 1970")] = 0.0,
        end: Annotated[Time, Query(alias="to", description="seconds since 1970")] = 0.0,
        kind: Annotated[list[Kind] | None, Query(description="repeat it for several")] = None,
        q: Annotated[str, Query(max_length=200, description="words that must occur")] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: Annotated[str, Query(max_length=50, description="of the page before")] = "",
        after: Annotated[
            int, Query(ge=0, lt=2**63, description="an id: only what was stored later")
        ] = 0,
        thumbnails: bool = False,
    ) -> dict[str, Any]:
        """Return a page of what was said and seen, the newest first, and the next one's cursor."""
        query = HistoryQuery(
            start=start,
            end=end,
            kinds=tuple(kind or ()),
            words=q,
            cursor=cursor,
            after=after,
            limit=limit,
            thumbnails=thumbnails,
        )
        try:
            page = await memory.history(query)
        except MemoryRequestError as error:
            raise _refusal(error) from None
        return {"entries": [entry_json(entry) for entry in page.entries], "cursor": page.cursor}

    @routes.post("/recall", responses=error_docs(400, 409, 422, 503))
    async def recall(body: RecallBody) -> dict[str, Any]:
        """Answer a question about the past, with the entries that the answer rests on."""
        try:
            answer = await memory.recall(body.question, body.start, body.end, body.limit)
        except MemoryRequestError as error:
            raise _refusal(error) from None
        entries = [entry_json(entry) for entry in answer.entries]
        return {"answer": answer.text, "entries": entries}

    return routes


def entry_json(entry: MemoryEntry) -> dict[str, Any]:
    """Return an entry; times in seconds, its picture as a data URL, null without one."""
    event = None
    if entry.event:
        event = {
            "kind": entry.event,
            "who": entry.who,
            "where": entry.where,
            "count": entry.count,
            "at_least": entry.at_least,
            "colour": entry.colour,
        }
    picture = base64.b64encode(entry.thumbnail).decode()
    return {
        "id": entry.id,
        "kind": entry.kind,
        "time": to_seconds(entry.time),
        "stamp": to_seconds(entry.stamp),
        "camera": entry.camera,
        "text": entry.text,
        "question": entry.question,
        "event": event,
        "place": location_json(entry.location),
        "thumbnail": f"data:image/jpeg;base64,{picture}" if picture else None,
    }


def _refusal(error: MemoryRequestError) -> HTTPException:
    return HTTPException(503 if error.away else 409, str(error))
