"""Let an assistant talk to a robot: the Model Context Protocol on standard input and output.

The assistant starts this program. Its tools are those of a running bridge, which it calls over
HTTP; the bridge's token comes from VIDEO_COMMENTARY_TOKEN.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..config.settings import BridgeSettings

if TYPE_CHECKING:
    import httpx2
    from mcp_types import CallToolResult

_TOKEN_VARIABLE = "VIDEO_COMMENTARY_TOKEN"  # noqa: S105 - its name, not a token
_CONNECT_TIMEOUT = 5.0
_REPLY_TIMEOUT = 120.0
"""Seconds: the bridge itself gives up on a question after 90."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until standard input ends; return the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    token = os.environ.get(_TOKEN_VARIABLE, "").strip()
    if not (token.isascii() and token.isprintable()):
        parser.error(f"{_TOKEN_VARIABLE}: it has a character that a token can't have")
    if sys.stdin.isatty():
        print("An assistant starts this program; see docs/mcp.md. Ctrl-C ends it.", file=sys.stderr)
    # The thread that reads standard input can't be interrupted, so end as a program without Python.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    asyncio.run(_serve(options.url, token))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mcp", description=__doc__)
    parser.add_argument(
        "--url",
        type=_bridge_url,
        default=f"http://127.0.0.1:{BridgeSettings().port}",
        help="the bridge's address (default: %(default)s)",
    )
    return parser


def _bridge_url(text: str) -> str:
    """Return the URL of the page; raise ArgumentTypeError if it is not a bridge's."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise argparse.ArgumentTypeError("give the bridge's address, such as http://robot:8199")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError(f"put the token into {_TOKEN_VARIABLE}, not into the URL")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/mcp')}"


async def _serve(url: str, token: str) -> None:
    import httpx2
    from mcp.server.stdio import stdio_server

    from ..bridge.mcp_server import mcp_server

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    timeout = httpx2.Timeout(_REPLY_TIMEOUT, connect=_CONNECT_TIMEOUT)
    async with httpx2.AsyncClient(headers=headers, timeout=timeout) as client:
        bridge = BridgeTools(client, url)
        server = mcp_server(bridge.call)
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())


class BridgeTools:
    """The tools of the bridge at `url`; each call is a request of its own."""

    def __init__(self, client: httpx2.AsyncClient, url: str) -> None:
        """Call by `client`, which sends the token."""
        self._client = client
        self._url = url

    async def call(self, name: str, arguments: dict[str, Any]) -> CallToolResult:
        """Return the tool's result; what goes wrong on the way there is its error."""
        import httpx2

        from ..bridge.mcp_server import failure

        try:
            response = await self._post(name, arguments)
        except httpx2.ConnectError as error:
            return failure(
                f"can't reach the bridge at {self._url} ({error}): start it with ros2 run "
                "video_commentary bridge, or give its address with --url"
            )
        except httpx2.HTTPError as error:
            reason = str(error) or type(error).__name__
            return failure(f"no answer from the bridge at {self._url} ({reason}): see its log")
        return _result(response, self._url)

    async def _post(self, name: str, arguments: dict[str, Any]) -> httpx2.Response:
        from mcp_types.version import LATEST_HANDSHAKE_VERSION

        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": name, "arguments": arguments},
        }
        headers = {
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": LATEST_HANDSHAKE_VERSION,
        }
        return await self._client.post(f"{self._url}/mcp", json=message, headers=headers)


def _result(response: httpx2.Response, url: str) -> CallToolResult:
    """Return what the bridge replied, a refusal as an error."""
    from mcp_types import CallToolResult

    from ..bridge.mcp_server import failure

    try:
        body = response.json()
        if "detail" in body:
            return failure(str(body["detail"]))
        if "error" in body:
            return failure(str(body["error"]["message"]))
        return CallToolResult.model_validate(body["result"])
    except (ValueError, TypeError, KeyError):
        # pydantic's errors are ValueErrors.
        status = response.status_code
        return failure(f"what answers at {url} is not a bridge (status {status}): correct --url")


if __name__ == "__main__":
    sys.exit(main())
