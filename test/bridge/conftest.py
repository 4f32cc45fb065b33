"""The page's tests share a browser and a server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from test.bridge.serving import Served, serve


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from test.bridge.browsing import chromium  # skips where there is no Playwright

    with chromium() as it:
        yield it


@pytest.fixture
def web() -> Iterator[Served]:
    from test.bridge.browsing import camera

    with serve() as served, camera(served):
        yield served
