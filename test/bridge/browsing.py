"""The page in the system's Chromium."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from test.bridge.serving import Served, frames, jpeg
from video_commentary.bridge.items import JpegFrame

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
installed = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
]


@contextmanager
def chromiums() -> Iterator[Callable[[], Any]]:
    """Give a headless browser for the length of a block, a new one if it has crashed."""
    launched: list[Any] = []

    def running() -> Any:
        if not launched or not launched[-1].is_connected():
            launched.append(it.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS))
        return launched[-1]

    with playwright.sync_playwright() as it:
        try:
            yield running
        finally:
            for browser in launched:
                browser.close()


@contextmanager
def chromium() -> Iterator[Any]:
    """Run a headless browser for the length of a block."""
    with chromiums() as running:
        yield running()


@contextmanager
def tabs(browser: Any, url: str, number: int = 1, **options: Any) -> Iterator[list[Any]]:
    """Open the page in tabs of one window; none may log an error."""
    context = browser.new_context(**options)
    errors: list[str] = []
    try:
        pages = [context.new_page() for _ in range(number)]
        for page in pages:
            page.set_default_timeout(10_000)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(url)
        yield pages
        assert errors == []
    finally:
        context.close()


def holds(page: Any, expression: str, seconds: float = 10.0) -> None:
    """Wait until an expression is true; Playwright's own waiting needs a page that allows eval."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"{expression} does not come true"
        page.wait_for_timeout(30)


def ready(page: Any, seconds: float = 10.0) -> None:
    """Wait until pictures are shown."""
    holds(page, "window.commentary && commentary.drawn() > 3", seconds)


@contextmanager
def camera(web: Served, fps: float = 10.0) -> Iterator[None]:
    """Send pictures, and the situation once a second, for the length of a block."""
    stop = threading.Event()
    frames(web.gateway, time.time() - 6.0, fps, round(6 * fps))

    def film() -> None:
        index = 0
        while not stop.wait(1 / fps):
            index += 1
            web.gateway.add_frame(JpegFrame(jpeg(index), time.time()))
            if index % round(fps) == 0:
                web.gateway.publish(web.gateway.situation)

    thread = threading.Thread(target=film)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def opened(browser: Any, web: Served, path: str = "/", **options: Any) -> Iterator[Any]:
    """Open the page in one tab."""
    with tabs(browser, web.url + path, **options) as (page,):
        yield page
