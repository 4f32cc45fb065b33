"""The client of the memory's services: awaited on an event loop, called on the ROS thread."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from test.nodes.graph import Probe, probe
from test.nodes.test_commentator_client import finished
from test.nodes.test_memory import connect, memory, say, stored
from video_commentary.bridge.memory_gateway import HistoryQuery, MemoryRequestError
from video_commentary.nodes.bridge.memory_client import MemoryClient
from video_commentary.ros.service_calls import ServiceCaller


@pytest.fixture
def graph() -> Iterator[Probe]:
    with probe() as it:
        yield it


@pytest.fixture
def client(graph: Probe) -> MemoryClient:
    return MemoryClient(graph.node, ServiceCaller(graph.node), "memory")


def test_pages_and_answers_arrive_whole(graph: Probe, client: MemoryClient, tmp_path: Path) -> None:
    with memory(tmp_path / "m.db"):
        connect(graph)
        say(graph, "A red car waits at the gate.", graph.now(), question="What is there?")
        (sent,) = stored(graph, 1)
        query = HistoryQuery(words="gate", start=time.time() - 60, kinds=("answer",), limit=1)
        page = asyncio.run(finished(graph, client.history(query)))
        (entry,) = page.entries
        assert (entry.id, entry.text, entry.count) == (sent.id, sent.text, None)
        assert entry.stamp == sent.stamp.sec * 10**9 + sent.stamp.nanosec
        assert entry.thumbnail == b"" and page.cursor == ""
        pictured = HistoryQuery(after=sent.id - 1, thumbnails=True)
        (again,) = asyncio.run(finished(graph, client.history(pictured))).entries[:1]
        assert again.thumbnail.startswith(b"\xff\xd8")
        answer = asyncio.run(finished(graph, client.recall("What did I ask?", 0.0, 0.0, 5)))
        assert "A red car waits at the gate." in answer.text
        assert entry.id in [each.id for each in answer.entries]
        recap = asyncio.run(finished(graph, client.recap("the last hour", 0.0, 0.0)))
        assert "A red car waits at the gate." in [each.text for each in recap.entries]
        assert (recap.kinds["answer"], recap.kinds["alert"]) == (1, 0)
        assert 3599 < recap.end - recap.start < 3602 and recap.counts[0].times > 0
        with pytest.raises(MemoryRequestError, match="period: 'sometime' is not understood"):
            asyncio.run(finished(graph, client.recap("sometime", 0.0, 0.0)))
        with pytest.raises(MemoryRequestError, match="cursor") as refused:
            asyncio.run(finished(graph, client.history(HistoryQuery(cursor="?"))))
        assert not refused.value.away


def test_a_memory_that_is_away_is_named_with_what_to_do(graph: Probe, client: MemoryClient) -> None:
    with pytest.raises(MemoryRequestError, match=r"memory\.launch\.py") as missing:
        asyncio.run(finished(graph, client.recall("Who was there?", 0.0, 0.0, 5)))
    assert missing.value.away
