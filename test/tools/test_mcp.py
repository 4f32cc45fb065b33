"""The program that an assistant starts, before a bridge that is away, odd, or wants a token."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from test.bridge.mcp_clients import ROOT, TOKEN, words
from test.bridge.serving import serve
from test.ports import free_port
from video_commentary.bridge.access import TOKEN_VARIABLE
from video_commentary.tools import mcp as program

WRONG = "another-long-token"


def run(*arguments: str, token: str = "", given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "video_commentary.tools.mcp", *arguments],
        cwd=ROOT,
        env=dict(os.environ) | {TOKEN_VARIABLE: token},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_starts_before_the_bridge_and_keeps_the_token_to_itself() -> None:
    port = free_port()

    async def scene(token: str, log: Any) -> list[tuple[bool, str]]:
        parameters = StdioServerParameters(
            command=sys.executable,
            args=["-m", "video_commentary.tools.mcp", "--url", f"http://127.0.0.1:{port}/mcp/"],
            env=dict(os.environ) | {TOKEN_VARIABLE: token},
            cwd=ROOT,
        )
        async with Client(stdio_client(parameters, errlog=log)) as client:
            assert len((await client.list_tools()).tools) == 10
            before = await client.call_tool("watches", {})
            with serve({TOKEN_VARIABLE: TOKEN}, port=port):
                after = await client.call_tool("watches", {})
            return [(result.is_error, words(result)) for result in (before, after)]

    with tempfile.TemporaryFile("w+") as log:
        away, there = asyncio.run(scene(TOKEN, log))
        away_too, refused = asyncio.run(scene(WRONG, log))
        log.seek(0)
        assert log.read() == ""
    assert away[0] and away == away_too
    assert f"can't reach the bridge at http://127.0.0.1:{port} (" in away[1]
    assert "start it with ros2 run video_commentary bridge" in away[1]
    assert there == (False, '{"watches": []}')
    assert refused[0] and "a token is needed" in refused[1]
    assert not any(TOKEN in text or WRONG in text for _, text in (away, there, refused))


@pytest.mark.parametrize(
    ("status", "content", "reason"),
    [
        (
            404,
            b"<html>",
            "what answers at http://robot is not a bridge (status 404)",
        ),
        (200, b"[]", "is not a bridge"),
        (200, b'{"result": {"content": 5}}', "is not a bridge"),
        (429, b'{"detail": "too many requests: wait 2 s"}', "too many requests: wait 2 s"),
        (200, b'{"error": {"code": -32602, "message": "no such tool"}}', "no such tool"),
        (None, b"", "no answer from the bridge at http://robot (ReadTimeout): see its log"),
    ],
)
def test_an_odd_reply_is_an_error_that_says_what_to_do(
    status: int | None, content: bytes, reason: str
) -> None:
    def reply(request: httpx2.Request) -> httpx2.Response:
        if status is None:
            raise httpx2.ReadTimeout("")
        return httpx2.Response(status, content=content)

    async def scene() -> tuple[bool, str]:
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(reply)) as client:
            result = await program.BridgeTools(client, "http://robot").call("watches", {})
            return result.is_error, words(result)

    failed, text = asyncio.run(scene())
    assert failed and reason in text


def test_it_ends_with_its_input() -> None:
    done = run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "token", "reason"),
    [
        (["--url", "robot:8199"], "", "such as http://robot:8199"),
        (["--url", "http://me:secret-word@robot"], "", "not into the URL"),
        ([], "secret-word\nin two lines", "a character that a token can't have"),
    ],
)
def test_bad_arguments_are_refused_without_being_shown(
    arguments: list[str],
    token: str,
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    with pytest.raises(SystemExit):
        program.main(arguments)
    said = capsys.readouterr().err
    assert reason in said and "secret-word" not in said
