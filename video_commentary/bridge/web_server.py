"""The web server, on its own thread."""

from __future__ import annotations

import asyncio
import socket
import threading

import uvicorn
from fastapi import FastAPI

from ..config.settings import BridgeSettings
from .access import is_loopback
from .app import create_app
from .context import Context
from .limits import MAX_BODY, STALL_TIMEOUT

_JOIN_TIMEOUT = 3.0


class WebServer:
    """Serves from construction to `close`."""

    def __init__(self, context: Context) -> None:
        """Listen at the address of the settings. Raise ValueError if it is taken."""
        self._context = context
        self._socket = _listen(context.settings)
        app: FastAPI = create_app(context)
        # TLS is left to a proxy. Its headers about client addresses are not trusted.
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            ws_max_size=MAX_BODY,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End all streams and stop."""
        self._server.should_exit = True
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._context.closing.set)
        self._thread.join(_JOIN_TIMEOUT)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve(sockets=[self._socket])


def _listen(settings: BridgeSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.listen else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Connections inherit the timeout. Without it, what is sent to a client that reads nothing
    # stays in the kernel's memory for as long as the client is connected.
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        timeout = round(2000 * STALL_TIMEOUT)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, timeout)
    try:
        listening.bind((settings.listen, settings.port))
    except OSError as error:
        listening.close()
        raise ValueError(
            f"can't listen on {settings.listen} port {settings.port} ({error.strerror}): "
            "set the parameter port or listen to another"
        ) from None
    return listening


def address(settings: BridgeSettings) -> str:
    """Return the URL of the page, one that other machines can open if the bridge lets them."""
    host = settings.listen
    if not is_loopback(host) and host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = socket.gethostname()
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
