"""The WebSocket that carries everything the page shows and plays.

Browsers open about six HTTP/1.1 connections to a host, which separate streams for picture, events
and sound would use up with two tabs.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import asdict
from itertools import count
from typing import Any

from anyio import fail_after
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..core.audio import OUTPUT_FORMAT
from ..core.comment import Comment
from .context import Context
from .items import Cut, HeardUtterance, Loudness, Situation, Sound
from .limits import STALL_TIMEOUT, TooManyClientsError
from .microphone import BadSoundError, ClientMicrophone
from .watch_gateway import PublishedAlert
from .wire import (
    boxes_json,
    comment_json,
    picture_message,
    published_alert_json,
    sound_message,
)

_HISTORY_LENGTH = 50
_ALERTS = 20
_NUMBERS = count(1)
"""Of the clients, to name their microphones by."""


class ClientRequest(BaseModel):
    """What a client wants from now on; `behind`: seconds by which its sound plays late.

    `boxes`: what is in view, before each picture.
    """

    model_config = ConfigDict(extra="forbid")
    video: bool | None = None
    sound: bool | None = None
    boxes: bool | None = None
    behind: float | None = Field(None, ge=0.0, le=10.0)


def live_routes(context: Context) -> APIRouter:
    """Return the WebSocket."""
    routes = APIRouter()

    @routes.websocket("/api/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        try:
            with context.clients.enter("live"):
                await _Session(context, socket).run()
        except TooManyClientsError as error:
            await socket.close(1013, str(error))

    return routes


class _Session:
    """One client: a task each for pictures, other items, and the client's requests."""

    def __init__(self, context: Context, socket: WebSocket) -> None:
        self._context = context
        self._gateway = context.gateway
        self._socket = socket
        self._viewer = context.gateway.display.watch()
        self._subscriber = context.gateway.broadcast.subscribe(
            Comment, Situation, Sound, Cut, Loudness, PublishedAlert, HeardUtterance
        )
        self._last_id = context.gateway.history.last_id
        self._last_alert = context.gateway.alerts.last_id
        self._video = asyncio.Event()
        self._video.set()
        self._sound = False
        self._boxes = False
        self._microphone = ClientMicrophone(f"page-{next(_NUMBERS)}", context.gateway.robot)

    async def run(self) -> None:
        """Serve until the client leaves, stalls, or the bridge ends."""
        tasks = [
            asyncio.create_task(self._pictures()),
            asyncio.create_task(self._items()),
            asyncio.create_task(self._requests()),
            asyncio.create_task(self._context.closing.wait()),
        ]
        try:
            await self._send_json({"type": "hello", **self._hello()})
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except (WebSocketDisconnect, TimeoutError):
            pass
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            self._viewer.close()
            self._want_boxes(False)
            self._subscriber.close()
        with suppress(WebSocketDisconnect):
            await self._end(results)

    async def _end(self, results: list[Any]) -> None:
        if any(isinstance(result, TimeoutError) for result in results):
            self._context.clients.stalled += 1
            return
        failed = [r for r in results if isinstance(r, Exception)]
        expected = WebSocketDisconnect | _BadRequestError
        if unexpected := [r for r in failed if not isinstance(r, expected)]:
            raise unexpected[0]
        if bad := [r for r in failed if isinstance(r, _BadRequestError)]:
            await self._socket.close(1008, str(bad[0]))
        elif not failed:
            await self._socket.close(1001)

    def _hello(self) -> dict[str, Any]:
        comments = self._gateway.history.finals(_HISTORY_LENGTH)
        alerts = self._gateway.alerts.since(0)[-_ALERTS:]
        return {
            "rate": OUTPUT_FORMAT.rate,
            "history": [comment_json(number, comment) for number, comment in comments],
            "alerts": [published_alert_json(*alert) for alert in alerts],
            "status": self._context.status(),
        }

    async def _pictures(self) -> None:
        while True:
            await self._video.wait()
            frame = await self._viewer.next()
            if self._boxes:
                found = boxes_json(frame, self._gateway.boxes.at(frame.stamp))
                await self._send_json({"type": "boxes", **found})
            await self._send_bytes(picture_message(frame))

    async def _items(self) -> None:
        while True:
            item = await self._subscriber.next()
            if isinstance(item, Comment):
                for number, comment in self._gateway.history.since(self._last_id):
                    self._last_id = number
                    await self._send_json({"type": "comment", **comment_json(number, comment)})
            elif isinstance(item, Situation):
                delay = round(self._viewer.delay, 3)
                await self._send_json({"type": "status", **self._context.status(), "delay": delay})
            elif isinstance(item, PublishedAlert):
                for number, alert in self._gateway.alerts.since(self._last_alert):
                    self._last_alert = number
                    await self._send_json({"type": "alert", **published_alert_json(number, alert)})
            elif isinstance(item, Cut):
                await self._send_json({"type": "cut"})
            elif isinstance(item, Loudness):
                await self._send_json({"type": "loudness", "level": item.level})
            elif isinstance(item, HeardUtterance):
                await self._send_json({"type": "heard", **asdict(item)})
            elif self._sound:
                await self._send_bytes(sound_message(item, self._gateway.robot.now()))

    async def _requests(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message["code"])
            text = message.get("text")
            try:
                if text is None:
                    self._microphone.take(message["bytes"])
                else:
                    self._follow(ClientRequest.model_validate_json(text))
            except ValidationError as error:
                raise _BadRequestError(error.errors()[0]["msg"]) from None
            except BadSoundError as error:
                raise _BadRequestError(str(error)) from None

    def _follow(self, request: ClientRequest) -> None:
        if request.video is not None:
            (self._video.set if request.video else self._video.clear)()
        if request.sound is not None:
            self._sound = request.sound
        if request.boxes is not None:
            self._want_boxes(request.boxes)
        if request.behind is not None:
            self._viewer.behind = request.behind

    def _want_boxes(self, wanted: bool) -> None:
        if wanted != self._boxes:
            self._boxes = wanted
            (self._gateway.boxes.enter if wanted else self._gateway.boxes.leave)()

    async def _send_json(self, content: dict[str, Any]) -> None:
        with fail_after(STALL_TIMEOUT):
            await self._socket.send_text(json.dumps(content, ensure_ascii=False))

    async def _send_bytes(self, message: bytes) -> None:
        with fail_after(STALL_TIMEOUT):
            await self._socket.send_bytes(message)


class _BadRequestError(Exception):
    """The client sent something other than a ClientRequest or sound."""
