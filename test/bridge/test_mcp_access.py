"""Who may call the bridge's tools: the rules are those of the HTTP API."""

from __future__ import annotations

import asyncio
import traceback
from typing import Any

import httpx

from test.bridge.mcp_clients import ACCEPT, CALL, TOKEN, over_http
from test.bridge.serving import serve
from video_commentary.bridge.access import TOKEN_VARIABLE


def test_the_rules_of_the_bridge_hold_for_tools_too() -> None:
    with serve({TOKEN_VARIABLE: TOKEN}) as web:
        right = {"Authorization": f"Bearer {TOKEN}"}

        def post(headers: dict[str, str], **body: Any) -> int:
            sent = body or {"json": CALL}
            return httpx.post(f"{web.url}/mcp", headers=ACCEPT | headers, **sent).status_code

        assert post(right) == 200
        assert post({}) == 401
        assert post({"Authorization": f"Bearer {TOKEN}x"}) == 401
        assert post(right | {"Host": "evil.example"}) == 421
        assert post(right | {"Origin": "http://evil.example"}) == 403
        assert post(right | {"Origin": web.url}) == 200
        assert post(right, content=b" " * 65_537) == 413
        assert post(right, content=iter([b"{}"])) == 411
        for method in ("GET", "DELETE"):
            refused = httpx.request(method, f"{web.url}/mcp", headers=ACCEPT | right)
            assert refused.status_code == 405, "no session and no stream is held"
        assert web.robot.asked == []


def test_a_client_that_may_not_is_refused() -> None:
    right = {"Authorization": f"Bearer {TOKEN}"}
    wrong: list[dict[str, str]] = [
        {},
        {"Authorization": f"Bearer {TOKEN}x"},
        right | {"Host": "evil.example"},
        right | {"Origin": "http://evil.example"},
    ]

    async def outcome(url: str, headers: dict[str, str]) -> str:
        try:
            async with over_http(url, **headers) as client:
                return str(len((await client.list_tools()).tools))
        except Exception as error:  # noqa: BLE001 - in groups, as anyio raises them
            return "".join(traceback.format_exception(error))

    with serve({TOKEN_VARIABLE: TOKEN}) as web:
        assert asyncio.run(outcome(web.url, right)) == "10"
        for headers in wrong:
            refused = asyncio.run(outcome(web.url, headers))
            assert "MCPError: Server returned an error response" in refused
            assert TOKEN not in refused
