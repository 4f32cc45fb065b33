"""Timers that go on when ROS time stands still."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.timer import Timer


def every(node: Node, seconds: float, callback: Callable[[], None]) -> Timer:
    """Call `callback` every so many seconds of the machine's clock.

    With `use_sim_time` a node's own timers stop while a bag is paused or over, and with them all
    that says so.
    """
    return node.create_timer(seconds, callback, clock=Clock(clock_type=ClockType.STEADY_TIME))
