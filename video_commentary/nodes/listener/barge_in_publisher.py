"""The state of barging in of all streams together, published while somebody speaks."""

from __future__ import annotations

import threading

from rclpy.node import Node

from video_commentary.msg import BargeIn

from ...listening.items import BargedIn, BargeInState
from ...ros.barge_in import REPEATED
from ...ros.qos import EVENTS
from ...ros.time import from_stamp
from ...ros.timers import every


class BargeInPublisher:
    """Publishes ~/barge_in: the strongest state of any stream.

    It is repeated while somebody speaks, so that whoever plays sound goes on if this node dies.
    """

    def __init__(self, node: Node) -> None:
        self._lock = threading.Lock()
        self._states: dict[str, BargedIn] = {}
        self._publisher = node.create_publisher(BargeIn, "~/barge_in", EVENTS)
        self._timer = every(node, REPEATED, self._repeat)

    def take(self, event: BargedIn) -> None:
        """Take a change of one stream; may be called on any thread."""
        with self._lock:
            self._states.pop(event.stream, None)
            if event.state is not BargeInState.NONE:
                self._states[event.stream] = event
            self._publish(self._strongest() or event)

    def _strongest(self) -> BargedIn | None:
        return max(self._states.values(), key=lambda event: event.state, default=None)

    def _repeat(self) -> None:
        with self._lock:
            if (strongest := self._strongest()) is not None:
                self._publish(strongest)

    def _publish(self, event: BargedIn) -> None:
        self._publisher.publish(
            BargeIn(stamp=from_stamp(event.stamp), state=int(event.state), stream=event.stream)
        )
