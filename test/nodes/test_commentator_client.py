"""What becomes of calls that fail."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest

from video_commentary.nodes.bridge.commentator_client import _then


def test_a_response_that_can_not_be_read_ends_the_wait() -> None:
    asked: Future[Any] = Future()
    result = _then(asked, lambda values: values[0], str)
    asked.set_result([])
    with pytest.raises(IndexError):
        result.result(timeout=0)
