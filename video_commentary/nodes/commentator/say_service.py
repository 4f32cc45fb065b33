"""~/say: sentences of the caller's."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node

from video_commentary.srv import Say

from ...core.announcement_queue import SpeechPriority
from ...core.control import Control

_PRIORITIES = {
    Say.Request.NORMAL: SpeechPriority.NORMAL,
    Say.Request.HIGH: SpeechPriority.HIGH,
}


class SayService:
    """Queues sentences; the commentator says them as it says comments."""

    def __init__(
        self,
        node: Node,
        control: Control,
        unready: Callable[[], str],
        unspoken: Callable[[], str],
    ) -> None:
        """`unready`: why nothing can be said now, `unspoken`: why not aloud; both empty if so."""
        self._control = control
        self._unready = unready
        self._unspoken = unspoken
        node.create_service(Say, "~/say", self._say)

    def _say(self, request: Say.Request, response: Say.Response) -> Say.Response:
        response.message = self._refused(request)
        response.success = not response.message
        if response.success:
            response.message = self._unspoken()
        return response

    def _refused(self, request: Say.Request) -> str:
        """Queue the sentence; return why it was refused, empty if it was not."""
        if reason := self._unready():
            return reason
        if request.priority not in _PRIORITIES:
            return f"priority: {request.priority} is neither NORMAL (0) nor HIGH (1)"
        try:
            self._control.say(
                request.text, _PRIORITIES[request.priority], interrupt=request.interrupt
            )
        except ValueError as error:
            return str(error)
        return ""
