"""Instructions and questions by LiveKit's remote calls (RPC)."""

from __future__ import annotations

import json
from typing import Any

from livekit import rtc

from ..robot_gateway import RobotGateway

MOST = 2000
_BAD_REQUEST = 400


def answer_calls(participant: rtc.LocalParticipant, gateway: RobotGateway) -> None:
    """Answer set_instruction and ask, with the same JSON objects as the HTTP API takes.

    A call that can't be understood fails with code 400 and says what is wanted.
    """

    async def set_instruction(call: rtc.RpcInvocationData) -> str:
        reply = await gateway.steer(text(call.payload, "instruction", least=0))
        return json.dumps({"success": reply.success, "message": reply.text})

    async def ask(call: rtc.RpcInvocationData) -> str:
        question = text(call.payload, "question", least=1)
        reply = await gateway.ask(question, quiet=flag(call.payload, "quiet"))
        answer = {"success": reply.success, "answer": reply.text, "stamp": reply.stamp}
        return json.dumps(answer)

    participant.register_rpc_method("set_instruction", set_instruction)
    participant.register_rpc_method("ask", ask)


def text(payload: str, name: str, least: int) -> str:
    """Return a text of a JSON object, without space around it. Raise RpcError."""
    value = _object(payload, name).get(name)
    if not isinstance(value, str) or not least <= len(value.strip()) <= MOST:
        raise rtc.RpcError(_BAD_REQUEST, f"{name} has to be a text of {least} to {MOST} characters")
    # Halves of a pair, which JSON can hold, are no characters: ROS can't carry them.
    if value.encode(errors="ignore").decode() != value:
        raise rtc.RpcError(_BAD_REQUEST, f"{name} has a character that is none")
    return value.strip()


def flag(payload: str, name: str) -> bool:
    """Return true or false of a JSON object, false where it isn't there. Raise RpcError."""
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
