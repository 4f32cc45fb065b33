"""The page in the system's Chromium, against a real server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from test.bridge.browsing import chromium, holds, installed, ready, tabs
from test.bridge.serving import (
    WELL,
    Served,
    comment,
    frames,
    free_port,
    jpeg,
    serve,
    sound,
    until,
)
from video_commentary.bridge.access import TOKEN_VARIABLE
from video_commentary.bridge.items import Cut, JpegFrame, Reply, Situation

pytestmark = installed


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as it:
        yield it


@pytest.fixture
def web() -> Iterator[Served]:
    with serve() as served, camera(served):
        yield served


@contextmanager
def camera(web: Served, fps: float = 10.0) -> Iterator[None]:
    """Send pictures, and the situation once a second, for the length of a block."""
    stop = threading.Event()
    frames(web.port, time.time() - 6.0, fps, round(6 * fps))

    def film() -> None:
        index = 0
        while not stop.wait(1 / fps):
            index += 1
            web.port.frame(JpegFrame(jpeg(index), time.time()))
            if index % round(fps) == 0:
                web.port.publish(web.port.situation)

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


def test_shows_picture_words_history_and_lights(browser: Any, web: Served) -> None:
    web.port.publish(comment("Said before."))
    with opened(browser, web) as page:
        ready(page)
        assert page.locator("#history li").all_inner_texts()[0].endswith("Said before.")
        for text, final in (("A", False), ("A cat", False), ("A cat sits.", True)):
            web.port.publish(comment(text, sequence=900, final=final))
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
        delay = time.time() - page.evaluate("commentary.picture.stamp")
        assert delay == pytest.approx(web.port.display.delay.at(time.monotonic()), abs=0.7)


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
        page.select_option("#profile", "nature")
        page.locator("body").click(position={"x": 5, "y": 5})
        page.keyboard.press("k")
        page.wait_for_timeout(300)
        assert web.robot.asked == [
            ("ask", "How many?", False), ("steer", "only dogs"), ("profile", "nature"),
            ("enable", True),
        ]  # fmt: skip
        web.robot.reply = Reply(False, "the commentator is away: start it", away=True)
        page.fill("#question", "Who?")
        page.press("#question", "Enter")
        page.wait_for_selector("#notice:has-text('start it')")
        assert page.input_value("#question") == "Who?", "what was typed is not lost"


def speak(web: Served, index: int, number: int, begin: float) -> None:
    for i in range(number):
        while time.time() < begin + 0.04 * i - 0.2:
            time.sleep(0.005)
        web.port.publish(sound(index + i, begin + 0.04 * i))


def test_plays_without_gaps_and_falls_silent_at_a_cut(browser: Any, web: Served) -> None:
    with opened(browser, web) as page:
        ready(page)
        page.click("#sound")
        holds(page, "commentary.sound.on")
        page.wait_for_timeout(500)
        speak(web, 0, 10, time.time() + 0.3)
        holds(page, "commentary.sound.blocks >= 10")
        late = page.evaluate("commentary.sound.late")
        speak(web, 10, 50, time.time() + 0.8)
        holds(page, "commentary.sound.blocks >= 60")
        assert page.evaluate("commentary.sound.gaps") == 0
        assert page.evaluate("commentary.sound.late") - late <= 2
        assert 0 <= page.evaluate("commentary.sound.behind") < 1
        speak(web, 62, 1, time.time() + 0.2)
        holds(page, "commentary.sound.gaps === 1")
        web.port.publish(Cut(time.time()))
        page.keyboard.press("m")
        holds(page, "!commentary.sound.on")


PLAY = """(dues) => {
  const played = [], start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (when) {
    played.push([when, when + this.buffer.duration]);
    start.call(this, when);
  };
  dues.forEach((due, index) => commentary.live.dispatchEvent(
    new CustomEvent("sound", { detail: { index, due, samples: new Int16Array(1920) } })));
  AudioBufferSourceNode.prototype.start = start;
  return played;
}"""
"""Begin and end of what is played of blocks that come all at once, due in so many seconds."""


@pytest.mark.parametrize("first", [-3.0, -1.0, 0.1])
def test_blocks_that_come_together_are_never_played_over_each_other(
    browser: Any, web: Served, first: float
) -> None:
    with opened(browser, web) as page:
        ready(page)
        page.click("#sound")
        holds(page, "commentary.sound.on")
        played = page.evaluate(PLAY, [first + 0.04 * i for i in range(100)])
        starts = [begin for begin, _ in played]
        ends = [end for _, end in played]
        assert len(played) >= (60 if first < -1.5 else 100), "what is too old is left out"
        assert all(begin >= end - 1e-6 for end, begin in zip(ends, starts[1:], strict=False))
        assert page.evaluate("commentary.sound.behind") < 1.6
        # Again, while all of that still plays.
        again = page.evaluate(PLAY, [0.04 * i for i in range(20)])
        assert all(begin >= ends[-1] - 1e-6 for begin, _ in again)


def test_words_stay_in_order_when_the_sound_catches_up(browser: Any, web: Served) -> None:
    with opened(browser, web) as page:
        ready(page)
        page.evaluate(
            """() => {
              let behind = 0.6;
              Object.defineProperty(commentary.sound, "behind", { get: () => behind });
              const said = (text, final) => commentary.live.dispatchEvent(new CustomEvent("comment",
                { detail: { text, final, question: "", newest: 1, cancelled: false } }));
              said("A cat", false);
              behind = 0.0;
              said("A cat sits.", true);
            }"""
        )
        page.wait_for_timeout(900)
        assert page.inner_text("#words") == "A cat sits."


FAKE_LIVEKIT = """window.LivekitClient = {
  RoomEvent: { LocalTrackSubscribed: "taken" }, VideoPresets: { h720: {} },
  Room: class {
    constructor() {
      window.joined = true;
      this.localParticipant = {
        setTrackSubscriptionPermissions() {},
        setCameraEnabled: async () => this.taken(),
      };
    }
    async connect() {}
    once(_, taken) { this.taken = taken; }
    on() {}
    removeAllListeners() {}
    async disconnect() { window.joined = false; }
  },
};"""


@contextmanager
def in_a_room(browser: Any, web: Served) -> Iterator[Any]:
    """Open the page where LiveKit lets everybody in and takes their camera."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.route(
        "**/api/livekit/token",
        lambda route: route.fulfill(json={"token": "t", "url": "ws://x", "robot": "robot"}),
    )
    page.route(
        "**/static/livekit-client.umd.js",
        lambda route: route.fulfill(body=FAKE_LIVEKIT, content_type="text/javascript"),
    )
    page.goto(web.url)
    ready(page)
    yield page
    context.close()


