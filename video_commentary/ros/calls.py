"""Services called from any thread, with an end to patience."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node

from .timers import every


class CallError(Exception):
    """A service isn't there or doesn't answer; the message says so."""


@dataclass(frozen=True, eq=False)
class _Call:
    client: Any
    request: Any
    deadline: float
    answer: Future[Any]


class Calls:
    """Makes the calls on the ROS thread, woken by a guard condition."""

    def __init__(self, node: Node) -> None:
        """Call for `node`."""
        self._asked: deque[_Call] = deque()
        self._waiting: dict[_Call, Any] = {}
        self._guard = node.create_guard_condition(self._start)
        every(node, 0.5, self._give_up)

    def call(self, client: Any, request: Any, patience: float) -> Future[Any]:
        """Return a future of the response; it raises CallError after `patience` seconds."""
        call = _Call(client, request, time.monotonic() + patience, Future())
        self._asked.append(call)
        self._guard.trigger()
        return call.answer

    def _start(self) -> None:
        while self._asked:
            call = self._asked.popleft()
            if not call.client.service_is_ready():
                call.answer.set_exception(CallError(f"nobody serves {call.client.srv_name}"))
                continue
            try:
                response = call.client.call_async(call.request)
            except Exception as error:  # noqa: BLE001 - a request that can't be sent, of any kind
                call.answer.set_exception(error)
                continue
            self._waiting[call] = response
            response.add_done_callback(lambda done, call=call: self._finish(call, done))

    def _finish(self, call: _Call, response: Any) -> None:
        if self._waiting.pop(call, None) is None:
            return
        if (error := response.exception()) is not None:
            call.answer.set_exception(error)
        else:
            call.answer.set_result(response.result())

    def _give_up(self) -> None:
        now = time.monotonic()
        for call in [call for call in self._waiting if call.deadline < now]:
            call.client.remove_pending_request(self._waiting.pop(call))
            call.answer.set_exception(CallError(f"no answer from {call.client.srv_name}"))
