"""HTTP responses that are sent as they come, with or without an end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from anyio import fail_after
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from .context import Context
from .limits import STALL_TIMEOUT, TooManyClientsError

Chunks = AsyncGenerator[bytes, None]


class StreamResponse(Response):
    """Sends chunks until the client leaves or stalls for `STALL_TIMEOUT` s, or the bridge ends."""

    def __init__(
        self,
        context: Context,
        kind: str,
        chunks: Chunks,
        media_type: str,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Send `chunks`; the client is counted as `kind`.

        With a Content-Length among the headers, a response that is cut short shows as such.
        """
        super().__init__(media_type=media_type, headers={"Cache-Control": "no-store"})
        del self.headers["content-length"]
        self.headers.update(headers or {})
        self._context = context
        self._kind = kind
        self._chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one client."""
        try:
            with self._context.clients.enter(self._kind):
                async with aclosing(self._chunks):
                    await self._serve(receive, send)
        except TooManyClientsError as error:
            refusal = JSONResponse({"detail": str(error)}, 503, {"Retry-After": "10"})
            await refusal(scope, receive, send)

    async def _serve(self, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        tasks = [
            asyncio.create_task(self._pump(send)),
            asyncio.create_task(_disconnected(receive)),
            asyncio.create_task(self._context.closing.wait()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        if isinstance(results[0], TimeoutError):
            # Don't send the end of the body, which would block as well: the server closes the
            # connection.
            self._context.clients.stalled += 1
        elif isinstance(results[0], Exception):
            raise results[0]
        elif results[0] is None or "content-length" not in self.headers:
            await send({"type": "http.response.body", "body": b""})

    async def _pump(self, send: Send) -> None:
        async for chunk in self._chunks:
            with fail_after(STALL_TIMEOUT):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
