"""The panel of watches on the page, in the system's Chromium."""

from __future__ import annotations

from typing import Any

from test.bridge.browsing import holds, installed, opened, ready
from test.bridge.serving import Served, alert, until
from video_commentary.bridge.watch_gateway import WatchRequestError
from video_commentary.core.watches import Watch, WatchReport

pytestmark = installed


def test_watches_are_added_shown_and_removed(browser: Any, web: Served) -> None:
    kept = Watch(id=1, condition="a dog", name="the dog", camera="eye", speak=True)
    web.robot.watches.reports.append(WatchReport(watch=kept, meaning="a dog in view", alerts=4))
    with opened(browser, web) as page:
        ready(page)
        page.locator("#watched li").wait_for()
        assert page.locator("#watched li").inner_text().split("\n")[:2] == [
            "the dog",
            "eye, aloud, 4 so far",
        ]
        page.fill("#condition", "a person enters")
        page.check("#aloud")
        page.press("#condition", "Enter")
        page.wait_for_selector("#watch-notice:has-text('watching for: it is a person enters')")
        holds(page, "document.querySelectorAll('#watched li').length === 2")
        assert page.input_value("#condition") == ""
        assert web.robot.watches.reports[1].watch.speak

        page.get_by_label("Watch no longer for: the dog").click()
        holds(page, "document.querySelectorAll('#watched li').length === 1")
        until(lambda: [report.watch.id for report in web.robot.watches.reports] == [2])

        web.robot.watches.error = WatchRequestError("not understood: sings; say who or what")
        page.fill("#condition", "a person sings")
        page.press("#condition", "Enter")
        page.wait_for_selector("#watch-notice:has-text('not understood: sings')")
        assert page.input_value("#condition") == "a person sings", "what was typed is not lost"


def test_alerts_are_shown_those_before_too(browser: Any, web: Served) -> None:
    web.gateway.publish(alert("A car <b>stops</b>.", "gate"))
    with opened(browser, web) as page:
        ready(page)
        page.locator("#alerts li").wait_for()
        web.gateway.publish(alert("A person comes into view."))
        holds(page, "document.querySelectorAll('#alerts li').length === 2")
        texts = page.locator("#alerts p").all_inner_texts()
        assert texts == ["A person comes into view.", "A car <b>stops</b>."]
        assert page.locator("#alerts time").first.inner_text().endswith("door")
        holds(page, "document.querySelector('#alerts img').naturalWidth === 160")
        assert page.get_attribute("#alerts", "aria-live") == "polite"
