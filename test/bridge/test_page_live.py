"""What the page does with sound, cameras and a bridge that come and go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from test.bridge.browsing import camera, holds, installed, opened, ready
from test.bridge.serving import WELL, Served, serve, until
from test.ports import free_port
from video_commentary.bridge.access import TOKEN_VARIABLE
from video_commentary.bridge.items import Reply

pytestmark = installed


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
"""Start and end of the blocks played, of those that arrive at once and are due in `dues` s."""


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
        page.evaluate("() => new Promise(done => setTimeout(done, 900))")
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
    with closing(browser.new_context()) as context:
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


def test_a_camera_that_the_robot_does_not_watch_does_not_film(browser: Any, web: Served) -> None:
    with in_a_room(browser, web) as page:
        web.robot.reply = Reply(False, "there is no commentator", away=True)
        page.select_option("#source", "phone")
        page.wait_for_selector("#notice:has-text('no commentator')")
        assert page.evaluate("joined") is False
        assert page.input_value("#source") == "robot"


def test_the_choice_of_camera_follows_what_is_watched(browser: Any, web: Served) -> None:
    with in_a_room(browser, web) as page:
        page.focus("#source")
        page.select_option("#source", "phone")
        page.wait_for_selector("#notice:has-text('in force now')")
        assert page.evaluate("document.activeElement.id") == "source", "the focus is not lost"
        web.gateway.publish(replace(WELL, source="phone"))
        page.wait_for_timeout(5500)
        assert page.input_value("#source") == "phone"
        assert page.evaluate("joined")
        web.gateway.publish(WELL)
        holds(page, "document.getElementById('source').value === 'robot'")
        assert page.evaluate("joined") is False, "the commentator went back to the robot's camera"
        web.gateway.publish(replace(WELL, source="phone"))
        holds(page, "document.getElementById('source').value === 'other'")


def test_it_says_that_the_device_whose_camera_was_watched_has_left(browser: Any) -> None:
    with serve(phone_timeout=1.0) as web, camera(web), opened(browser, web) as page:
        ready(page)
        gone = replace(WELL, source="phone", camera_fps=0.0)
        web.gateway.publish(gone)
        until(lambda: ("source", "robot") in web.robot.asked)
        web.gateway.publish(WELL)
        page.wait_for_selector("#notice:has-text('has left')")
        holds(page, "document.getElementById('source').value === 'robot'")


def test_it_comes_back_when_the_bridge_starts_again_with_another_token(browser: Any) -> None:
    first, second, port = "the-first-token", "another-token", free_port()
    with closing(browser.new_context()) as context:
        page = context.new_page()
        with serve({TOKEN_VARIABLE: first}, port=port) as web, camera(web):
            page.goto(f"{web.url}/#token={first}")
            ready(page)
        with serve({TOKEN_VARIABLE: second}, port=port) as web, camera(web):
            page.wait_for_selector("dialog[open]")
            drawn = page.evaluate("commentary.drawn()")
            page.fill("#token", second)
            page.press("#token", "Enter")
            holds(page, f"commentary.drawn() > {drawn + 3}")
            page.wait_for_selector("[data-part=camera][data-light=ok]")
