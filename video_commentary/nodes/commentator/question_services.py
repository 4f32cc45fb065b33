"""~/ask, as a service and as an action: one way to an answer for both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.action import ActionServer, CancelResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node

from video_commentary.action import Ask as AskAction
from video_commentary.srv import Ask

from ...core.cancel import CancelToken
from ...core.control import Control
from ...core.prompting import checked_question
from ...core.questions import WITHDRAWN, Answer, PendingQuestion, checked_sound
from ...ros.futures import Futures
from ...ros.time import from_stamp
from .memory_questions import MemoryQuestions


class QuestionServices:
    """Takes questions about the present and the past. Several wait for each other.

    Its coroutines run on the ROS thread, which never waits for an answer.
    """

    def __init__(
        self, node: Node, control: Control, memory: str, unready: Callable[[], str]
    ) -> None:
        """`memory`: the memory's name. `unready`: why nothing can be answered now; else empty."""
        self._control = control
        self._unready = unready
        self._futures = Futures(node)
        self._memory = MemoryQuestions(node, self._futures, memory)
        self._cancels: dict[bytes, CancelToken] = {}
        # An answer takes as long as the engine: in its own group, the coroutine that waits
        # for it blocks no other callback.
        group = ReentrantCallbackGroup()
        node.create_service(Ask, "~/ask", self._serve, callback_group=group)
        self._action = ActionServer(
            node,
            AskAction,
            "~/ask",
            self._execute,
            callback_group=group,
            cancel_callback=self._cancel,
        )

    def close(self) -> None:
        """Destroy the action server, which would keep the node."""
        self._action.destroy()

    async def _serve(self, request: Ask.Request, response: Ask.Response) -> Ask.Response:
        return _filled(response, await self._answer(request))

    async def _execute(self, goal: Any) -> AskAction.Result:
        def progress(text: str) -> None:
            goal.publish_feedback(AskAction.Feedback(text=text))

        cancel = self._cancel_token(goal)
        answer = await self._answer(goal.request, progress, cancel)
        del self._cancels[_key(goal)]
        if answer.success:
            goal.succeed()
        elif goal.is_cancel_requested:
            goal.canceled()
        else:
            goal.abort()
        return _filled(AskAction.Result(), answer)

    def _cancel(self, goal: Any) -> CancelResponse:
        self._cancel_token(goal).cancel()
        return CancelResponse.ACCEPT

    def _cancel_token(self, goal: Any) -> CancelToken:
        """Return a goal's token, made by whichever comes first: its execution or its end."""
        return self._cancels.setdefault(_key(goal), CancelToken())

    async def _answer(
        self,
        request: Any,
        progress: Callable[[str], object] = lambda _: None,
        cancel: CancelToken | None = None,
    ) -> Answer:
        """Return the answer to a request or goal, or why there is none."""
        cancel = cancel or CancelToken()
        if reason := self._unready():
            return Answer(False, reason)
        try:
            question = checked_question(request.question)
            sound = checked_sound(bytes(request.sound))
            remembered = await self._memory.find(question, cancel)
            if cancel.cancelled:
                return Answer(False, WITHDRAWN)
            future = self._control.ask_pending(
                PendingQuestion(question, request.quiet, remembered, progress, cancel, sound=sound)
            )
        except ValueError as error:
            return Answer(False, str(error))
        answer: Answer = await self._futures.of(future)
        return answer


def _key(goal: Any) -> bytes:
    return bytes(goal.goal_id.uuid)


def _filled(response: Any, answer: Answer) -> Any:
    response.success = answer.success
    response.answer = answer.text
    response.stamp = from_stamp(answer.stamp)
    return response
