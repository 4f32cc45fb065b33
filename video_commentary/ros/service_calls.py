"""Service calls from any thread, with a timeout."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from rclpy.node import Node

from .timers import every

DISCOVERY_TIMEOUT = 2.0
"""Seconds for DDS to discover a service: new nodes do not see each other at once."""
_POLL = 0.05


class ServiceCallError(Exception):
    """A service isn't there or doesn't answer; the message says which."""


def _running() -> Future[Any]:
    # As the executors of concurrent.futures do: a caller that gives up can't cancel it any more,
    # so the ROS thread may always set its result.
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()
    return future


@dataclass(frozen=True, eq=False)
class _Call:
    client: Any
    request: Any
    discovery_deadline: float
    deadline: float
    response: Future[Any] = field(default_factory=_running)


class ServiceCaller:
    """Makes the calls on the ROS thread, which a guard condition wakes."""

    def __init__(self, node: Node) -> None:
        self._new: deque[_Call] = deque()
        self._unsent: list[_Call] = []
        self._sent: dict[_Call, Any] = {}
        self._guard = node.create_guard_condition(self._start)
        self._timer = every(node, _POLL, self._poll)
        self._timer.cancel()  # until there is a call

    def call(self, client: Any, request: Any, timeout: float) -> Future[Any]:
        """Return a future of the response; it raises ServiceCallError after `timeout` seconds.

        A service that is not there gets DISCOVERY_TIMEOUT seconds to appear.
        """
        now = time.monotonic()
        call = _Call(client, request, now + min(DISCOVERY_TIMEOUT, timeout), now + timeout)
        self._new.append(call)
        self._guard.trigger()
        return call.response

    def _start(self) -> None:
        while self._new:
            self._unsent.append(self._new.popleft())
        self._timer.reset()
        self._poll()

    def _poll(self) -> None:
        now = time.monotonic()
        for call in [call for call in self._unsent if call.client.service_is_ready()]:
            self._unsent.remove(call)
            self._send(call)
        for call in [call for call in self._unsent if call.discovery_deadline < now]:
            self._unsent.remove(call)
            error = ServiceCallError(f"nobody serves {call.client.srv_name}")
            call.response.set_exception(error)
        for call in [call for call in self._sent if call.deadline < now]:
            call.client.remove_pending_request(self._sent.pop(call))
            error = ServiceCallError(f"no answer from {call.client.srv_name}")
            call.response.set_exception(error)
        if not (self._unsent or self._sent):
            self._timer.cancel()

    def _send(self, call: _Call) -> None:
        try:
            response = call.client.call_async(call.request)
        except Exception as error:  # noqa: BLE001 - whatever rclpy raises for a bad request
            call.response.set_exception(error)
            return
        self._sent[call] = response
        response.add_done_callback(lambda done: self._finish(call, done))

    def _finish(self, call: _Call, response: Any) -> None:
        if self._sent.pop(call, None) is None:
            return
        if (error := response.exception()) is not None:
            call.response.set_exception(error)
        else:
            call.response.set_result(response.result())
