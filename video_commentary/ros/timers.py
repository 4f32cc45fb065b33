"""Timers that keep running while ROS time is paused."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.timer import Timer


def every(node: Node, seconds: float, callback: Callable[[], None]) -> Timer:
    """Call `callback` at this interval of the machine's clock.

    With `use_sim_time`, a node's ordinary timers stop while a bag is paused or has ended, and with
    them the diagnostics that would say so.
    """
    return node.create_timer(seconds, callback, clock=Clock(clock_type=ClockType.STEADY_TIME))
