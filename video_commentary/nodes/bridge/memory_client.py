"""What the bridge can ask of the memory: its services."""

from __future__ import annotations

import asyncio
from typing import Any

from rclpy.node import Node

from video_commentary.srv import History, Recall, Recap

from ...bridge.memory_gateway import (
    EventTally,
    HistoryPage,
    HistoryQuery,
    MemoryRequestError,
    RecallAnswer,
    RecapAnswer,
)
from ...core.memory_entry import ALERT, ANSWER, COMMENT, EVENT
from ...ros.memory_messages import memory_entry
from ...ros.service_calls import ServiceCaller, ServiceCallError
from ...ros.time import to_seconds, to_time

_TIMEOUT = 8.0
"""Seconds; the memory itself stops a query after 5."""


class MemoryClient:
    """Calls the services of the memory called `name`; its coroutines may run on any event loop."""

    def __init__(self, node: Node, caller: ServiceCaller, name: str) -> None:
        self._caller = caller
        self._name = name
        self._history = node.create_client(History, f"{name}/history")
        self._recall = node.create_client(Recall, f"{name}/recall")
        self._recap = node.create_client(Recap, f"{name}/recap")

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

    async def recap(self, period: str, start: float, end: float) -> RecapAnswer:
        """Return what happened in a time. Raise MemoryRequestError."""
        request = Recap.Request(period=period, start=to_time(start), end=to_time(end))
        response = await self._call(self._recap, request)
        if not response.success:
            raise MemoryRequestError(response.text)
        tallies = [
            EventTally(
                event=count.event,
                who=count.who,
                times=count.times,
                count=count.count,
                at_least=count.at_least,
            )
            for count in response.counts
        ]
        return RecapAnswer(
            text=response.text,
            start=to_seconds(response.start),
            end=to_seconds(response.end),
            kinds={
                COMMENT: response.comments,
                EVENT: response.events,
                ALERT: response.alerts,
                ANSWER: response.answers,
            },
            counts=tuple(tallies),
            entries=tuple(map(memory_entry, response.entries)),
        )

    async def _call(self, client: Any, request: Any) -> Any:
        try:
            return await asyncio.wrap_future(self._caller.call(client, request, _TIMEOUT))
        except ServiceCallError as error:
            raise MemoryRequestError(
                f"{error}: start the memory, ros2 launch video_commentary memory.launch.py (in the "
                "demo, memory:=true), or set memory_node to its name",
                away=True,
            ) from None
