"""Routes about the past: what the memory keeps, and questions to it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from .context import Context
from .error_docs import error_docs
from .memory_gateway import HistoryQuery, MemoryRequestError
from .request_bodies import MAX_PAGE, Kind, RecallBody, RecapBody, Time
from .wire import entry_json, recap_json


def history_routes(context: Context) -> APIRouter:
    """Return the route for the entries of the memory."""
    routes = APIRouter(prefix="/api", tags=["memory"], responses=error_docs())
    memory = context.gateway.robot.memory

    @routes.get("/history", responses=error_docs(409, 422, 503))
    async def history(
        start: Annotated[Time, Query(alias="from")] = 0.0,
        end: Annotated[Time, Query(alias="to")] = 0.0,
        kind: Annotated[list[Kind] | None, Query(description="repeat it for several")] = None,
        q: Annotated[str, Query(max_length=200, description="words that must occur")] = "",
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
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

    return routes


def recall_routes(context: Context) -> APIRouter:
    """Return the routes for questions about the past."""
    routes = APIRouter(prefix="/api", tags=["memory"], responses=error_docs())
    memory = context.gateway.robot.memory

    @routes.post("/recall", responses=error_docs(400, 409, 422, 503))
    async def recall(body: RecallBody) -> dict[str, Any]:
        """Answer a question about the past, with the entries that the answer rests on."""
        try:
            answer = await memory.recall(body.question, body.start, body.end, body.limit)
        except MemoryRequestError as error:
            raise _refusal(error) from None
        entries = [entry_json(entry) for entry in answer.entries]
        return {"answer": answer.text, "entries": entries}

    @routes.post("/recap", responses=error_docs(400, 409, 422, 503))
    async def recap(body: RecapBody) -> dict[str, Any]:
        """Return what happened in a time: a paragraph, the numbers, and the newest entries."""
        try:
            return recap_json(await memory.recap(body.period, body.start, body.end))
        except MemoryRequestError as error:
            raise _refusal(error) from None

    return routes


def _refusal(error: MemoryRequestError) -> HTTPException:
    return HTTPException(503 if error.away else 409, str(error))
