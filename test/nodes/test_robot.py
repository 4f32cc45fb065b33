"""What becomes of calls that fail."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest
from video_commentary.srv import SetInstruction

from test.nodes.graph import probe
from video_commentary.nodes.robot import _then
from video_commentary.ros.calls import Calls


def test_a_call_that_can_not_be_sent_ends_and_holds_up_none_behind_it() -> None:
    with probe() as graph:
        graph.node.create_service(SetInstruction, "steer", lambda _, response: response)
        client = graph.node.create_client(SetInstruction, "steer")
        graph.until(client.service_is_ready)
        calls = Calls(graph.node)
        half = calls.call(client, SetInstruction.Request(instruction="\ud800"), 5.0)
        whole = calls.call(client, SetInstruction.Request(instruction="people"), 5.0)
        graph.until(whole.done)
        with pytest.raises(UnicodeEncodeError):
            half.result(timeout=0)


def test_a_response_that_can_not_be_read_ends_the_wait() -> None:
    asked: Future[Any] = Future()
    result = _then(asked, lambda values: values[0], str)
    asked.set_result([])
    with pytest.raises(IndexError):
        result.result(timeout=0)