def test_a_camera_that_the_robot_does_not_watch_does_not_film(browser: Any, web: Served) -> None:
    with in_a_room(browser, web) as page:
        web.robot.reply = Reply(False, "the commentator is away", away=True)
        page.select_option("#source", "phone")
        page.wait_for_selector("#notice:has-text('is away')")
        assert page.evaluate("joined") is False
        assert page.input_value("#source") == "robot"


def test_the_choice_of_camera_follows_what_is_watched(browser: Any, web: Served) -> None:
    with in_a_room(browser, web) as page:
        page.focus("#source")
        page.select_option("#source", "phone")
        page.wait_for_selector("#notice:has-text('in force now')")
        assert page.evaluate("document.activeElement.id") == "source", "the focus is not lost"
        web.port.publish(replace(WELL, source="phone"))
        page.wait_for_timeout(5500)
        assert page.input_value("#source") == "phone"
        assert page.evaluate("joined")
        web.port.publish(WELL)
        holds(page, "document.getElementById('source').value === 'robot'")
        assert page.evaluate("joined") is False, "the commentator went back to the robot's camera"
        web.port.publish(replace(WELL, source="phone"))
        holds(page, "document.getElementById('source').value === 'other'")


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
        page.wait_for_selector("#notice", state="attached")
        holds(page, "getComputedStyle(document.getElementById('notice')).display !== 'none'")
        until(lambda: web.robot.asked == [("enable", True)])
        assert page.get_attribute("#pause", "aria-pressed") is None, "its name says it already"


def test_it_says_what_is_wrong_and_comes_back(browser: Any, web: Served) -> None:
    with opened(browser, web) as page:
        ready(page)
        well = web.port.situation
        web.port.publish(
            Situation(commentator_trouble="start the commentator", camera_trouble="plug it in")
        )
        page.wait_for_selector("#blank:has-text('plug it in')")
        page.wait_for_selector("[data-part=commentator][data-light=bad]")
        web.port.publish(well)
        page.wait_for_selector("#blank", state="hidden")


def test_it_comes_back_when_the_bridge_starts_again_with_another_token(browser: Any) -> None:
    first, second, port = "the-first-token", "another-token", free_port()
    with serve({TOKEN_VARIABLE: first}, port=port) as web:
        context = browser.new_context()
        page = context.new_page()
        with camera(web):
            page.goto(f"{web.url}/#token={first}")
            ready(page)
    with serve({TOKEN_VARIABLE: second}, port=port) as web, camera(web):
        page.wait_for_selector("dialog[open]")
        drawn = page.evaluate("commentary.drawn()")
        page.fill("#token", second)
        page.press("#token", "Enter")
        holds(page, f"commentary.drawn() > {drawn + 3}")
        page.wait_for_selector("[data-part=camera][data-light=ok]")
        context.close()


def test_it_works_though_the_manners_can_not_be_told(browser: Any, web: Served) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/api/profiles", lambda route: route.fulfill(status=500, body="{}"))
    page.goto(web.url)
    ready(page)
    page.wait_for_selector("#notice:has-text('500')")
    context.close()


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
        reached = set()
        for _ in range(30):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.id"))
        assert {"pause", "sound", "volume", "captioned", "full", "question", "profile"} <= reached
