"""What the bridge's tests share: a browser and servers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from test.bridge.serving import WELL, Served, serve
from video_commentary.bridge.items import Reply


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


@pytest.fixture(scope="module")
def module_server() -> Iterator[Served]:
    with serve() as served:
        yield served


@pytest.fixture
def api(module_server: Served) -> Served:
    """The module's server, as if nobody had asked it anything yet."""
    module_server.robot.asked.clear()
    module_server.robot.reply = Reply(True, "in force now", 12.5)
    module_server.gateway.publish(WELL)
    time.sleep(0.3)  # lets the bucket of requests fill
    return module_server
