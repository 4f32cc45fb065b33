"""Running a node as a process: one thread for ROS, one shutdown, gone within seconds."""

from __future__ import annotations

import faulthandler
import gc
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

from ..config.paths import share_dir
from ..config.process_env import for_images, tune_malloc

PATIENCE = 2.5
"""Seconds from a signal to the end; a node that takes longer prints its threads and is killed."""
FROZEN = 30.0
"""Seconds in which no Python ran, as when a native call never returns: the node ends likewise.

`ros2 launch` then starts it again. Long enough for torch to be read from a slow disk.
"""
HEARTBEAT = 5.0
"""Seconds between signs of life."""
MAKING = 1.5
"""Seconds for which the end waits for a node that is still being made, to free what it has."""


def run(create: Callable[[], Node]) -> None:
    """Spin the node until SIGINT or SIGTERM, then call its `destroy_node`, which stops its work.

    If it can't start, exit with a message: one sentence for a mistake in the parameters. A signal
    is no error, whenever it comes: the status is 0.
    """
    # Launch files set these before the process starts; without one it is too late for some of them.
    try:
        added = for_images(os.environ, share_dir() / "config")
    except ValueError as wrong:
        sys.exit(f"can't start: {wrong}")
    os.environ.update(added)
    tune_malloc(added)
    rclpy.init(args=sys.argv, signal_handler_options=SignalHandlerOptions.NO)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    spinner = _Spinner(create, stopping)
    spinner.start()
    faulthandler.dump_traceback_later(FROZEN, exit=True)
    while not stopping.wait(HEARTBEAT):
        faulthandler.dump_traceback_later(FROZEN, exit=True)
    # `ros2 launch` and the terminal may both send SIGINT: ignore the second.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    error = spinner.close()
    rclpy.try_shutdown()
    if error is not None:
        print(f"can't start: {error}", file=sys.stderr)
    # Python's own shutdown would take up to 4 s with torch loaded, and native threads of libraries
    # may abort in it.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0 if error is None else 1)


class _Spinner(threading.Thread):
    """Creates a node and spins it.

    Not on the main thread: Python runs signal handlers only there, and not while that thread waits
    inside rcl.
    """

    def __init__(self, create: Callable[[], Node], stopping: threading.Event) -> None:
        super().__init__(name="ros", daemon=True)
        self._create = create
        self._stopping = stopping
        self._executor = SingleThreadedExecutor()
        self._joining = threading.Lock()  # a node may not join an executor that is shutting down
        self._made = threading.Event()
        self._node: Node | None = None
        self._error: str | None = None

    def run(self) -> None:
        try:
            self._node = self._create()
        except Exception as error:  # noqa: BLE001 - reported by the main thread
            if not isinstance(error, (ValueError, ParameterException)):
                traceback.print_exc()
            self._error = str(error)
        self._made.set()
        if self._node is None:
            # Free what was created: its 35 MB of shared memory would stay in /dev/shm forever.
            gc.collect()
            self._stopping.set()
            return
        with self._joining:
            if self._stopping.is_set():
                return
            self._executor.add_node(self._node)
        self._spin(self._node)

    def _spin(self, node: Node) -> None:
        while not self._stopping.is_set():
            try:
                self._executor.spin()
            except ExternalShutdownException:
                self._stopping.set()
            except Exception:  # noqa: BLE001 - a callback that fails must not take the node down
                if self._stopping.is_set():  # the executor was shut down meanwhile
                    return
                node.get_logger().error(f"a callback failed:\n{traceback.format_exc()}")

    def close(self) -> str | None:
        """Stop spinning and destroy the node; return why creating it failed, None if it didn't.

        A node that is not destroyed leaves 35 MB in /dev/shm, so one that is being made is waited
        for.
        """
        made = self._made.wait(MAKING)
        with self._joining:
            self._executor.shutdown(timeout_sec=1.0)  # a callback that hangs must not keep us here
        if made:
            self.join(1.0)
        if self._node is not None:
            self._node.destroy_node()
        return self._error
