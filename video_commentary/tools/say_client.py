"""Calling the commentator's services from a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_srvs.srv import SetBool

from video_commentary.action import Ask
from video_commentary.srv import Say, SetInstruction

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

    def ask(
        self, question: str, *, quiet: bool, on_words: Callable[[str], object]
    ) -> tuple[bool, str]:
        """Return whether there is an answer, and the answer or what is wrong.

        `on_words` gets the answer so far. An interrupt cancels the question.
        """
        client = ActionClient(self.node, Ask, f"{self.name}/ask")
        self._find(client.server_is_ready)
        goal = Ask.Goal(question=question, quiet=quiet)
        sent = client.send_goal_async(goal, lambda message: on_words(message.feedback.text))
        handle = self._result(sent, _SET)
        try:
            result = self._result(handle.get_result_async(), _ANSWER).result
        except KeyboardInterrupt:
            self._result(handle.cancel_goal_async(), _SET)
            raise
        finally:
            client.destroy()
        return result.success, result.answer

    def speak(self, text: str, *, high: bool, interrupt: bool) -> tuple[bool, str]:
        """Have a sentence said; return whether it will be, and the commentator's reply."""
        priority = Say.Request.HIGH if high else Say.Request.NORMAL
        request = Say.Request(text=text, priority=priority, interrupt=interrupt)
        response = self._call(Say, "say", request, _SET)
        return response.success, response.message or "it will be said"

    def enable(self, on: bool) -> tuple[bool, str]:
        """Comment or pause; return whether that succeeded, and the commentator's reply."""
        response = self._call(SetBool, "set_enabled", SetBool.Request(data=on), _SET)
        return response.success, response.message

    def _call(self, kind: Any, service: str, request: Any, timeout: float) -> Any:
        client = self.node.create_client(kind, f"{self.name}/{service}")
        self._find(client.service_is_ready)
        return self._result(client.call_async(request), timeout)

    def _find(self, is_ready: Callable[[], bool]) -> None:
        """Wait until a service or an action is there."""
        deadline = time.monotonic() + _FIND
        while not is_ready():
            if time.monotonic() > deadline:
                raise UnreachableError(f"no commentator at {self.name}: {self._advice()}")
            self.spin(0.05)

    def _result(self, future: Any, timeout: float) -> Any:
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
