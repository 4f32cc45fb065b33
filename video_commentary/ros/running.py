"""Running a node as a process: one spin, one shutdown, gone within a second."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions


def run(create: Callable[[], Node]) -> None:
    """Spin the node until SIGINT or SIGTERM, then call its `destroy_node`, which stops its work.

    Exits with a message where it can't start: a mistake in the parameters is told in one sentence.
    """
    rclpy.init(args=sys.argv, signal_handler_options=SignalHandlerOptions.NO)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        node = create()
    except (ValueError, ParameterException) as error:
        rclpy.try_shutdown()
        sys.exit(f"can't start: {error}")
    # Spun on a thread of its own: Python runs signal handlers on the main thread only, and not
    # while that waits inside rcl.
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    spinner = threading.Thread(target=_spin, args=(executor, node, stopping), daemon=True)
    spinner.start()
    stopping.wait()
    # `ros2 launch` and the terminal may both send SIGINT: the second must not cut this short.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    executor.shutdown(timeout_sec=1.0)  # a callback that hangs must not keep us here
    spinner.join(1.0)
    node.destroy_node()
    rclpy.try_shutdown()
    # All is ended. Python's own end would only take time (4 s where torch is loaded), and native
    # threads of libraries may abort in it.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _spin(executor: SingleThreadedExecutor, node: Node, stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            executor.spin()
        except ExternalShutdownException:
            stopping.set()
        except Exception:  # noqa: BLE001 - a callback that fails must not take the node down
            node.get_logger().error(f"a callback failed:\n{traceback.format_exc()}")
