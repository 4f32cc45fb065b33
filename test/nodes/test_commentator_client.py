"""The client of the commentator's services: awaited on an event loop, called on the ROS thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from typing import Any, TypeVar

import pytest
from rcl_interfaces.srv import GetParameters
from video_commentary.srv import Say, SetInstruction

from test.nodes.graph import Probe, probe
from video_commentary.bridge.items import Reply
from video_commentary.nodes.bridge.commentator_client import CommentatorClient

T = TypeVar("T")


@pytest.fixture
def graph() -> Iterator[Probe]:
    with probe() as it:
        yield it


@pytest.fixture
def client(graph: Probe) -> CommentatorClient:
    return CommentatorClient(graph.node, "robot", "memory", "/phone/image_raw", "/camera/image_raw")


async def finished(graph: Probe, awaitable: Awaitable[T]) -> T:
    """Return the result, while the graph keeps running; raise what its callbacks raise."""
    task = asyncio.ensure_future(awaitable)
    while not task.done():
        graph.spin(0.01)
        await asyncio.sleep(0)
    return await task


def serve_instructions(graph: Probe, instructions: list[str]) -> None:
    def set_instruction(request: Any, response: Any) -> Any:
        instructions.append(request.instruction)
        response.success, response.message = True, "in force now"
        return response

    graph.node.create_service(SetInstruction, "robot/set_instruction", set_instruction)


def test_a_request_is_answered(graph: Probe, client: CommentatorClient) -> None:
    instructions: list[str] = []
    serve_instructions(graph, instructions)
    reply = asyncio.run(finished(graph, client.set_instruction("dogs")))
    assert (reply, instructions) == (Reply(True, "in force now"), ["dogs"])


def test_a_sentence_is_said_with_its_priority(graph: Probe, client: CommentatorClient) -> None:
    sentences: list[tuple[str, int, bool]] = []

    def say(request: Any, response: Any) -> Any:
        sentences.append((request.text, request.priority, request.interrupt))
        response.success, response.message = len(sentences) == 1, "too many sentences wait"
        return response

    graph.node.create_service(Say, "robot/say", say)
    assert asyncio.run(finished(graph, client.say("Hello.", "high", True))).success
    refused = asyncio.run(finished(graph, client.say("Bye.", "normal", False)))
    assert refused == Reply(False, "too many sentences wait")
    assert sentences == [("Hello.", Say.Request.HIGH, True), ("Bye.", Say.Request.NORMAL, False)]


def test_a_commentator_that_is_away_is_named(graph: Probe, client: CommentatorClient) -> None:
    reply = asyncio.run(finished(graph, client.set_source("phone")))
    assert (reply.success, reply.away) == (False, True)
    assert "is the commentator called robot running?" in reply.text
    assert "sports" in asyncio.run(finished(graph, client.profiles())), "our own profiles"


def test_a_request_that_is_cancelled_disturbs_no_other(
    graph: Probe, client: CommentatorClient
) -> None:
    async def scene() -> Reply:
        # Nobody serves it yet, so that it still waits when its caller gives up.
        task = asyncio.ensure_future(client.set_instruction("cats"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        serve_instructions(graph, instructions)
        return await finished(graph, client.set_instruction("dogs"))

    instructions: list[str] = []
    assert asyncio.run(scene()).success
    assert instructions[-1] == "dogs"


def test_a_response_that_can_not_be_read_is_an_error(
    graph: Probe, client: CommentatorClient
) -> None:
    # An empty response: no value for the parameter that was asked for.
    graph.node.create_service(GetParameters, "robot/get_parameters", lambda _, response: response)
    with pytest.raises(IndexError):
        asyncio.run(finished(graph, client.set_source("phone")))
