"""What the bridge can ask of the memory: its services."""

from __future__ import annotations

import asyncio
from typing import Any

from rclpy.node import Node

from video_commentary.srv import History, Recall

from ...bridge.memory_gateway import (
    HistoryPage,
    HistoryQuery,
    MemoryRequestError,
    RecallAnswer,
)
from ...ros.memory_messages import memory_entry
from ...ros.service_calls import ServiceCaller, ServiceCallError
from ...ros.time import to_time

_TIMEOUT = 8.0
"""Seconds; the memory itself stops a query after 5."""


class MemoryClient:
    """Calls the services of the memory called `name`; its coroutines may run on any event loop."""

    def __init__(self, node: Node, caller: ServiceCaller, name: str) -> None:
        self._caller = caller
        self._name = name
        self._history = node.create_client(History, f"{name}/history")
        self._recall = node.create_client(Recall, f"{name}/recall")

    async def history(self, query: HistoryQuery) -> HistoryPage:
        """Return a page of entries. Raise MemoryRequestError."""
        request = History.Request(
            kinds=list(query.kinds),
            query=query.words,
            start=to_time(query.start),
            end=to_time(query.end),
            cursor=query.cursor,
            after=query.after,
            limit=query.limit,
            thumbnails=query.thumbnails,
        )
        response = await self._call(self._history, request)
        if not response.success:
            raise MemoryRequestError(response.message)
        return HistoryPage(tuple(map(memory_entry, response.entries)), response.cursor)

    async def recall(self, question: str, start: float, end: float, limit: int) -> RecallAnswer:
        """Answer a question about the past. Raise MemoryRequestError."""
        request = Recall.Request(
            question=question, start=to_time(start), end=to_time(end), limit=limit
        )
        response = await self._call(self._recall, request)
        if not response.success:
            raise MemoryRequestError(response.answer)
        return RecallAnswer(response.answer, tuple(map(memory_entry, response.entries)))

    async def _call(self, client: Any, request: Any) -> Any:
        try:
            return await asyncio.wrap_future(self._caller.call(client, request, _TIMEOUT))
        except ServiceCallError as error:
            raise MemoryRequestError(
                f"{error}: start the memory, ros2 launch video_commentary memory.launch.py (in the "
                "demo, memory:=true), or set memory_node to its name",
                away=True,
            ) from None
