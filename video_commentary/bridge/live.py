"""The WebSocket that carries everything the page shows and plays, on one connection.

Browsers open about six HTTP/1.1 connections a host: picture, events and sound of two tabs would
use them up.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from anyio import fail_after
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..core.audio import OUTPUT_FORMAT
from ..core.comment import Comment
from .context import Context
from .items import Cut, Situation, Sound
from .limits import STALLED, FullError
from .wire import comment_json, picture_message, sound_message

_HISTORY = 50


class Wish(BaseModel):
    """What a client says: what it wants, and by how many seconds its sound is heard too late."""

    model_config = ConfigDict(extra="forbid")
    video: bool | None = None
    sound: bool | None = None
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
        except FullError as error:
            await socket.close(1013, str(error))

    return routes


class _Session:
    """One client: a task each for pictures, for all else, and for what it says."""

    def __init__(self, context: Context, socket: WebSocket) -> None:
        self._context = context
        self._gateway = context.gateway
        self._socket = socket
        self._viewer = context.gateway.display.watch()
        self._listener = context.gateway.hub.listen(Comment, Situation, Sound, Cut)
        self._seen = context.gateway.journal.last
        self._video = asyncio.Event()
        self._video.set()
        self._sound = False

    async def run(self) -> None:
        """Serve until the client leaves, stalls, or the bridge ends."""
        jobs = (self._pictures(), self._items(), self._wishes(), self._context.closing.wait())
        tasks = [asyncio.create_task(job) for job in jobs]
        try:
            await self._say({"type": "hello", **self._hello()})
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except (WebSocketDisconnect, TimeoutError):
            pass
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            self._viewer.close()
            self._listener.close()
        with suppress(WebSocketDisconnect):
            await self._end(results)

    async def _end(self, results: list[Any]) -> None:
        if any(isinstance(result, TimeoutError) for result in results):
            self._context.clients.stalled += 1
            return
        failed = [r for r in results if isinstance(r, Exception)]
        unexpected = [r for r in failed if not isinstance(r, WebSocketDisconnect | _WishError)]
        if unexpected:
            raise unexpected[0]
        if wish := [r for r in failed if isinstance(r, _WishError)]:
            await self._socket.close(1008, str(wish[0]))
        elif not failed:
            await self._socket.close(1001)

    def _hello(self) -> dict[str, Any]:
        comments = self._gateway.journal.finals(_HISTORY)
        return {
            "rate": OUTPUT_FORMAT.rate,
            "history": [comment_json(number, comment) for number, comment in comments],
            "status": self._context.status(),
        }

    async def _pictures(self) -> None:
        while True:
            await self._video.wait()
            await self._send(picture_message(await self._viewer.next()))

    async def _items(self) -> None:
        while True:
            item = await self._listener.next()
            if isinstance(item, Comment):
                for number, comment in self._gateway.journal.since(self._seen):
                    self._seen = number
                    await self._say({"type": "comment", **comment_json(number, comment)})
            elif isinstance(item, Situation):
                delay = round(self._viewer.delay, 3)
                await self._say({"type": "status", **self._context.status(), "delay": delay})
            elif isinstance(item, Cut):
                await self._say({"type": "cut"})
            elif self._sound:
                await self._send(sound_message(item, self._gateway.robot.now()))

    async def _wishes(self) -> None:
        while True:
            text = await self._socket.receive_text()
            try:
                wish = Wish.model_validate_json(text)
            except ValidationError as error:
                raise _WishError(error.errors()[0]["msg"]) from None
            if wish.video is not None:
                (self._video.set if wish.video else self._video.clear)()
            if wish.sound is not None:
                self._sound = wish.sound
            if wish.behind is not None:
                self._viewer.behind = wish.behind

    async def _say(self, content: dict[str, Any]) -> None:
        with fail_after(STALLED):
            await self._socket.send_text(json.dumps(content, ensure_ascii=False))

    async def _send(self, message: bytes) -> None:
        with fail_after(STALLED):
            await self._socket.send_bytes(message)


class _WishError(Exception):
    """What the client said makes no sense."""
