"""What the bridge can ask of the robot: the commentator's services, and a topic for phones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import CompressedImage, Image
from std_srvs.srv import SetBool

from video_commentary.srv import Ask, Say, SetInstruction

from ...bridge.items import Reply, SayPriority, Source
from ...config.profiles import load_profiles
from ...core.audio import Pcm
from ...ros.images_out import encode_jpeg, to_compressed, to_image
from ...ros.qos import CAMERA_IMAGES
from ...ros.service_calls import ServiceCaller, ServiceCallError
from ...ros.time import to_seconds, to_time
from .clip_client import ClipClient
from .listener_client import MicrophonePublisher
from .memory_client import MemoryClient
from .watch_client import WatchClient

_JPEG_QUALITY = 80
_TIMEOUT = 5.0
_ASK_TIMEOUT = 90.0
"""Seconds: an engine may be slow, and other questions may be waiting before this one."""


class CommentatorClient:
    """Calls the services of a commentator, and those of a memory at `memory`.

    Its coroutines may run on any event loop. The calls are made on the ROS thread, which never
    waits for them.
    """

    def __init__(
        self, node: Node, name: str, memory: str, phone_topic: str, view_topic: str
    ) -> None:
        """Create the clients of the commentator called `name` and of the memory called `memory`.

        `view_topic` is the robot's camera if the commentator watched a phone before we started.
        """
        self._node = node
        self._name = name
        self._caller = ServiceCaller(node)
        self.memory = MemoryClient(node, self._caller, memory)
        self.clips = ClipClient(node, self._caller, memory)
        self.watches = WatchClient(node, self._caller, name)
        self._microphone = MicrophonePublisher(node)
        self._phone_topic = phone_topic
        self._robot_topics = [view_topic]
        self._set_instruction = node.create_client(SetInstruction, f"{name}/set_instruction")
        self._ask = node.create_client(Ask, f"{name}/ask")
        self._say = node.create_client(Say, f"{name}/say")
        self._set_enabled = node.create_client(SetBool, f"{name}/set_enabled")
        self._set_parameters = node.create_client(SetParameters, f"{name}/set_parameters")
        self._get_parameters = node.create_client(GetParameters, f"{name}/get_parameters")
        compressed = f"{phone_topic}/compressed"
        self._phone = node.create_publisher(Image, phone_topic, CAMERA_IMAGES)
        self._phone_jpeg = node.create_publisher(CompressedImage, compressed, CAMERA_IMAGES)

    def now(self) -> float:
        """Return seconds of the ROS clock."""
        return float(self._node.get_clock().now().nanoseconds / 1e9)

    async def set_instruction(self, instruction: str) -> Reply:
        """Set what to talk about; empty for everything."""
        request = SetInstruction.Request(instruction=instruction)
        return await self._request(
            self._set_instruction, request, lambda r: Reply(r.success, r.message)
        )

    async def ask(self, question: str, quiet: bool) -> Reply:
        """Ask about what the camera sees and wait for the answer; `quiet`: in text only."""
        request = Ask.Request(question=question, quiet=quiet)
        return await self._request(
            self._ask,
            request,
            lambda r: Reply(r.success, r.answer, to_seconds(r.stamp)),
            _ASK_TIMEOUT,
        )

    async def say(self, text: str, priority: SayPriority, interrupt: bool) -> Reply:
        """Have a sentence said; `interrupt`: stop what is being said, at once."""
        level = Say.Request.HIGH if priority == "high" else Say.Request.NORMAL
        request = Say.Request(text=text, priority=level, interrupt=interrupt)
        return await self._request(self._say, request, lambda r: Reply(r.success, r.message))

    async def set_enabled(self, enabled: bool) -> Reply:
        """Start or pause the commentary."""
        request = SetBool.Request(data=enabled)
        return await self._request(
            self._set_enabled, request, lambda r: Reply(r.success, r.message)
        )

    async def set_profile(self, name: str) -> Reply:
        """Set the parameter `profile`."""
        return await self._set_parameter(Parameter("profile", value=name), f"profile: {name}")

    async def profiles(self) -> Sequence[str]:
        """Return the names in the commentator's profiles file, or in ours if it can't be read."""
        request = GetParameters.Request(names=["profiles_file"])
        try:
            response = await self._call(self._get_parameters, request)
            path = response.values[0].string_value
        except ServiceCallError:
            path = ""
        return await asyncio.to_thread(_profile_names, path)

    async def set_source(self, source: Source) -> Reply:
        """Set the parameter `image_topics` to the phone's topic, or back to what it was."""
        request = GetParameters.Request(names=["image_topics"])
        try:
            response = await self._call(self._get_parameters, request)
        except ServiceCallError as error:
            return self._away(error)
        topics = list(response.values[0].string_array_value)
        if topics and topics != [self._phone_topic]:
            self._robot_topics = topics
        wanted = [self._phone_topic] if source == "phone" else self._robot_topics
        message = f"watching {', '.join(wanted)}"
        if wanted == topics:
            return Reply(True, message)
        return await self._set_parameter(Parameter("image_topics", value=wanted), message)

    def publish_image(self, image: NDArray[np.uint8], stamp: float) -> None:
        """Publish a phone's camera image; uint8 RGB, shape [H, W, 3]."""
        time = to_time(stamp)
        if self._phone.get_subscription_count():
            self._phone.publish(to_image(image, time, "phone"))
        if self._phone_jpeg.get_subscription_count():
            jpeg = encode_jpeg(image, _JPEG_QUALITY)
            self._phone_jpeg.publish(to_compressed(jpeg, time, "phone"))

    @property
    def listens(self) -> bool:
        """Whether a listener takes what microphones hear."""
        return self._microphone.listens

    def publish_sound(self, stream: str, pcm: Pcm, stamp: float) -> None:
        """Publish what a microphone heard from `stamp` on, in seconds; 16 kHz, mono."""
        self._microphone.publish(stream, pcm, stamp)

    async def _set_parameter(self, parameter: Parameter, message: str) -> Reply:
        def read(response: Any) -> Reply:
            result = response.results[0]
            return Reply(result.successful, message if result.successful else result.reason)

        request = SetParameters.Request(parameters=[parameter.to_parameter_msg()])
        return await self._request(self._set_parameters, request, read)

    async def _request(
        self, client: Any, request: Any, read: Callable[[Any], Reply], timeout: float = _TIMEOUT
    ) -> Reply:
        """Return what `read` makes of the response, or why there is none."""
        try:
            return read(await self._call(client, request, timeout))
        except ServiceCallError as error:
            return self._away(error)

    async def _call(self, client: Any, request: Any, timeout: float = _TIMEOUT) -> Any:
        return await asyncio.wrap_future(self._caller.call(client, request, timeout))

    def _away(self, error: ServiceCallError) -> Reply:
        advice = f"is the commentator called {self._name} running? See its log"
        return Reply(False, f"{error}: {advice}", away=True)


def _profile_names(path: str) -> list[str]:
    try:
        return list(load_profiles(path))
    except ValueError:
        return list(load_profiles())
