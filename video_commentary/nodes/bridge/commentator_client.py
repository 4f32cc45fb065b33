"""What the bridge can ask of the robot: the commentator's services, and a topic for phones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from std_srvs.srv import SetBool

from video_commentary.srv import Ask, SetInstruction

from ...bridge.items import Reply
from ...config.profiles import load_profiles
from ...ros.calls import CallError, Calls
from ...ros.images_out import encode_jpeg, to_compressed, to_image
from ...ros.time import to_seconds, to_time

_QUALITY = 80
_SOON = 5.0
_ANSWER = 90.0
"""Seconds: an engine may take its time, and other questions may wait before."""


class CommentatorClient:
    """Calls the services of the commentator called `name`."""

    def __init__(self, node: Node, name: str, phone_topic: str, view_topic: str) -> None:
        """Get ready; `view_topic`: to go back to where a phone was watched before we started."""
        self._node = node
        self._name = name
        self._calls = Calls(node)
        self._phone_topic = phone_topic
        self._robots = [view_topic]
        self._steer = node.create_client(SetInstruction, f"{name}/set_instruction")
        self._ask = node.create_client(Ask, f"{name}/ask")
        self._enable = node.create_client(SetBool, f"{name}/set_enabled")
        self._set = node.create_client(SetParameters, f"{name}/set_parameters")
        self._get = node.create_client(GetParameters, f"{name}/get_parameters")
        # Best effort would lose every image larger than Fast DDS's shared-memory segment.
        qos = QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE)
        self._phone = node.create_publisher(Image, phone_topic, qos)
        self._phone_jpeg = node.create_publisher(CompressedImage, f"{phone_topic}/compressed", qos)

    def now(self) -> float:
        """Return seconds of the ROS clock."""
        return float(self._node.get_clock().now().nanoseconds / 1e9)

    def steer(self, instruction: str) -> Future[Reply]:
        """Say what to talk about from now on."""
        request = SetInstruction.Request(instruction=instruction)
        return self._call(self._steer, request, _SOON, lambda r: Reply(r.success, r.message))

    def ask(self, question: str, quiet: bool) -> Future[Reply]:
        """Ask about what the camera sees."""
        request = Ask.Request(question=question, quiet=quiet)
        return self._call(
            self._ask, request, _ANSWER, lambda r: Reply(r.success, r.answer, to_seconds(r.stamp))
        )

    def enable(self, enabled: bool) -> Future[Reply]:
        """Comment, or pause."""
        request = SetBool.Request(data=enabled)
        return self._call(self._enable, request, _SOON, lambda r: Reply(r.success, r.message))

    def choose_profile(self, name: str) -> Future[Reply]:
        """Set the parameter `profile`."""
        request = _setting(Parameter("profile", value=name))
        return self._call(self._set, request, _SOON, lambda r: _set_reply(r, f"profile: {name}"))

    def profiles(self) -> Future[Sequence[str]]:
        """Return the names in the commentator's profiles file; our own where it can't be read."""
        request = GetParameters.Request(names=["profiles_file"])
        asked = self._calls.call(self._get, request, _SOON)
        return _then(asked, lambda r: _names(r.values[0].string_value), lambda _: _names(""))

    def watch(self, phone: bool) -> Future[Reply]:
        """Set the parameter `image_topics` to the phone's, or back to what it was."""
        result: Future[Reply] = Future()
        request = GetParameters.Request(names=["image_topics"])
        found = self._calls.call(self._get, request, _SOON)
        _settle(found, result, lambda response: self._switch(response, phone, result), self._away)
        return result

    def _switch(self, response: Any, phone: bool, result: Future[Reply]) -> Reply | None:
        """Return the reply, or None where it comes later."""
        topics = list(response.values[0].string_array_value)
        if topics and topics != [self._phone_topic]:
            self._robots = topics
        wanted = [self._phone_topic] if phone else self._robots
        said = f"watching {', '.join(wanted)}"
        if wanted == topics:
            return Reply(True, said)
        request = _setting(Parameter("image_topics", value=wanted))
        called = self._calls.call(self._set, request, _SOON)
        _settle(called, result, lambda r: _set_reply(r, said), self._away)
        return None

    def publish_image(self, image: NDArray[np.uint8], stamp: float) -> None:
        """Publish a phone's camera image."""
        time = to_time(stamp)
        if self._phone.get_subscription_count():
            self._phone.publish(to_image(image, time, "phone"))
        if self._phone_jpeg.get_subscription_count():
            jpeg = encode_jpeg(image, _QUALITY)
            self._phone_jpeg.publish(to_compressed(jpeg, time, "phone"))

    def _call(
        self, client: Any, request: Any, patience: float, read: Callable[[Any], Reply]
    ) -> Future[Reply]:
        return _then(self._calls.call(client, request, patience), read, self._away)

    def _away(self, error: BaseException | None) -> Reply:
        advice = f"is the commentator called {self._name} running? See its log"
        return Reply(False, f"{error}: {advice}", away=True)


def _setting(parameter: Parameter) -> SetParameters.Request:
    return SetParameters.Request(parameters=[parameter.to_parameter_msg()])


def _set_reply(response: Any, said: str) -> Reply:
    result = response.results[0]
    return Reply(result.successful, said if result.successful else result.reason)


def _names(path: str) -> list[str]:
    try:
        return list(load_profiles(path))
    except ValueError:
        return list(load_profiles())


def _then(
    asked: Future[Any], read: Callable[[Any], Any], failed: Callable[[CallError], Any]
) -> Future[Any]:
    """Return a future of what `read` makes of a response, or `failed` of a CallError."""
    result: Future[Any] = Future()
    _settle(asked, result, read, failed)
    return result


def _settle(
    asked: Future[Any],
    result: Future[Any],
    read: Callable[[Any], Any],
    failed: Callable[[CallError], Any],
) -> None:
    """End `result` once `asked` has; where `read` returns None, it has seen to that itself."""

    def finish(done: Future[Any]) -> None:
        try:
            value = read(done.result())
        except CallError as error:
            value = failed(error)
        except Exception as error:  # noqa: BLE001 - whoever waits would wait for ever
            result.set_exception(error)
            return
        if value is not None:
            result.set_result(value)

    asked.add_done_callback(finish)
