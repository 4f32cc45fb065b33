"""Questions about the past, by way of the memory node."""

from __future__ import annotations

import contextlib
from concurrent.futures import Future, InvalidStateError
from dataclasses import replace

from rclpy.node import Node

from video_commentary.srv import Recall

from ...core.cancel import CancelToken
from ...core.questions import WITHDRAWN
from ...core.remembered import MAX_LINES, Remembered
from ...core.tense import Tense, tense_of
from ...ros.futures import Futures
from ...ros.memory_messages import memory_entry
from ...ros.service_calls import ServiceCaller

TIMEOUT = 6.0
"""Seconds; the memory itself stops a query after 5."""
_NO_MEMORY = "no memory is running, start one with memory.launch.py"


class MemoryQuestions:
    """Asks the memory what it has found; the ROS thread never waits for it."""

    def __init__(self, node: Node, futures: Futures, name: str) -> None:
        """`name`: the memory's, with its namespace."""
        self._node = node
        self._futures = futures
        self._caller = ServiceCaller(node)
        self._recall = node.create_client(Recall, f"{name}/recall")

    async def find(self, question: str, cancel: CancelToken) -> Remembered | None:
        """Return what the memory has found, None if the present is asked about.

        Without an answer of the memory, a question that the engine may answer from what it has seen
        lately is one about the present; to others the answer is that nothing is remembered.
        """
        tense = tense_of(question)
        if tense is Tense.PRESENT:
            return None
        found: Recall.Response | str = _NO_MEMORY
        if self._recall.service_is_ready():
            found = await self._futures.of(self._ask(question, cancel))
        now = int(self._node.get_clock().now().nanoseconds)
        if isinstance(found, str) or not found.success:
            trouble = found if isinstance(found, str) else found.answer
            return (
                Remembered(f"I can't remember that: {trouble}.")
                if tense is Tense.REMEMBERED
                else None
            )
        entries = tuple(replace(memory_entry(e), thumbnail=b"") for e in found.entries)
        return Remembered(found.answer, entries, now)

    def _ask(self, question: str, cancel: CancelToken) -> Future[Recall.Response | str]:
        """Return the memory's response, or what is wrong; at once when cancelled."""
        outcome: Future[Recall.Response | str] = Future()

        def settle(result: Recall.Response | str) -> None:
            with contextlib.suppress(InvalidStateError):
                outcome.set_result(result)

        def answered(call: Future[Recall.Response]) -> None:
            error = call.exception()
            settle(call.result() if error is None else str(error))

        request = Recall.Request(question=question, limit=MAX_LINES)
        self._caller.call(self._recall, request, TIMEOUT).add_done_callback(answered)
        cancel.on_cancel(lambda: settle(WITHDRAWN))
        return outcome
