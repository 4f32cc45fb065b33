from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from test.tools.narration.recordings import make_stage
from video_commentary.tools.narration.stage import Stage


@pytest.fixture
def stage() -> Iterator[Callable[..., Stage]]:
    """Make narrations; their tracks are deleted with the test."""
    stages: list[Stage] = []

    def make(*arguments: Any, **options: Any) -> Stage:
        stages.append(make_stage(*arguments, **options))
        return stages[-1]

    yield make
    for it in stages:
        it.track.close()
