"""The commentator node with a server that fails and recovers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from test.engines.server.misbehaving import Misbehaving, refuses, says
from test.nodes.graph import Probe, Process, probe, process


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    it = Misbehaving(says("A man ", "walks."))
    yield it
    it.close()


def node(server: Misbehaving) -> list[str]:
    parameters = {
        "engine": "server",
        "server_url": f'["{server.url}"]',
        "voice": "none",
        "breathing_pause": "0.0",
    }
    words = [word for item in parameters.items() for word in ("-p", ":=".join(item))]
    return ["-m", "video_commentary.nodes.commentator", "--ros-args", *words]


def heard(graph: Probe, words: str) -> bool:
    return any(event.text == words for event in graph.finals)


def alive(running: Process) -> bool:
    return running.popen.poll() is None


def test_a_servers_fault_shows_in_diagnostics_and_passes(server: Misbehaving) -> None:
    with process(*node(server)) as running, probe() as graph:
        graph.film(lambda: heard(graph, "A man walks."))
        graph.until(lambda: graph.status() and "tiny" in graph.status().engine)
        server.behave = refuses(429, "{}", Retry_After="2")
        graph.film(lambda: "is busy (429)" in graph.troubles())
        server.behave = says("Well again.")
        graph.film(lambda: heard(graph, "Well again."))
        graph.film(lambda: "429" not in graph.troubles())
        assert alive(running)


def test_a_server_that_comes_late_is_waited_for(server: Misbehaving) -> None:
    server.models = []
    with process(*node(server)) as running, probe() as graph:
        graph.film(lambda: "names no model" in graph.troubles())
        server.models = ["tiny"]
        graph.film(lambda: heard(graph, "A man walks."))
        assert alive(running)
