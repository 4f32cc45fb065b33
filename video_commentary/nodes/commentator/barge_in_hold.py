"""The commentator gives way to people who speak, and waits for what they want."""

from __future__ import annotations

from rclpy.node import Node

from video_commentary.msg import BargeIn, Utterance

from ...core.control import Control
from ...core.hold import Hold
from ...ros.barge_in import BargeInSubscription
from ...ros.qos import EVENTS
from ...ros.timers import every

PATIENCE = 2.0
"""Seconds from the end of somebody's speech to the next comment, if nothing is made of it."""


class BargeInHold:
    """Drops the sentence under way while somebody speaks, and holds the next one.

    Comments go on once what was said has been acted upon, or `PATIENCE` seconds later.
    """

    def __init__(self, node: Node, listener: str, control: Control) -> None:
        """Follow the listener called `listener`; empty for none."""
        self._control = control
        self._heard = False  # what was said, while it was still being said
        self._timer = every(node, PATIENCE, self._go_on)
        self._timer.cancel()
        self._subscription = BargeInSubscription(node, listener, self._on_state)
        if listener:
            node.create_subscription(Utterance, f"{listener}/heard", self._on_heard, EVENTS)

    def _on_state(self, state: int) -> None:
        if state == BargeIn.STOP:
            self._heard = False
            self._timer.cancel()
            self._control.hold(Hold.EVERYTHING)
        elif self._control.held is not Hold.EVERYTHING:
            return
        elif self._heard:
            self._go_on()
        else:
            self._control.hold(Hold.COMMENTS)
            self._timer.reset()

    def _on_heard(self, message: Utterance) -> None:
        if not message.final:
            return
        self._heard = True
        if self._control.held is Hold.COMMENTS:
            self._go_on()

    def _go_on(self) -> None:
        self._timer.cancel()
        self._control.hold(Hold.NOTHING)
