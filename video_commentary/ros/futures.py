"""Lets coroutines on the ROS thread await the results of other threads."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from typing import Any, TypeVar

from rclpy.node import Node
from rclpy.task import Future as RosFuture

Result = TypeVar("Result")


class Futures:
    """Passes results to the ROS thread through a guard condition, which wakes the executor."""

    def __init__(self, node: Node) -> None:
        self._done: deque[tuple[RosFuture, Any]] = deque()
        self._guard = node.create_guard_condition(self._deliver)

    def of(self, future: Future[Result]) -> RosFuture:
        """Return a ROS future of the same result, for a service callback to await."""
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
