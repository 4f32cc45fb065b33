"""How the bridge learns from /diagnostics why a listener does not listen, without a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

from video_commentary.nodes.bridge.listener_client import ListenerTrouble

NO_WEIGHTS = "no weights: run fetch_model ears"


class FakeGraph:
    """Stands for the bridge's node: /diagnostics, and who publishes what is heard."""

    def __init__(self, *publishers: str) -> None:
        self.publishers = publishers
        self._callbacks: list[Callable[[Any], None]] = []

    def resolve_topic_name(self, name: str) -> str:
        return f"/{name}"

    def count_publishers(self, topic: str) -> int:
        return self.publishers.count(topic)

    def create_subscription(
        self, _kind: type, topic: str, callback: Callable[[Any], None], _qos: object
    ) -> Callable[[Any], None]:
        assert topic == "/diagnostics"
        self._callbacks.append(callback)
        return callback

    def destroy_subscription(self, subscription: Callable[[Any], None]) -> None:
        self._callbacks.remove(subscription)

    def report(self, name: str, message: str, level: bytes = DiagnosticStatus.ERROR) -> bool:
        """Send a report; return whether anybody reads it."""
        status = DiagnosticStatus(name=name, message=message, level=level)
        for callback in self._callbacks:
            callback(DiagnosticArray(status=[status]))
        return bool(self._callbacks)


def test_what_the_listener_says_is_wrong_counts_until_it_listens() -> None:
    graph: Any = FakeGraph("/robot1/listener/heard")
    trouble = ListenerTrouble(graph, "robot1/listener")
    assert trouble.follow(False) == "", "it has not reported yet"
    graph.report("listener: recognizer", NO_WEIGHTS)
    graph.report("listener: microphone", "no microphone here")
    graph.report("memory: database", "the disk is full")
    assert trouble.follow(False) == NO_WEIGHTS
    graph.report("listener: recognizer", "the server is slow", DiagnosticStatus.WARN)
    assert trouble.follow(False) == "", "it recognizes, all the same"
    graph.report("listener: recognizer", NO_WEIGHTS)
    assert trouble.follow(True) == ""
    assert not graph.report("listener: recognizer", NO_WEIGHTS), "nobody needs to know"
    assert trouble.follow(False) == "", "an old report"


def test_without_a_listener_nothing_is_read_and_one_that_ends_is_forgotten() -> None:
    graph: Any = FakeGraph()
    now = 50.0
    trouble = ListenerTrouble(graph, "listener", lambda: now)
    assert trouble.follow(False) == "" and not graph.report("listener: recognizer", NO_WEIGHTS)
    graph.publishers = ("/listener/heard",)
    trouble.follow(False)
    assert graph.report("listener: recognizer", NO_WEIGHTS)
    assert trouble.follow(False) == NO_WEIGHTS
    now += 3.5
    assert trouble.follow(False) == "", "it is silent"
    graph.publishers = ()
    assert trouble.follow(False) == "" and not graph.report("listener: recognizer", NO_WEIGHTS)


def test_an_empty_name_is_no_listener() -> None:
    graph: Any = FakeGraph("/heard", "//heard")
    assert ListenerTrouble(graph, "").follow(False) == ""
    assert not graph.report(": recognizer", NO_WEIGHTS)
