"""Steering by remote calls from another participant."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from livekit import rtc

from test.bridge.serving import alert
from video_commentary.bridge.memory_gateway import HistoryQuery, MemoryRequestError
from video_commentary.core.memory_entry import EVENT, MemoryEntry

from .people import Bridge, bridge, credentials_for, person
from .server import LiveKitServer


def test_an_instruction_and_a_question_reach_the_commentator(server: LiveKitServer) -> None:
    async def scene() -> tuple[str, str, list[tuple[object, ...]]]:
        credentials = credentials_for(server)
        async with person(credentials) as ann, bridge(credentials) as robot:
            steered = await ann.call("set_instruction", '{"instruction": " Talk about dogs. "}')
            await ann.call("set_instruction", '{"instruction": ""}')
            await ann.call("ask", '{"question": "What is red?"}')
            answered = await ann.call("ask", '{"question": "What is red?", "quiet": true}')
            # Not on the web server's loop.
            assert robot.robot.threads == {"livekit"}
            return steered, answered, robot.robot.asked

    steered, answered, asked = asyncio.run(scene())
    assert json.loads(steered) == {"success": True, "message": "in force now"}
    assert json.loads(answered) == {"success": True, "answer": "in force now", "stamp": 12.5}
    assert asked == [
        ("instruction", "Talk about dogs."),
        ("instruction", ""),
        ("ask", "What is red?", False),
        ("ask", "What is red?", True),
    ]


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("say", {"text": "Hello.", "priority": "high", "interrupt": True}),
    ("history", {"kind": ["event"], "q": "car", "limit": 7}),
    ("recall", {"question": "When was the last car?", "from": 5}),
    ("recap", {"period": "today"}),
    ("add_watch", {"condition": "a dog", "name": "dog"}),
    ("list_watches", {}),
    ("remove_watch", {"id": 1}),
    ("remove_watch", {"id": 1}),
    ("alerts", {"limit": 1}),
]


def test_memory_watches_and_speech_are_called_likewise(server: LiveKitServer) -> None:
    async def scene() -> tuple[list[dict[str, Any]], Bridge]:
        credentials = credentials_for(server)
        async with person(credentials) as ann, bridge(credentials) as robot:
            fields: dict[str, Any] = {"kind": EVENT, "stamp": 1, "time": 2, "text": "a car"}
            robot.robot.memory.entries = [MemoryEntry(**fields, id=1, thumbnail=b"\xff")]
            robot.gateway.publish(alert("One."))
            robot.gateway.publish(alert("Two."))
            replies = [json.loads(await ann.call(m, json.dumps(sent))) for m, sent in CALLS]
            robot.robot.memory.error = MemoryRequestError("start the memory", away=True)
            for method, sent in CALLS[1:4]:
                replies.append(json.loads(await ann.call(method, json.dumps(sent))))
            return replies, robot

    replies, robot = asyncio.run(scene())
    said, history, recalled, recap, added, listed, removed, missing, alerts = replies[:9]
    assert said == {"success": True, "message": "in force now"}
    assert robot.robot.asked == [("say", "Hello.", "high", True)]
    (entry,) = history["entries"]
    assert (entry["text"], entry["thumbnail"]) == ("a car", None), "pictures are left out"
    assert recalled["answer"] == "The last car was at noon." and recalled["entries"] == [entry]
    assert (recap["text"], recap["kinds"]["comment"]) == ("A car came in.", 3)
    assert robot.robot.memory.asked[:3] == [
        HistoryQuery(kinds=("event",), words="car", limit=7),
        ("When was the last car?", 5.0, 0.0, 10),
        ("today", 0.0, 0.0),
    ]
    assert added == {"success": True, "id": 1, "message": "watching for: it is a dog"}
    assert [each["name"] for each in listed["watches"]] == ["dog"]
    assert removed == {"success": True, "message": "removed"}
    assert missing == {"success": False, "message": "there is no watch 1"}
    assert [each["text"] for each in alerts["alerts"]] == ["Two."]
    assert replies[9:] == [
        {"success": False, name: "start the memory"} for name in ("message", "answer", "text")
    ]


BAD = [
    ("set_instruction", "talk about dogs", "the payload is not valid JSON"),
    ("set_instruction", "[]", "the payload: Input should be an object"),
    ("set_instruction", '{"text": "dogs"}', "instruction: Field required"),
    ("set_instruction", json.dumps({"instruction": "a" * 2001}), "at most 2000 characters"),
    ("ask", '{"question": "  "}', "question: String should have at least 1 character"),
    ("ask", '{"question": "what \\ud800?"}', "the payload is not valid JSON"),
    ("ask", '{"question": "what?", "quiet": "perhaps"}', "quiet: Input should be a valid boolean"),
    ("add_watch", '{"condition": "a dog", "cooldown": 0}', "cooldown: Input should be greater"),
    ("alerts", '{"wait": 3600}', "wait: Input should be less than or equal to 50"),
]


def test_bad_calls_fail_and_say_what_is_expected(server: LiveKitServer) -> None:
    async def scene() -> list[tuple[object, ...]]:
        credentials = credentials_for(server)
        async with person(credentials) as ann, bridge(credentials) as robot:
            for method, payload, wanted in BAD:
                with pytest.raises(rtc.RpcError, match=wanted) as raised:
                    await ann.call(method, payload)
                assert raised.value.code == 400
            with pytest.raises(rtc.RpcError) as raised:
                await ann.call("shut_down", "{}")
            assert raised.value.code == rtc.RpcError.ErrorCode.UNSUPPORTED_METHOD
            return robot.robot.asked

    assert asyncio.run(scene()) == []
