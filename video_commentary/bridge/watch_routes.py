"""Watches and their alerts over HTTP."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Path, Response

from .context import Context
from .error_docs import error_docs, stream_docs
from .events import KEEPALIVE, resume_id, server_sent_event
from .request_bodies import WatchRequest
from .streaming import Chunks, StreamResponse
from .watch_gateway import PublishedAlert, WatchRequestError
from .wire import published_alert_json, watch_json

Number = Annotated[int, Path(ge=1, lt=2**32)]


def watch_routes(context: Context) -> APIRouter:
    """Return the routes for watches and the stream of alerts."""
    routes = APIRouter(prefix="/api", tags=["watches"])
    watches = context.gateway.robot.watches

    @routes.get("/watches", responses=error_docs(503))
    async def list_watches() -> dict[str, Any]:
        """Return all watches, the oldest first, with what each was understood as."""
        try:
            return {"watches": [watch_json(report) for report in await watches.list()]}
        except WatchRequestError as error:
            raise _refusal(error) from None

    @routes.post("/watches", responses=error_docs(400, 409, 422, 503))
    async def add_watch(body: WatchRequest) -> dict[str, Any]:
        """Watch for a condition; what can't be watched for is refused with what can."""
        try:
            number, message = await watches.add(**body.model_dump())
        except WatchRequestError as error:
            raise _refusal(error) from None
        return {"id": number, "message": message}

    @routes.delete("/watches/{number}", responses=error_docs(404, 422, 503))
    async def remove_watch(number: Number) -> dict[str, Any]:
        """Watch for this no longer."""
        try:
            return {"message": await watches.remove(number)}
        except WatchRequestError as error:
            raise _refusal(error) from None

    @routes.get("/alerts", response_class=Response, responses=stream_docs("text/event-stream"))
    async def alerts(last_event_id: Annotated[str | None, Header()] = None) -> Response:
        """Return `alert` events as they come; with Last-Event-ID, first the kept ones after it."""
        last_id = resume_id(last_event_id, context.gateway.alerts.last_id)
        return StreamResponse(context, "events", _alerts(context, last_id), "text/event-stream")

    return routes


async def _alerts(context: Context, last_id: int) -> Chunks:
    gateway = context.gateway
    subscriber = gateway.broadcast.subscribe(PublishedAlert)
    try:
        yield b"retry: 2000\n\n"
        while True:
            for number, item in gateway.alerts.since(last_id):
                last_id = number
                yield server_sent_event("alert", published_alert_json(number, item), number)
            try:
                await asyncio.wait_for(subscriber.next(), KEEPALIVE)
            except asyncio.TimeoutError:
                yield b": nothing new\n\n"
    finally:
        subscriber.close()


def _refusal(error: WatchRequestError) -> HTTPException:
    return HTTPException(503 if error.away else 404 if error.unknown else 409, str(error))
