"""The page's tests share a browser and a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from test.bridge.serving import Served, serve


@pytest.fixture(scope="module")
def browsers() -> Iterator[Callable[[], Any]]:
    from test.bridge.browsing import chromiums  # skips where there is no Playwright

    with chromiums() as running:
        yield running


@pytest.fixture
def browser(browsers: Callable[[], Any]) -> Any:
    """The module's browser, another one where that has crashed."""
    return browsers()


@pytest.fixture
def web() -> Iterator[Served]:
    from test.bridge.browsing import camera

    with serve() as served, camera(served):
        yield served
