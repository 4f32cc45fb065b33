"""Services called from any thread, with an end to patience."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from rclpy.node import Node

from .timers import every

FIND = 2.0
"""Seconds that DDS has to discover a service: new nodes do not see each other at once."""
_POLL = 0.05


class CallError(Exception):
    """A service isn't there or doesn't answer; the message says so."""


@dataclass(frozen=True, eq=False)
class _Call:
    client: Any
    request: Any
    found_by: float
    deadline: float
    answer: Future[Any]


class Calls:
    """Makes the calls on the ROS thread, woken by a guard condition."""

    def __init__(self, node: Node) -> None:
        """Call for `node`."""
        self._asked: deque[_Call] = deque()
        self._unsent: list[_Call] = []
        self._waiting: dict[_Call, Any] = {}
        self._guard = node.create_guard_condition(self._start)
        self._timer = every(node, _POLL, self._look)
        self._timer.cancel()  # until there is a call

    def call(self, client: Any, request: Any, patience: float) -> Future[Any]:
        """Return a future of the response; it raises CallError after `patience` seconds.

        A service that is not there gets FIND seconds to appear.
        """
        now = time.monotonic()
        call = _Call(client, request, now + min(FIND, patience), now + patience, Future())
        self._asked.append(call)
        self._guard.trigger()
        return call.answer

    def _start(self) -> None:
        while self._asked:
            self._unsent.append(self._asked.popleft())
        self._timer.reset()
        self._look()

    def _look(self) -> None:
        now = time.monotonic()
        for call in [call for call in self._unsent if call.client.service_is_ready()]:
            self._unsent.remove(call)
            self._send(call)
        for call in [call for call in self._unsent if call.found_by < now]:
            self._unsent.remove(call)
            call.answer.set_exception(CallError(f"nobody serves {call.client.srv_name}"))
        for call in [call for call in self._waiting if call.deadline < now]:
            call.client.remove_pending_request(self._waiting.pop(call))
            call.answer.set_exception(CallError(f"no answer from {call.client.srv_name}"))
        if not (self._unsent or self._waiting):
            self._timer.cancel()

    def _send(self, call: _Call) -> None:
        try:
            response = call.client.call_async(call.request)
        except Exception as error:  # noqa: BLE001 - a request that can't be sent, of any kind
            call.answer.set_exception(error)
            return
        self._waiting[call] = response
        response.add_done_callback(lambda done: self._finish(call, done))

    def _finish(self, call: _Call, response: Any) -> None:
        if self._waiting.pop(call, None) is None:
            return
        if (error := response.exception()) is not None:
            call.answer.set_exception(error)
        else:
            call.answer.set_result(response.result())
