"""LiveKit RPC methods for instructions and questions."""

from __future__ import annotations

import json
from typing import Any

from livekit import rtc

from ..robot_gateway import Robot

MAX_LENGTH = 2000
_BAD_REQUEST = 400


def register_rpc_methods(participant: rtc.LocalParticipant, robot: Robot) -> None:
    """Serve set_instruction and ask, with the same JSON objects as the HTTP API takes.

    A call with a bad payload fails with code 400 and says what is expected.
    """

    async def set_instruction(call: rtc.RpcInvocationData) -> str:
        reply = await robot.set_instruction(text_of(call.payload, "instruction", min_length=0))
        return json.dumps({"success": reply.success, "message": reply.text})

    async def ask(call: rtc.RpcInvocationData) -> str:
        question = text_of(call.payload, "question", min_length=1)
        reply = await robot.ask(question, flag_of(call.payload, "quiet"))
        answer = {"success": reply.success, "answer": reply.text, "stamp": reply.stamp}
        return json.dumps(answer)

    participant.register_rpc_method("set_instruction", set_instruction)
    participant.register_rpc_method("ask", ask)


def text_of(payload: str, name: str, min_length: int) -> str:
    """Return a text of a JSON object, stripped. Raise RpcError."""
    value = _object(payload, name).get(name)
    if not isinstance(value, str) or not min_length <= len(value.strip()) <= MAX_LENGTH:
        raise rtc.RpcError(
            _BAD_REQUEST, f"{name} has to be a text of {min_length} to {MAX_LENGTH} characters"
        )
    # JSON can carry unpaired surrogates; a ROS string can't.
    if value.encode(errors="ignore").decode() != value:
        raise rtc.RpcError(_BAD_REQUEST, f"{name} has an invalid character")
    return value.strip()


def flag_of(payload: str, name: str) -> bool:
    """Return a boolean of a JSON object, False if it is missing. Raise RpcError."""
    value = _object(payload, name).get(name, False)
    if not isinstance(value, bool):
        raise rtc.RpcError(_BAD_REQUEST, f"{name} has to be true or false")
    return value


def _object(payload: str, name: str) -> dict[str, Any]:
    try:
        value = json.loads(payload)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise rtc.RpcError(_BAD_REQUEST, f'the payload has to be a JSON object with "{name}"')
    return value
