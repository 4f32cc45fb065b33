"""What the bridge can ask of the memory's clips: its services."""

from __future__ import annotations

import asyncio
from typing import Any

from rclpy.node import Node

from video_commentary.srv import Keep, ListClips, ReadClip

from ...bridge.clip_gateway import ClipPage, ClipPart, ClipRequestError, KeptClip
from ...ros.clip_messages import clip
from ...ros.service_calls import ServiceCaller, ServiceCallError
from ...ros.time import to_time

_TIMEOUT = 5.0
_READ_TIMEOUT = 60.0
"""Seconds: the first read of an mp4 file may have to make it."""


class ClipClient:
    """Calls the services of the memory called `name`; its coroutines may run on any event loop."""

    def __init__(self, node: Node, caller: ServiceCaller, name: str) -> None:
        self._caller = caller
        self._list = node.create_client(ListClips, f"{name}/list_clips")
        self._keep = node.create_client(Keep, f"{name}/keep")
        self._read = node.create_client(ReadClip, f"{name}/read_clip")

    async def list(self, before: float, limit: int) -> ClipPage:
        """Return clips that begin before a time, in seconds, 0 for any. Raise ClipRequestError."""
        request = ListClips.Request(before=to_time(before), limit=limit)
        response = await self._call(self._list, request, _TIMEOUT)
        return ClipPage(tuple(map(clip, response.clips)), response.total, response.bytes)

    async def keep(self, name: str, before: float, after: float) -> KeptClip:
        """Begin a clip. Raise ClipRequestError."""
        request = Keep.Request(name=name, before=before, after=after)
        response = await self._call(self._keep, request, _TIMEOUT)
        return KeptClip(response.id, response.message)

    async def read(self, id: str, format: str, offset: int, length: int) -> ClipPart:
        """Read a part of a clip. Raise ClipRequestError."""
        request = ReadClip.Request(id=id, format=format, offset=offset, length=length)
        response = await self._call(self._read, request, _READ_TIMEOUT)
        return ClipPart(response.data.tobytes(), response.total)

    async def _call(self, client: Any, request: Any, timeout: float) -> Any:
        try:
            response = await asyncio.wrap_future(self._caller.call(client, request, timeout))
        except ServiceCallError as error:
            raise ClipRequestError(
                f"{error}: start the memory, ros2 launch video_commentary memory.launch.py (in the "
                "demo, memory:=true), or set memory_node to its name",
                away=True,
            ) from None
        if not response.success:
            raise ClipRequestError(response.message)
        return response
