"""LiveKit RPC methods: the table of calls, for participants who may publish data."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from livekit import rtc
from pydantic import ValidationError

from ..request_bodies import explain
from ..robot_calls import ROBOT_CALLS, RobotCall, RobotCallError, split_pictures
from ..robot_gateway import RobotGateway

_BAD_REQUEST = 400
_Handler = Callable[[rtc.RpcInvocationData], Awaitable[str]]


def register_rpc_methods(participant: rtc.LocalParticipant, gateway: RobotGateway) -> None:
    """Serve the calls of the table, with the same JSON objects as the HTTP API takes.

    A result has `success` too; without it, the field in words says what is wrong. A call with a
    bad payload fails with code 400 and says what is expected. Results have no pictures.
    """
    for call in ROBOT_CALLS:
        if call.method:
            participant.register_rpc_method(call.method, _handler(call, gateway))


def _handler(call: RobotCall, gateway: RobotGateway) -> _Handler:
    async def handle(invocation: rtc.RpcInvocationData) -> str:
        try:
            request = call.request.model_validate_json(invocation.payload or "{}")
        except ValidationError as error:
            reason = explain(error.errors(), "the payload")
            raise rtc.RpcError(_BAD_REQUEST, reason) from None
        try:
            result, _ = split_pictures({"success": True, **await call(gateway, request)})
        except RobotCallError as error:
            result = {"success": False, call.words: str(error)}
        return json.dumps(result, ensure_ascii=False)

    return handle
