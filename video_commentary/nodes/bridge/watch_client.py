"""What the bridge can ask of the commentator's watches, and its subscription to their alerts."""

from __future__ import annotations

import asyncio
import builtins
from typing import Any

from rclpy.node import Node

from video_commentary.msg import Alert
from video_commentary.srv import AddWatch, ListWatches, RemoveWatch

from ...bridge.robot_gateway import RobotGateway
from ...bridge.watch_gateway import PublishedAlert, WatchRequestError
from ...core.watches import WatchReport
from ...ros.qos import EVENTS
from ...ros.service_calls import ServiceCaller, ServiceCallError
from ...ros.watch_messages import alert, watch_report

_TIMEOUT = 5.0


class WatchClient:
    """Calls the services of watches; its coroutines may run on any event loop."""

    def __init__(self, node: Node, caller: ServiceCaller, name: str) -> None:
        """Create the clients of the commentator called `name`."""
        self._caller = caller
        self._name = name
        self._list = node.create_client(ListWatches, f"{name}/list_watches")
        self._add = node.create_client(AddWatch, f"{name}/add_watch")
        self._remove = node.create_client(RemoveWatch, f"{name}/remove_watch")

    async def list(self) -> builtins.list[WatchReport]:
        """Return all watches. Raise WatchRequestError."""
        response = await self._call(self._list, ListWatches.Request())
        return [watch_report(message) for message in response.watches]

    async def add(
        self, condition: str, *, name: str, camera: str, cooldown: float, speak: bool
    ) -> tuple[int, str]:
        """Watch for a condition; return id and message. Raise WatchRequestError."""
        request = AddWatch.Request(
            condition=condition, name=name, camera=camera, cooldown=cooldown, speak=speak
        )
        response = await self._call(self._add, request)
        if not response.success:
            raise WatchRequestError(response.message)
        return response.id, response.message

    async def remove(self, number: int) -> str:
        """Watch for this no longer. Raise WatchRequestError."""
        response = await self._call(self._remove, RemoveWatch.Request(id=number))
        if not response.success:
            raise WatchRequestError(response.message, unknown=True)
        return str(response.message)

    async def _call(self, client: Any, request: Any) -> Any:
        try:
            return await asyncio.wrap_future(self._caller.call(client, request, _TIMEOUT))
        except ServiceCallError as error:
            advice = f"is the commentator called {self._name} running? See its log"
            raise WatchRequestError(f"{error}: {advice}", away=True) from None


def follow_alerts(node: Node, name: str, gateway: RobotGateway) -> None:
    """Put the alerts of the commentator called `name` into the gateway."""

    def on_alert(message: Alert) -> None:
        gateway.publish(PublishedAlert(alert(message), bytes(message.thumbnail)))

    node.create_subscription(Alert, f"{name}/alerts", on_alert, EVENTS)
