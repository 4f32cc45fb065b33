"""The bridge's tools, called by the MCP SDK's own client: over HTTP, and over stdio."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp_types import CallToolResult

from test.bridge.mcp_clients import ACCEPT, CALL, over_http, over_stdio, pictures, result_of, words
from test.bridge.serving import Served, alert, comment, frames, jpeg, serve
from video_commentary.bridge.items import JpegFrame, PictureBox, Reply, Situation
from video_commentary.bridge.mcp_server import gateway_caller
from video_commentary.bridge.memory_gateway import MemoryRequestError
from video_commentary.bridge.watch_gateway import WatchRequestError
from video_commentary.core.memory_entry import EVENT, MemoryEntry

TOOLS = {
    "look",
    "ask",
    "recall",
    "recap",
    "instruct",
    "watch",
    "unwatch",
    "watches",
    "alerts",
    "say",
}
BOX = PictureBox(name="dog", track="7", score=0.876, left=200, top=100, right=400, bottom=300)


@pytest.fixture
def served(api: Served) -> Iterator[Served]:
    yield api
    api.robot.memory.clear()
    api.robot.watches.clear()


@asynccontextmanager
async def a_dog_in_view(web: Served) -> AsyncIterator[None]:
    """Show pictures of 160 x 120 made from 320 x 240, and boxes while somebody wants them."""

    async def film() -> None:
        while True:
            frames(web.gateway, time.time(), 10.0, 1, camera_size=(320, 240))
            if web.gateway.boxes.wanted:
                web.gateway.add_boxes("", time.time(), [BOX])
            await asyncio.sleep(0.05)

    task = asyncio.create_task(film())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def call_every_tool(client: Client, web: Served) -> None:
    called = set()

    async def call(tool: str, **arguments: Any) -> Any:
        called.add(tool)
        return await result_of(client, tool, **arguments)

    async with a_dog_in_view(web):
        looked = await client.call_tool("look", {})
    called.add("look")
    seen = json.loads(words(looked))
    assert pictures(looked) == [(160, 120)] and seen["size"] == [160, 120]
    dog = {"name": "dog", "track": "7", "score": 0.88, "box": [100, 50, 200, 150]}
    assert (seen["picture"], seen["things"]) == (1, [dog])
    assert seen["comments"][-1]["text"] == "A dog runs."
    assert (seen["camera"], seen["state"], seen["trouble"]) == (
        "/camera/image_raw",
        "watching",
        "",
    )

    answer = await call("ask", question=" Who is there? ", quiet=True)
    assert answer == {"answer": "in force now", "stamp": 12.5}
    assert await call("instruct", instruction="") == {"message": "in force now"}
    said = await call("say", text="Hello.", priority="high", interrupt=True)
    assert said == {"message": "in force now"}
    assert web.robot.asked == [
        ("ask", "Who is there?", True),
        ("instruction", ""),
        ("say", "Hello.", "high", True),
    ]

    recalled = await client.call_tool("recall", {"question": "When was the last car?", "from": 5})
    called.add("recall")
    past = json.loads(words(recalled))
    assert past["answer"] == "The last car was at noon."
    assert past["entries"][0]["event"]["who"] == "car" and past["entries"][0]["thumbnail"] == 1
    assert pictures(recalled) == [(160, 120)]
    assert (await call("recap", period="the last hour"))["counts"][0]["times"] == 1
    assert web.robot.memory.asked == [
        ("When was the last car?", 5.0, 0.0, 10),
        ("the last hour", 0.0, 0.0),
    ]

    number = (await call("watch", condition="a dog", name="dog"))["id"]
    assert [each["name"] for each in (await call("watches"))["watches"]] == ["dog"]
    assert await call("unwatch", id=number) == {"message": "removed"}
    assert web.robot.watches.reports == []

    listed = await client.call_tool("alerts", {})
    numbers = [each["thumbnail"] for each in json.loads(words(listed))["alerts"]]
    assert numbers == list(range(1, len(numbers) + 1)) and len(pictures(listed)) == len(numbers)
    newest = (await call("alerts", limit=1))["alerts"]
    assert [each["text"] for each in newest] == ["Two."]
    after = (await call("alerts", after=newest[0]["id"] - 1))["alerts"]
    assert after == newest
    assert called == {tool.name for tool in (await client.list_tools()).tools} == TOOLS


@pytest.mark.parametrize(
    "connect",
    [over_http, lambda url: over_http(url, "legacy"), over_stdio],
    ids=["http", "http with a handshake", "stdio"],
)
def test_a_client_calls_every_tool(served: Served, connect: Callable[[str], Any]) -> None:
    async def scene() -> None:
        async with connect(served.url) as client:
            await call_every_tool(client, served)

    thumbnail = alert().thumbnail
    fields: dict[str, Any] = {"kind": EVENT, "stamp": 1, "time": 2, "event": "enters", "who": "car"}
    served.robot.memory.entries = [MemoryEntry(**fields, id=1, thumbnail=thumbnail)]
    served.gateway.publish(comment())
    for text in ("One.", "Two."):
        served.gateway.publish(alert(text))
    asyncio.run(scene())


@pytest.mark.parametrize("connect", [over_http, over_stdio], ids=["http", "stdio"])
def test_a_long_call_does_not_hold_up_others(
    served: Served, connect: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    async def ask(question: str, _: bool) -> Reply:
        while not said:
            await asyncio.sleep(0.01)
        return Reply(True, f"{question} You said {said[0]}")

    async def say(text: str, *_: object) -> Reply:
        said.append(text)
        return Reply(True, "said")

    async def scene() -> str:
        async with connect(served.url) as client:
            waiting = asyncio.ensure_future(result_of(client, "ask", question="What?"))
            await asyncio.sleep(0.1)
            await result_of(client, "say", text="dog")
            return str((await waiting)["answer"])

    monkeypatch.setattr(served.robot, "ask", ask)
    monkeypatch.setattr(served.robot, "say", say)
    assert asyncio.run(scene()) == "What? You said dog"


def test_a_client_waits_for_the_next_alert(served: Served) -> None:
    async def scene() -> list[str]:
        async with over_http(served.url) as client:
            last = served.gateway.alerts.last_id
            waiting = asyncio.ensure_future(result_of(client, "alerts", after=last, wait=20))
            while not served.gateway.broadcast.subscribers:
                await asyncio.sleep(0.01)
            served.gateway.publish(alert("Three."))
            none = await result_of(client, "alerts", after=last + 1, wait=0.05)
            return [each["text"] for each in (await waiting)["alerts"] + none["alerts"]]

    assert asyncio.run(scene()) == ["Three."]
    assert served.gateway.broadcast.subscribers == 0


def test_what_goes_wrong_is_an_error_that_says_what_to_do(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> object:
        raise RuntimeError("secret of the inside")

    served.robot.memory.error = MemoryRequestError("start the memory", away=True)
    served.robot.watches.error = WatchRequestError("say who or what")
    served.robot.reply = Reply(False, "start the commentator", away=True)
    monkeypatch.setattr(served.robot, "say", fail)
    calls: list[tuple[str, dict[str, Any], str]] = [
        ("recall", {"question": "Who was there?"}, "start the memory"),
        ("recap", {}, "start the memory"),
        ("watch", {"condition": "?"}, "say who or what"),
        ("watches", {}, "say who or what"),
        ("unwatch", {"id": 1}, "say who or what"),
        ("instruct", {"instruction": "dogs"}, "start the commentator"),
        ("ask", {"question": "Who?"}, "start the commentator"),
        ("ask", {"question": "  "}, "question: String should have at least 1 character"),
        ("ask", {"question": "x" * 2001}, "question: String should have at most 2000 characters"),
        ("ask", {}, "question: Field required"),
        ("alerts", {"wait": 3600}, "wait: Input should be less than or equal to 50"),
        ("say", {"text": "x", "priority": "urgent"}, "priority: Input should be 'normal' or"),
        ("say", {"text": "x"}, "something failed here: see the bridge's log"),
    ]
    for tool, arguments, reason in calls:
        message = CALL | {"params": {"name": tool, "arguments": arguments}}
        body = json.dumps(message).encode()
        headers = ACCEPT | {"Content-Type": "application/json"}
        answer = httpx.post(f"{served.url}/mcp", content=body, headers=headers)
        result = CallToolResult.model_validate(answer.json()["result"])
        assert result.is_error and reason in words(result), (tool, words(result))
    call = gateway_caller(served.gateway)
    broken = asyncio.run(call("ask", {"question": "what \ud800?"}))
    assert broken.is_error and "question: Input should be a valid string" in words(broken)
    unknown = CALL | {"params": {"name": "shut_down"}}
    answer = httpx.post(f"{served.url}/mcp", json=unknown, headers=ACCEPT)
    assert "there is no tool 'shut_down': use look, ask" in answer.json()["error"]["message"]


def test_a_look_without_camera_or_boxes_says_so() -> None:
    async def look(web: Served) -> CallToolResult:
        async with over_http(web.url) as client:
            return await client.call_tool("look", {})

    with serve() as web:
        away = Situation(camera_trouble="start the camera", commentator_trouble="start it")
        web.gateway.publish(away)
        nothing = asyncio.run(look(web))
        assert nothing.is_error and words(nothing) == "start the camera"
        frames(web.gateway, time.time() - 60.0, 10.0, 2)
        seen = json.loads(words(asyncio.run(look(web))))
        assert seen["things"] is None and seen["trouble"] == "start the camera"
        assert 59.0 < seen["seconds_ago"] < 70.0
        web.gateway.add_frame(JpegFrame(jpeg(size=(1200, 1600)), time.time()))
        assert pictures(asyncio.run(look(web))) == [(1024, 768)]
        web.gateway.add_frame(JpegFrame(b"no JPEG", time.time()))
        assert "can't be decoded" in words(asyncio.run(look(web)))


def test_every_argument_is_described_and_bounded(served: Served) -> None:
    async def tools() -> list[Any]:
        async with over_http(served.url) as client:
            return list((await client.list_tools()).tools)

    for tool in asyncio.run(tools()):
        assert tool.description and tool.annotations.read_only_hint is not None
        for name, field in tool.input_schema["properties"].items():
            assert field["description"], f"{tool.name}: {name}"
            if field["type"] == "string":
                assert "maxLength" in field or "enum" in field, f"{tool.name}: {name}"
            elif field["type"] in ("number", "integer"):
                bounds = {"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"}
                assert all(bound & set(field) for bound in bounds), f"{tool.name}: {name}"
            else:
                assert field["type"] == "boolean"
