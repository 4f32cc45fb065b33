"""Calling the commentator's services from a terminal."""

from __future__ import annotations

import time
from typing import Any

from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_srvs.srv import SetBool

from video_commentary.srv import Ask, SetInstruction

HOW_TO_START = "start it with `ros2 launch video_commentary commentary.launch.py` or `make demo`"
_FIND = 5.0
"""Seconds to look for the commentator: discovery takes up to a few on a busy network."""
_SET = 5.0
"""Seconds to wait until a setting is in force."""
_ANSWER = 60.0
"""Seconds to wait for the answer to a question."""


class UnreachableError(Exception):
    """The commentator isn't running or doesn't answer; the message says what to do."""


class SayClient:
    """A ROS node that calls one commentator; `name` includes its namespace."""

    def __init__(self, name: str) -> None:
        self.name = "/" + name.strip("/")
        self._context = Context()
        self._context.init()
        self.node: Any = Node("say", context=self._context, use_global_arguments=False)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)

    def spin(self, seconds: float) -> bool:
        """Handle one message, waiting at most `seconds`; return False when ROS is shut down."""
        self._executor.spin_once(timeout_sec=seconds)
        return bool(self._context.ok())

    def close(self) -> None:
        """Destroy the node."""
        self._executor.shutdown()
        self.node.destroy_node()
        self._context.try_shutdown()

    def instruct(self, text: str) -> tuple[bool, str]:
        """Return whether the instruction is in force, and the commentator's reply."""
        request = SetInstruction.Request(instruction=text)
        response = self._call(SetInstruction, "set_instruction", request, _SET)
        return response.success, response.message

    def ask(self, question: str, *, quiet: bool) -> tuple[bool, str]:
        """Return whether there is an answer, and the answer or what is wrong."""
        request = Ask.Request(question=question, quiet=quiet)
        response = self._call(Ask, "ask", request, _ANSWER)
        return response.success, response.answer

    def enable(self, on: bool) -> tuple[bool, str]:
        """Comment or pause; return whether that succeeded, and the commentator's reply."""
        response = self._call(SetBool, "set_enabled", SetBool.Request(data=on), _SET)
        return response.success, response.message

    def _call(self, kind: Any, service: str, request: Any, timeout: float) -> Any:
        client = self.node.create_client(kind, f"{self.name}/{service}")
        deadline = time.monotonic() + _FIND
        while not client.service_is_ready():
            if time.monotonic() > deadline:
                raise UnreachableError(f"no commentator at {self.name}: {self._advice()}")
            self.spin(0.05)
        future: Any = client.call_async(request)
        deadline = time.monotonic() + timeout
        while not future.done():
            if time.monotonic() > deadline:
                raise UnreachableError(
                    f"{self.name} did not answer within {timeout:.0f} s: see /diagnostics and "
                    "its log"
                )
            self.spin(0.05)
        return future.result()

    def _advice(self) -> str:
        """Name the commentators that are running, or say how to start one."""
        kind = "video_commentary/srv/SetInstruction"
        services = self.node.get_service_names_and_types()
        found = sorted(name.rpartition("/")[0] for name, kinds in services if kind in kinds)
        others = [name for name in found if name != self.name]
        if others:
            return "found " + " and ".join(f"--node {name}" for name in others)
        return HOW_TO_START
