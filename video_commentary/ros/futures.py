"""Results of other threads, awaited in coroutines on the ROS thread."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from typing import Any, TypeVar

from rclpy.node import Node
from rclpy.task import Future as RosFuture

Result = TypeVar("Result")


class Futures:
    """Brings results onto the ROS thread by a guard condition, which wakes the executor."""

    def __init__(self, node: Node) -> None:
        """Serve the coroutines of `node`."""
        self._done: deque[tuple[RosFuture, Any]] = deque()
        self._guard = node.create_guard_condition(self._deliver)

    def of(self, future: Future[Result]) -> RosFuture:
        """Return what a service callback may await in place of `future`."""
        awaited = RosFuture()
        future.add_done_callback(lambda done: self._finish(awaited, done.result()))
        return awaited

    def _finish(self, awaited: RosFuture, result: Any) -> None:
        self._done.append((awaited, result))
        self._guard.trigger()

    def _deliver(self) -> None:
        while self._done:
            awaited, result = self._done.popleft()
            awaited.set_result(result)
