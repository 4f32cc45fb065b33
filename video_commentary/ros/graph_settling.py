"""When DDS has met the nodes that were there before this one."""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.node import Node

from .timers import every

EARLIEST, SETTLED, LATEST = 0.3, 0.2, 0.7
"""Seconds: the shortest wait, without a node that joins or leaves, and the longest wait."""
_STEP = 0.05


class GraphSettling:
    """Judges from the number of nodes known whether those that are there have been met."""

    def __init__(self, now: float) -> None:
        self._begun = self._changed = now
        self._nodes = 0

    def is_over(self, now: float, nodes: int) -> bool:
        """Return whether to wait no longer. `nodes`: how many are known, this one included."""
        if nodes != self._nodes:
            self._nodes, self._changed = nodes, now
        waited = now - self._begun
        settled = nodes > 1 and now - self._changed >= SETTLED
        return waited >= LATEST or (settled and waited >= EARLIEST)


def when_graph_settles(node: Node, callback: Callable[[], None]) -> None:
    """Call `callback` once, when DDS has met those who listen already."""
    settling = GraphSettling(time.monotonic())

    def look() -> None:
        if settling.is_over(time.monotonic(), len(node.get_node_names())):
            timer.cancel()
            node.destroy_timer(timer)
            callback()

    timer = every(node, _STEP, look)
