"""The route for comments and status as server-sent events."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from ..core.comment import Comment
from .context import Context
from .items import Situation
from .streaming import Chunks, StreamResponse
from .wire import comment_json

_KEEPALIVE = 15.0


def event_routes(context: Context) -> APIRouter:
    """Return the event stream."""
    routes = APIRouter(prefix="/api", tags=["events"])

    @routes.get("/stream", response_class=Response)
    async def stream(last_event_id: Annotated[str | None, Header()] = None) -> Response:
        """Return `comment` events (partial and final) and `status` events, once a second.

        With Last-Event-ID, begins with what came after it and is still kept.
        """
        last = context.gateway.journal.last
        if last_event_id is not None and last_event_id.isdecimal():
            last = int(last_event_id)
        return StreamResponse(context, "events", _events(context, last), "text/event-stream")

    return routes


async def _events(context: Context, last: int) -> Chunks:
    gateway = context.gateway
    listener = gateway.hub.listen(Comment, Situation)
    try:
        yield b"retry: 2000\n\n" + event("status", context.status())
        while True:
            for number, comment in gateway.journal.since(last):
                last = number
                yield event("comment", comment_json(number, comment), number)
            try:
                item = await asyncio.wait_for(listener.next(), _KEEPALIVE)
            except asyncio.TimeoutError:
                yield b": nothing new\n\n"
                continue
            if isinstance(item, Situation):
                yield event("status", context.status())
    finally:
        listener.close()


def event(name: str, content: dict[str, Any], number: int | None = None) -> bytes:
    """Return one server-sent event."""
    identity = f"id: {number}\n" if number is not None else ""
    text = json.dumps(content, ensure_ascii=False)
    return f"{identity}event: {name}\ndata: {text}\n\n".encode()
