"""Comments and status as server-sent events."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from ..core.comment import Comment
from .context import Context
from .error_docs import stream_docs
from .items import Situation
from .streaming import Chunks, StreamResponse
from .wire import comment_json

KEEPALIVE = 15.0
_MAX_DIGITS = 20


def event_routes(context: Context) -> APIRouter:
    """Return the event stream."""
    routes = APIRouter(prefix="/api", tags=["events"])

    @routes.get("/stream", response_class=Response, responses=stream_docs("text/event-stream"))
    async def stream(last_event_id: Annotated[str | None, Header()] = None) -> Response:
        """Return `comment` events (partial and final) and `status` events, once a second.

        With Last-Event-ID, begins with the kept comments after it.
        """
        last_id = resume_id(last_event_id, context.gateway.history.last_id)
        return StreamResponse(context, "events", _events(context, last_id), "text/event-stream")

    return routes


async def _events(context: Context, last_id: int) -> Chunks:
    gateway = context.gateway
    subscriber = gateway.broadcast.subscribe(Comment, Situation)
    try:
        yield b"retry: 2000\n\n" + server_sent_event("status", context.status())
        while True:
            for number, comment in gateway.history.since(last_id):
                last_id = number
                yield server_sent_event("comment", comment_json(number, comment), number)
            try:
                item = await asyncio.wait_for(subscriber.next(), KEEPALIVE)
            except asyncio.TimeoutError:
                yield b": nothing new\n\n"
                continue
            if isinstance(item, Situation):
                yield server_sent_event("status", context.status())
    finally:
        subscriber.close()


def resume_id(last_event_id: str | None, newest: int) -> int:
    """Return the id after which a stream begins: that of Last-Event-ID, or else `newest`."""
    sent = last_event_id or ""
    return int(sent) if sent.isdecimal() and len(sent) <= _MAX_DIGITS else newest


def server_sent_event(name: str, content: dict[str, Any], number: int | None = None) -> bytes:
    """Return one server-sent event."""
    event_id = f"id: {number}\n" if number is not None else ""
    text = json.dumps(content, ensure_ascii=False)
    return f"{event_id}event: {name}\ndata: {text}\n\n".encode()
