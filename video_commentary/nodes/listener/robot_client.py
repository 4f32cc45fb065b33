"""What the listener asks of the robot: the services of a commentator."""

from __future__ import annotations

import array
from concurrent.futures import Future
from typing import Any

from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter, parameter_value_to_python
from std_srvs.srv import SetBool

from video_commentary.srv import AddWatch, Ask, RemoveWatch, Say, SetInstruction

from ...core.audio import Pcm
from ...listening.acts import ActFailedError
from ...ros.service_calls import ServiceCaller, ServiceCallError

_TIMEOUT = 5.0
_ASK_TIMEOUT = 90.0
"""Seconds: an engine may be slow, and other questions may be waiting before this one."""


class RobotClient:
    """Calls services and waits for them: never on the ROS thread, which makes the calls."""

    def __init__(self, node: Node, commentator: str) -> None:
        """Create the clients of the commentator of this name."""
        self._logger = node.get_logger()
        self._caller = ServiceCaller(node)
        self._commentator = commentator
        client = node.create_client
        self._set_instruction = client(SetInstruction, f"{commentator}/set_instruction")
        self._ask = client(Ask, f"{commentator}/ask")
        self._say = client(Say, f"{commentator}/say")
        self._set_enabled = client(SetBool, f"{commentator}/set_enabled")
        self._add_watch = client(AddWatch, f"{commentator}/add_watch")
        self._remove_watch = client(RemoveWatch, f"{commentator}/remove_watch")
        self._get_parameters = client(GetParameters, f"{commentator}/get_parameters")
        self._set_parameters = client(SetParameters, f"{commentator}/set_parameters")

    def set_instruction(self, instruction: str) -> str:
        """Set what to talk about, and have it talked about now; return the one before."""
        request = SetInstruction.Request(instruction=instruction)
        response = self._checked(self._call(self._set_instruction, request))
        return str(response.previous)

    def instruction(self) -> str:
        """Return the instruction in force."""
        return str(self._parameter("instruction"))

    def ask(self, question: str, sound: Pcm | None = None) -> str:
        """Have a question about now or the past answered aloud; return the answer.

        `sound`: the question as it was spoken, 16 kHz mono, for an engine that hears.
        """
        data = array.array("B", sound.tobytes() if sound else b"")
        request = Ask.Request(question=question, sound=data)
        response = self._call(self._ask, request, _ASK_TIMEOUT)
        if not response.success:
            raise ActFailedError(response.answer)
        return str(response.answer)

    def add_watch(self, condition: str) -> tuple[int, str]:
        """Have something watched for, with spoken alerts; say what for, or why it is refused."""
        request = AddWatch.Request(condition=condition, speak=True)
        response = self._call(self._add_watch, request)
        if not response.success:
            self._say_it(f"I can't watch for that: {response.message.split(';')[0]}.")
            raise ActFailedError(response.message)
        self._say_it(f"{response.message.split(';')[0].capitalize()}.")
        return int(response.id), str(response.message)

    def remove_watch(self, number: int) -> str:
        """Watch for this no longer; return what for."""
        request = RemoveWatch.Request(id=number)
        return str(self._checked(self._call(self._remove_watch, request)).message)

    def set_enabled(self, enabled: bool) -> bool:
        """Pause the commentary or go on with it; return whether it was on."""
        before = bool(self._parameter("enabled"))
        self._checked(self._call(self._set_enabled, SetBool.Request(data=enabled)))
        return before

    def volume(self) -> float:
        """Return the gain of the speech."""
        return float(self._parameter("volume"))

    def set_volume(self, volume: float) -> None:
        """Set the gain of the speech."""
        parameter = Parameter("volume", value=volume).to_parameter_msg()
        request = SetParameters.Request(parameters=[parameter])
        (result,) = self._call(self._set_parameters, request).results
        if not result.successful:
            raise ActFailedError(result.reason)

    def _parameter(self, name: str) -> Any:
        response = self._call(self._get_parameters, GetParameters.Request(names=[name]))
        return parameter_value_to_python(response.values[0])

    def _say_it(self, text: str) -> None:
        """Have a sentence said, without waiting; it is also in the utterance's outcome."""
        call = self._caller.call(self._say, Say.Request(text=text), _TIMEOUT)
        call.add_done_callback(self._said)

    def _said(self, call: Future[Any]) -> None:
        error = call.exception()
        if error is not None or not call.result().success:
            reason = str(error) if error is not None else call.result().message
            self._logger.warning(f"not said aloud: {reason}")

    def _checked(self, response: Any) -> Any:
        if not response.success:
            raise ActFailedError(response.message)
        return response

    def _call(self, client: Any, request: Any, timeout: float = _TIMEOUT) -> Any:
        try:
            return self._caller.call(client, request, timeout).result()
        except ServiceCallError as error:
            raise ActFailedError(
                f"{error}: is the commentator called {self._commentator} running? See its log"
            ) from None
