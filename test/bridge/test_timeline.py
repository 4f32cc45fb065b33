"""The timeline under the picture, in the system's Chromium."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from test.bridge.browsing import holds, installed, opened
from test.bridge.serving import Served, jpeg, serve, until
from video_commentary.bridge.memory_gateway import HistoryQuery, MemoryRequestError
from video_commentary.core.location import Location, PlanarPose
from video_commentary.core.memory_entry import ANSWER, COMMENT, EVENT, MemoryEntry

pytestmark = installed
SECOND = 10**9


@pytest.fixture
def served() -> Iterator[Served]:
    with serve() as it:
        yield it


def remember(web: Served, text: str, kind: str = COMMENT, **fields: Any) -> None:
    entries = web.robot.memory.entries
    at = time.time_ns() - 200_000 * SECOND + len(entries) * SECOND
    thumbnail = jpeg(len(entries) % 10)
    values: dict[str, Any] = {"kind": kind, "text": text, "stamp": at, "time": at}
    values |= {"id": len(entries) + 1, "thumbnail": thumbnail}
    entries.append(MemoryEntry(**(values | fields)))


def texts(page: Any) -> list[str]:
    return list(page.locator("#entries li p:not(.asked, .place)").all_inner_texts())


def shows(page: Any, number: int) -> None:
    holds(page, f"document.querySelectorAll('#entries li').length === {number}")


def jump(page: Any, seconds: int) -> None:
    """Choose a time, seconds since 1970, as a user does: in the browser's time zone."""
    local = "new Date(seconds * 1000 - new Date().getTimezoneOffset() * 60000)"
    moment = page.evaluate(f"(seconds) => {local}.toISOString().slice(0, 19)", seconds)
    page.fill("#jump", moment)
    page.dispatch_event("#jump", "change")


def test_shows_what_is_remembered_with_pictures_and_what_comes(
    browser: Any, served: Served
) -> None:
    dock = Location(name="the dock", pose=PlanarPose(frame="map", x=2.1, y=3.4, yaw=0.0))
    remember(served, "A car stops.", EVENT, event="stops", who="car", location=dock)
    remember(served, "Two cars.", ANSWER, question="How many cars?")
    with opened(browser, served) as page:
        page.locator("#entries li").first.wait_for()
        assert texts(page) == ["Two cars.", "A car stops."]
        assert page.locator("#entries .asked").inner_text() == "How many cars?"
        place = page.locator("#entries .place")
        assert place.all_inner_texts() == ["near the dock, at 2.1, 3.4 m on the map"]
        assert page.locator("#entries .kind").all_inner_texts() == ["answer", "event"]
        holds(page, "document.querySelector('#entries img').naturalWidth === 160")
        remember(served, "A dog runs.")
        shows(page, 3)
        assert texts(page)[0] == "A dog runs."


def test_is_not_there_without_a_memory(browser: Any, served: Served) -> None:
    served.robot.memory.error = MemoryRequestError("start the memory", away=True)
    with opened(browser, served) as page:
        until(lambda: served.robot.memory.asked)
        page.wait_for_timeout(300)
        assert page.is_hidden("#timeline")


def test_stays_small_at_a_hundred_thousand_entries(browser: Any, served: Served) -> None:
    remember(served, "c1")
    first = served.robot.memory.entries[0]
    served.robot.memory.entries = [
        MemoryEntry(**(vars(first) | {"id": i, "text": f"c{i}", "time": first.time + i * SECOND}))
        for i in range(1, 100_001)
    ]
    with opened(browser, served) as page:
        shows(page, 40)
        assert texts(page)[0] == "c100000"

        def scroll(to: str, first: str) -> None:
            page.evaluate(f"document.getElementById('entries').scrollTop = {to}")
            holds(page, f"document.querySelector('#entries p').textContent === '{first}'")

        for text in ("c100000", "c100000", "c100000", "c99960", "c99920", "c99880"):
            before = page.locator("#entries li").last.inner_text()
            scroll("1e9", text)
            until(lambda was=before: page.locator("#entries li").last.inner_text() != was)
        shows(page, 160)
        assert [int(text[1:]) for text in texts(page)] == list(range(99_880, 99_720, -1))
        for text in ("c99920", "c99960", "c100000"):
            scroll("0", text)
        shows(page, 160)
        assert [int(text[1:]) for text in texts(page)] == list(range(100_000, 99_840, -1))
        page.fill("#search", "c4242")
        shows(page, 11)
        page.fill("#search", "")
        shows(page, 40)
        jump(page, first.time // SECOND + 50_001)
        holds(page, "document.querySelector('#entries p').textContent === 'c50000'")
        shows(page, 40)
        asked = served.robot.memory.asked
        assert all(isinstance(query, HistoryQuery) and query.limit == 40 for query in asked)


def test_filters_searches_and_jumps(browser: Any, served: Served) -> None:
    for i in range(30):
        remember(served, f"A car stops {i}.", EVENT, event="stops", who="car")
        remember(served, f"A dog runs {i}.")
    with opened(browser, served) as page:
        shows(page, 40)
        page.select_option("#kind", "event")
        shows(page, 30)
        page.fill("#search", "stops 7")
        shows(page, 1)
        assert texts(page) == ["A car stops 7."]
        page.click("#latest")
        shows(page, 40)
        assert page.input_value("#search") == ""
        tenth = served.robot.memory.entries[9]
        jump(page, tenth.time // SECOND + 1)
        shows(page, 10)
        assert texts(page)[0] == tenth.text


def test_a_question_about_the_past_is_answered_with_its_entries(
    browser: Any, served: Served
) -> None:
    remember(served, "A dog runs.")
    remember(served, "A car stops.", EVENT, event="stops", who="car")
    with opened(browser, served) as page:
        shows(page, 2)
        page.fill("#past", "When was the last car?")
        page.press("#past", "Enter")
        page.get_by_text("The last car was at noon.").wait_for()
        assert texts(page) == ["A car stops."]
        served.robot.memory.error = MemoryRequestError("the question is too long")
        page.press("#past", "Enter")
        page.get_by_text("the question is too long").wait_for()
        served.robot.memory.error = None
        page.click("#latest")
        shows(page, 2)
        assert page.locator("#recalled").inner_text() == ""
