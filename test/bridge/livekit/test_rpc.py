"""Steering by remote calls from another participant."""

from __future__ import annotations

import asyncio
import json

import pytest
from livekit import rtc

from .people import bridge, credentials_for, person
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


BAD = [
    ("set_instruction", "talk about dogs", 'JSON object with "instruction"'),
    ("set_instruction", "[]", 'JSON object with "instruction"'),
    ("set_instruction", '{"text": "dogs"}', "instruction has to be a text"),
    ("set_instruction", json.dumps({"instruction": "a" * 2001}), "0 to 2000 characters"),
    ("ask", '{"question": "  "}', "1 to 2000 characters"),
    ("ask", '{"question": "what \\ud800?"}', "an invalid character"),
    ("ask", '{"question": "what?", "quiet": "yes"}', "quiet has to be true or false"),
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
