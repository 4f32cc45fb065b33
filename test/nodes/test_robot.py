"""What becomes of calls that fail, without a graph."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from rclpy.task import Future as RosFuture

from video_commentary.nodes.robot import _then
from video_commentary.ros.calls import Calls


class Clockwork:
    """A node that starts what is called at once; what fails there fails on the ROS thread."""

    def create_guard_condition(self, callback: Callable[[], None]) -> Any:
        def trigger() -> None:
            with suppress(Exception):
                callback()

        return SimpleNamespace(trigger=trigger)

    def create_timer(self, *_: object) -> None:
        pass


def client(call_async: Callable[[object], Any]) -> Any:
    return SimpleNamespace(service_is_ready=lambda: True, call_async=call_async)


def unencodable(_: object) -> Any:
    raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")


def failing(_: object) -> Any:
    response = RosFuture()
    response.set_exception(RuntimeError("no response"))
    return response


@pytest.mark.parametrize(
    ("call_async", "error"), [(unencodable, UnicodeEncodeError), (failing, RuntimeError)]
)
def test_a_call_that_fails_ends(call_async: Any, error: type[Exception]) -> None:
    node: Any = Clockwork()
    with pytest.raises(error):
        Calls(node).call(client(call_async), "request", 5.0).result(timeout=0)


def test_a_response_that_can_not_be_read_ends_the_wait() -> None:
    asked: Future[Any] = Future()
    result = _then(asked, lambda values: values[0], str)
    asked.set_result([])
    with pytest.raises(IndexError):
        result.result(timeout=0)
