"""The page in the system's Chromium, against a real server."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any

import pytest

from test.bridge.browsing import camera, holds, installed, opened, ready
from test.bridge.serving import (
    Served,
    comment,
    serve,
    sound,
    until,
)
from video_commentary.bridge.access import TOKEN_VARIABLE
from video_commentary.bridge.items import Cut, PictureBox, Reply, Situation
from video_commentary.core.facts import NormalizedBox, Observation
from video_commentary.core.stamp import from_seconds

pytestmark = installed


def test_shows_picture_words_history_and_lights(browser: Any, web: Served) -> None:
    web.gateway.publish(comment("Said before."))
    with opened(browser, web) as page:
        ready(page)
        assert page.locator("#history li").all_inner_texts()[0].endswith("Said before.")
        for text, final in (("A", False), ("A cat", False), ("A cat sits.", True)):
            web.gateway.publish(comment(text, sequence=900, final=final))
            page.get_by_text(text, exact=True).first.wait_for()
            growing = "growing" in page.get_attribute("#words", "class")
            assert growing is not final
        assert page.locator("#history li").first.inner_text().endswith("A cat sits.")
        assert page.locator("#spoken").inner_text() == "A cat sits."
        assert page.get_attribute("#spoken", "aria-live") == "polite"
        page.wait_for_selector("[data-part=camera][data-light=ok]")
        page.hover("[data-part=livekit]")
        assert "LIVEKIT_URL" in page.locator("[data-part=livekit] [role=tooltip]").inner_text()
        assert page.evaluate("document.getElementById('picture').width") == 160

        def in_step() -> bool:
            delay = time.time() - page.evaluate("commentary.picture.stamp")
            return bool(abs(delay - web.gateway.display.delay.at(time.monotonic())) < 0.7)

        until(in_step)


def test_what_is_typed_and_chosen_reaches_the_robot(browser: Any, web: Served) -> None:
    with opened(browser, web) as page:
        ready(page)
        web.robot.reply = Reply(True, "Three people.")
        page.keyboard.press("/")
        page.keyboard.type("How many?")
        page.keyboard.press("Enter")
        page.wait_for_selector("#notice:has-text('Three people.')")
        page.fill("#instruction", "only dogs")
        page.click("#steer .field button")
        until(lambda: len(web.robot.asked) == 2)
        page.select_option("#profile", "nature")
        until(lambda: len(web.robot.asked) == 3)
        page.locator("body").click(position={"x": 5, "y": 5})
        page.keyboard.press("k")
        until(lambda: len(web.robot.asked) == 4)
        page.wait_for_timeout(300)  # for what nobody asked
        assert web.robot.asked == [
            ("ask", "How many?", False),
            ("instruction", "only dogs"),
            ("profile", "nature"),
            ("enabled", True),
        ]
        web.robot.reply = Reply(False, "no commentator: start it", away=True)
        page.fill("#question", "Who?")
        page.press("#question", "Enter")
        page.wait_for_selector("#notice:has-text('start it')")
        assert page.input_value("#question") == "Who?", "what was typed is not lost"


def walker(track: int, left: float) -> PictureBox:
    return PictureBox(
        name="person", track=str(track), score=0.5, left=left, top=40, right=left + 30, bottom=110
    )


def pixel(page: Any, canvas: str, x: float, y: float) -> list[int]:
    """Return a pixel of a canvas, red, green and blue."""
    script = """([id, x, y]) => [...document.getElementById(id).getContext("2d")
      .getImageData(Math.round(x), Math.round(y), 1, 1).data.slice(0, 3)]"""
    return list(page.evaluate(script, [canvas, x, y]))


def test_boxes_are_drawn_in_step_with_the_picture(browser: Any, web: Served) -> None:
    begin = time.time() - 8.0
    for look in range(200):
        web.gateway.add_boxes("eye", begin + look / 5, [walker(2, 2.0 * look / 5)])
    with opened(browser, web) as page:
        ready(page)
        assert page.get_attribute("#boxed", "aria-pressed") == "false"
        assert page.evaluate("commentary.picture.boxes") == []
        page.keyboard.press("b")
        holds(page, "commentary.picture.boxes.length === 1")
        stamp, (box,) = page.evaluate("[commentary.picture.stamp, commentary.picture.boxes]")
        assert box["left"] == pytest.approx(2.0 * (stamp - begin), abs=0.01)
        # The frame of the picture that is there now, at its left edge: a line between two pixels
        # covers half of each.
        edge = """() => { const { left } = commentary.picture.boxes[0];
          const context = document.getElementById("picture").getContext("2d");
          return [-1, 0, 1].map((step) => [...context.getImageData(
            Math.round(left) + step, 80, 1, 1).data.slice(0, 3)]); }"""
        colours = page.evaluate(edge)
        assert any(colour == pytest.approx([0, 200, 140], abs=70) for colour in colours), colours
        page.reload()
        holds(page, "commentary.picture.boxes.length === 1")
        page.click("#boxed")
        holds(page, "commentary.picture.boxes.length === 0")
        until(lambda: not web.gateway.boxes.wanted)


def test_a_click_on_a_sentence_shows_the_frame_it_was_said_about(browser: Any, web: Served) -> None:
    newest = web.gateway.display.buffer.newest()
    assert newest
    stamp = newest.stamp
    person = Observation(
        camera="eye",
        stamp=from_seconds(stamp),
        box=NormalizedBox(left=0.25, top=0.25, right=0.5, bottom=0.75),
        name="person",
        track=2,
    )
    web.gateway.publish(comment("Somebody came in.", newest=stamp, evidence=(person,)))
    web.gateway.publish(comment("Long ago.", newest=stamp - 600))
    with opened(browser, web) as page:
        ready(page)
        page.get_by_role("button", name="Somebody came in.").click()
        page.wait_for_selector("#shown[open]")
        assert page.locator("#shown-words").inner_text() == "Somebody came in."
        assert page.evaluate("document.getElementById('shown-picture').width") == 160
        assert pixel(page, "shown-picture", 40, 80) == pytest.approx([0, 200, 140], abs=60)
        page.keyboard.press("Escape")
        page.wait_for_selector("#shown", state="hidden")
        page.get_by_role("button", name="Long ago.").click()
        page.wait_for_selector("#notice:has-text('no picture of this comment')")


def speak(web: Served, index: int, number: int, begin: float) -> None:
    for i in range(number):
        while time.time() < begin + 0.04 * i - 0.2:
            time.sleep(0.005)
        web.gateway.publish(sound(index + i, begin + 0.04 * i))


def test_plays_without_gaps_and_falls_silent_at_a_cut(browser: Any, web: Served) -> None:
    with opened(browser, web) as page:
        ready(page)
        page.click("#sound")
        page.wait_for_selector("#sound[data-on=true]")
        first = 0
        while not (played := page.evaluate("commentary.sound.blocks")):
            assert first < 100, "nothing is played"
            speak(web, first, 1, time.time() + 0.3)
            first += 1
            page.wait_for_timeout(40)
        speak(web, first, 10, time.time() + 0.3)
        holds(page, f"commentary.sound.blocks >= {played + 10}")
        late = page.evaluate("commentary.sound.late")
        speak(web, first + 10, 50, time.time() + 0.8)
        holds(page, f"commentary.sound.blocks >= {played + 60}")
        assert page.evaluate("commentary.sound.gaps") == 0
        assert page.evaluate("commentary.sound.late") - late <= 2
        assert 0 <= page.evaluate("commentary.sound.behind") < 1
        speak(web, first + 62, 1, time.time() + 0.2)
        holds(page, "commentary.sound.gaps === 1")
        web.gateway.publish(Cut(time.time()))
        page.keyboard.press("m")
        holds(page, "!commentary.sound.on")


def test_single_keys_can_be_turned_off_and_stay_so(browser: Any, web: Served) -> None:
    with opened(browser, web) as page:
        ready(page)
        page.uncheck("#shortcuts")
        page.reload()
        ready(page)
        assert not page.is_checked("#shortcuts")
        page.keyboard.press("k")
        page.wait_for_timeout(200)
        assert web.robot.asked == []
        page.check("#shortcuts")
        page.locator("body").click(position={"x": 5, "y": 5})
        page.keyboard.press("k")
        holds(page, "getComputedStyle(document.getElementById('notice')).display !== 'none'")
        until(lambda: web.robot.asked == [("enabled", True)])
        assert page.get_attribute("#pause", "aria-pressed") is None, "its name says it already"


def test_it_says_what_is_wrong_and_comes_back(browser: Any, web: Served) -> None:
    with opened(browser, web) as page:
        ready(page)
        well = web.gateway.situation
        web.gateway.publish(
            Situation(commentator_trouble="start the commentator", camera_trouble="plug it in")
        )
        page.wait_for_selector("#blank:has-text('plug it in')")
        page.wait_for_selector("[data-part=commentator][data-light=bad]")
        web.gateway.publish(well)
        page.wait_for_selector("#blank", state="hidden")


def test_it_works_without_the_list_of_profiles(browser: Any, web: Served) -> None:
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.route("**/api/profiles", lambda route: route.fulfill(status=500, body="{}"))
        page.goto(web.url)
        ready(page)
        page.wait_for_selector("#notice:has-text('500')")


def test_asks_for_the_token_and_takes_it_from_a_link(browser: Any) -> None:
    token = "a-long-enough-token"
    with serve({TOKEN_VARIABLE: token}) as web, camera(web):
        with opened(browser, web) as page:
            page.wait_for_selector("dialog[open]")
            page.fill("#token", "wrong-token")
            page.press("#token", "Enter")
            page.wait_for_selector("#refused:has-text('not the token')")
            page.fill("#token", token)
            page.press("#token", "Enter")
            ready(page)
        with opened(browser, web, f"/#token={token}") as page:
            ready(page)
            assert token not in page.url


def test_without_livekit_it_works_and_says_what_is_missing(browser: Any, web: Served) -> None:
    with opened(browser, web) as page:
        ready(page)
        page.select_option("#source", "phone")
        page.wait_for_selector("#notice:has-text('LIVEKIT_URL')")
        assert page.input_value("#source") == "robot"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
def test_nothing_is_cut_off_and_text_stands_out(
    browser: Any, web: Served, scheme: str, width: int, height: int
) -> None:
    size = {"width": width, "height": height}
    with opened(browser, web, viewport=size, color_scheme=scheme) as page:
        ready(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for name in ("#picture", "#pause", "#sound", "#words", "#question", "#instruction"):
            assert page.locator(name).is_visible(), name
        contrast = page.evaluate(
            """() => {
              const light = (colour) => {
                const parts = colour.match(/[0-9.]+/g).slice(0, 3).map((x) => {
                  const c = x / 255;
                  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
                });
                return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
              };
              const page = getComputedStyle(document.body);
              const soft = getComputedStyle(document.querySelector("#dots button"));
              const [back, ink, faint] = [page.backgroundColor, page.color, soft.color].map(light);
              const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
              return [ratio(back, ink), ratio(back, faint)];
            }"""
        )
        assert min(contrast) > 4.5, "WCAG AA"


def test_every_control_has_a_name_and_the_keyboard_reaches_it(browser: Any, web: Served) -> None:
    with opened(browser, web) as page:
        ready(page)
        names = page.evaluate(
            """() => [...document.querySelectorAll("main button, main input, main select")]
              .map((it) => [it.id, (it.ariaLabel || it.labels?.[0]?.textContent
                || it.textContent || it.title || "").trim()])"""
        )
        assert all(name for _, name in names), names
        assert dict(names)["profile"].startswith("Profile")
        reached = set()
        for _ in range(45):  # a date has a stop for each of its parts
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.id"))
        assert {"pause", "sound", "volume", "captioned", "full", "question", "profile"} <= reached
