"""What everybody who plays the commentator's sound, or makes it, hears of people who speak."""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.node import Node

from video_commentary.msg import BargeIn

from .qos import EVENTS
from .timers import every

REPEATED = 0.5
"""Seconds between two messages of a state other than NONE."""
LOST_AFTER = 3 * REPEATED
"""Seconds without a message after which the listener counts as gone, and nobody speaks."""
LEVELS = {BargeIn.NONE: 1.0, BargeIn.DUCK: 0.2, BargeIn.STOP: 0.0}
"""Gain of the robot's sound in each state; ducked it is 14 dB quieter."""


class BargeInSubscription:
    """Calls `on_state` with each change of the state, a constant of BargeIn, on the ROS thread.

    If the listener falls silent in another state than NONE, that counts as NONE.
    """

    def __init__(self, node: Node, listener: str, on_state: Callable[[int], None]) -> None:
        """Follow the listener called `listener`; empty for none."""
        self._on_state = on_state
        self._state = BargeIn.NONE
        self._heard_at = 0.0
        self._timer = every(node, REPEATED, self._check)
        self._timer.cancel()  # while nobody speaks
        if listener:
            node.create_subscription(BargeIn, f"{listener}/barge_in", self._on_message, EVENTS)

    def _on_message(self, message: BargeIn) -> None:
        if message.state not in LEVELS:
            return
        self._heard_at = time.monotonic()
        self._change(message.state)

    def _check(self) -> None:
        if time.monotonic() - self._heard_at > LOST_AFTER:
            self._change(BargeIn.NONE)

    def _change(self, state: int) -> None:
        if state == self._state:
            return
        self._state = state
        if state == BargeIn.NONE:
            self._timer.cancel()
        else:
            self._timer.reset()
        self._on_state(state)
