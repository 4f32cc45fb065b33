"""The Model Context Protocol: the table of calls as tools for assistants.

Served by the bridge over streamable HTTP, and by tools/mcp.py over stdio.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from mcp import MCPError
from mcp.server import Server, ServerRequestContext
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ContentBlock,
    ImageContent,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic import ValidationError

import video_commentary

from .limits import MAX_BODY
from .request_bodies import explain
from .robot_calls import ROBOT_CALLS, RobotCallError, split_pictures

if TYPE_CHECKING:
    from .robot_gateway import RobotGateway

ToolCaller = Callable[[str, dict[str, Any]], Coroutine[Any, Any, CallToolResult]]
"""Calls the tool of this name with these arguments; errors are in the result."""
_TOOLS = {call.tool: call for call in ROBOT_CALLS if call.tool}
_INSTRUCTIONS = """\
A robot with a camera and a commentator that talks about what the camera sees. `look` shows what is
there now, `ask` has the robot's own vision model answer, `recall` and `recap` are about the past.
`watch` raises alerts, which `alerts` returns. `say`, and `ask` unless it is quiet, speak aloud
where the robot is. An error says what to do. Times are in seconds since 1970."""
_MAX_PICTURES = 10
"""In one result: as many as entries and alerts if no other limit is given."""
_log = logging.getLogger(__name__)


def mcp_server(call_tool: ToolCaller) -> Server:
    """Return a server that offers the tools of the table, and calls them by `call_tool`."""
    tools = [_tool(name) for name in _TOOLS]
    schemas = {tool.name: tool.input_schema for tool in tools}

    async def on_list_tools(
        _: ServerRequestContext, __: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(tools=tools)

    async def on_call_tool(
        _: ServerRequestContext, params: CallToolRequestParams
    ) -> CallToolResult:
        if params.name not in _TOOLS:
            known = ", ".join(_TOOLS)
            raise MCPError(INVALID_PARAMS, f"there is no tool {params.name[:80]!r}: use {known}")
        return await call_tool(params.name, params.arguments or {})

    return Server(
        "video_commentary",
        version=video_commentary.__version__,
        title="Robot camera commentary",
        instructions=_INSTRUCTIONS,
        get_tool_input_schema=schemas.get,
        on_list_tools=on_list_tools,
        on_call_tool=on_call_tool,
    )


def mcp_sessions(gateway: RobotGateway) -> StreamableHTTPSessionManager:
    """Return what serves the tools over streamable HTTP, while its `run` is entered.

    Each request is complete in itself: no session outlives it, and no stream is held open. Who may
    send requests is the middleware's business.
    """
    return StreamableHTTPSessionManager(
        mcp_server(gateway_caller(gateway)),
        json_response=True,
        stateless=True,
        max_request_body_size=MAX_BODY,
    )


def gateway_caller(gateway: RobotGateway) -> ToolCaller:
    """Return what calls the tools on the robot behind `gateway`."""

    async def call_tool(name: str, arguments: dict[str, Any]) -> CallToolResult:
        call = _TOOLS[name]
        try:
            request = call.request.model_validate(arguments)
            return _success(await call(gateway, request))
        except ValidationError as error:
            return failure(explain(error.errors(), "the arguments"))
        except RobotCallError as error:
            return failure(str(error))
        except Exception:  # noqa: BLE001 - nothing of the inside goes to the client
            _log.exception("the tool %s failed", name)
            return failure("something failed here: see the bridge's log")

    return call_tool


def failure(reason: str) -> CallToolResult:
    """Return a tool's error; `reason` says what to do."""
    return CallToolResult(content=[TextContent(text=reason)], is_error=True)


def _success(result: Mapping[str, Any]) -> CallToolResult:
    words, pictures = split_pictures(result, _MAX_PICTURES)
    text = json.dumps(words, ensure_ascii=False)
    images = [ImageContent(data=data, mime_type="image/jpeg") for data in pictures]
    content: list[ContentBlock] = [*images, TextContent(text=text)]
    return CallToolResult(content=content)


def _tool(name: str) -> Tool:
    call = _TOOLS[name]
    return Tool(
        name=name,
        description=call.description,
        input_schema=call.request.model_json_schema(),
        # What changes something counts as destructive by default, so that clients ask first.
        annotations=ToolAnnotations(read_only_hint=call.reads, open_world_hint=False),
    )
