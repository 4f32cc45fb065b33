"""The MCP SDK's own client over HTTP and over stdio, and what it gets."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import cv2
import httpx2
import numpy as np
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, ImageContent, TextContent

from video_commentary.bridge.access import TOKEN_VARIABLE

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-long-enough-token"
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "watches"}}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@asynccontextmanager
async def over_http(url: str, mode: str = "auto", **headers: str) -> AsyncIterator[Client]:
    async with httpx2.AsyncClient(headers=headers, timeout=20) as http:
        transport = streamable_http_client(f"{url}/mcp", http_client=http)
        async with Client(transport, mode=mode) as client:
            yield client


@asynccontextmanager
async def over_stdio(url: str, token: str = TOKEN) -> AsyncIterator[Client]:
    program = StdioServerParameters(
        command=sys.executable,
        args=["-m", "video_commentary.tools.mcp", "--url", url],
        env=dict(os.environ) | {TOKEN_VARIABLE: token},
        cwd=ROOT,
    )
    async with Client(program) as client:
        yield client


def words(result: CallToolResult) -> str:
    """Return the text of a result."""
    (text,) = [part.text for part in result.content if isinstance(part, TextContent)]
    return text


def pictures(result: CallToolResult) -> list[tuple[int, int]]:
    """Return width and height of the pictures of a result."""
    sizes = []
    for part in result.content:
        if isinstance(part, ImageContent):
            assert part.mime_type == "image/jpeg"
            image = cv2.imdecode(
                np.frombuffer(base64.b64decode(part.data), np.uint8), cv2.IMREAD_COLOR
            )
            assert image is not None
            sizes.append((image.shape[1], image.shape[0]))
    return sizes


async def result_of(client: Client, tool: str, **arguments: Any) -> Any:
    """Return what a tool answers; fail if it is an error."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return json.loads(words(result))
