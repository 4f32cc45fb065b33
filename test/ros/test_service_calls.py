"""Calls to services that are late, absent, or refuse their request."""

from __future__ import annotations

import time
from typing import Any

import pytest
from std_srvs.srv import SetBool
from video_commentary.srv import SetInstruction

from test.nodes.graph import Probe, probe
from video_commentary.ros import service_calls
from video_commentary.ros.service_calls import DISCOVERY_TIMEOUT, ServiceCaller, ServiceCallError


def serve(graph: Probe, kind: type, name: str) -> None:
    graph.node.create_service(kind, name, lambda _, response: response)


def test_a_service_that_is_found_later_is_called_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_calls, "DISCOVERY_TIMEOUT", 20.0)
    with probe() as graph:
        calls = ServiceCaller(graph.node)
        late = graph.node.create_client(SetInstruction, "late")
        prompt = graph.node.create_client(SetBool, "prompt")
        serve(graph, SetBool, "prompt")
        graph.until(prompt.service_is_ready)
        first = calls.call(late, SetInstruction.Request(), 20.0)
        second = calls.call(prompt, SetBool.Request(), 20.0)
        graph.until(second.done, what="an answer past the one that waits")
        assert not first.done()
        serve(graph, SetInstruction, "late")
        graph.until(first.done)
        assert isinstance(first.result(), SetInstruction.Response)


def test_an_absent_service_fails_soon() -> None:
    with probe() as graph:
        client = graph.node.create_client(SetInstruction, "absent")
        began = time.monotonic()
        answer = ServiceCaller(graph.node).call(client, SetInstruction.Request(), 60.0)
        graph.until(answer.done)
        assert DISCOVERY_TIMEOUT <= time.monotonic() - began < 30
        with pytest.raises(ServiceCallError, match="nobody serves absent"):
            answer.result(timeout=0)


def test_a_service_that_does_not_answer_is_given_up() -> None:
    with probe() as graph:
        client: Any = graph.node.create_client(SetInstruction, "mute")
        # A server in a context that nobody spins hears the request, and is silent.
        with probe() as mute:
            serve(mute, SetInstruction, "mute")
            graph.until(client.service_is_ready)
            answer = ServiceCaller(graph.node).call(client, SetInstruction.Request(), 0.5)
            graph.until(answer.done)
        with pytest.raises(ServiceCallError, match="no answer from mute"):
            answer.result(timeout=0)


def test_a_call_that_can_not_be_sent_fails_and_blocks_no_other() -> None:
    with probe() as graph:
        serve(graph, SetInstruction, "steer")
        client = graph.node.create_client(SetInstruction, "steer")
        graph.until(client.service_is_ready)
        calls = ServiceCaller(graph.node)
        half = calls.call(client, SetInstruction.Request(instruction="\ud800"), 5.0)
        whole = calls.call(client, SetInstruction.Request(instruction="people"), 5.0)
        graph.until(whole.done)
        with pytest.raises(UnicodeEncodeError):
            half.result(timeout=0)
