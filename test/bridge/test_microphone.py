"""Clients' microphones: bytes over /api/live, and the page's own in the system's Chromium."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from test.bridge.browsing import holds, installed, opened, ready
from test.bridge.fake_robot import FakeRobot
from test.bridge.serving import WELL, Served, until
from test.bridge.test_live import drain
from video_commentary.bridge.items import HeardUtterance
from video_commentary.bridge.microphone import BadSoundError, ClientMicrophone

HEAD = struct.Struct("<B3xI8x")
LISTENING = replace(WELL, listens=True)
NO_WEIGHTS = replace(WELL, listener_trouble="no weights: run fetch_model ears")


def tone(rate: int, seconds: float, begin: float = 0.0) -> bytes:
    """Return a message with 440 Hz at half of full scale."""
    times = begin + np.arange(round(rate * seconds)) / rate
    samples = (16_000 * np.sin(2 * np.pi * 440 * times)).astype("<i2")
    return HEAD.pack(3, rate) + samples.tobytes()


class Time:
    """A clock that is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_any_rate_arrives_as_16_kilohertz_in_order(rate: int) -> None:
    robot, time = FakeRobot(), Time()
    microphone = ClientMicrophone("page-1", robot, time)
    for index in range(50):
        time.now = 0.02 * index
        microphone.take(tone(rate, 0.02, 0.02 * index))
    sound = robot.sound_of("page-1")
    assert 14_500 <= len(sound) <= 16_000, "what the filter holds back is missing"
    spectrum = np.abs(np.fft.rfft(sound[2000:14_800]))
    assert np.argmax(spectrum) * 16_000 / 12_800 == pytest.approx(440, abs=2)
    stamps = [stamp for _, _, stamp in robot.sounds]
    assert stamps == sorted(stamps)


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (b"", "as bytes only a microphone's sound"),
        (b"{}" + bytes(20), "as bytes only a microphone's sound"),
        (HEAD.pack(3, 1000) + bytes(2), "8000 to 192000 Hz"),
        (HEAD.pack(3, 16_000) + bytes(3), "int16"),
    ],
)
def test_anything_else_is_refused(message: bytes, says: str) -> None:
    with pytest.raises(BadSoundError, match=says):
        ClientMicrophone("page-1", FakeRobot()).take(message)


def test_sound_can_not_come_faster_than_it_is_heard() -> None:
    robot, time = FakeRobot(), Time()
    microphone = ClientMicrophone("page-1", robot, time)
    for _ in range(4):
        microphone.take(tone(16_000, 0.5))
    with pytest.raises(BadSoundError, match="not faster"):
        microphone.take(tone(16_000, 0.5))
    time.now = 100.0
    microphone.take(tone(16_000, 0.5))


def test_over_the_socket_sound_goes_in_and_what_was_heard_comes_back(web: Served) -> None:
    with connect(web.live) as socket, connect(web.live) as other:
        socket.send(tone(48_000, 0.5))
        other.send(tone(48_000, 0.5))
        until(lambda: len({stream for stream, _, _ in web.robot.sounds}) == 2)
        web.gateway.publish(utterance("how many", final=False))
        web.gateway.publish(utterance("how many people", outcome="two people"))
        got = [heard(socket) for _ in range(2)]
        assert [(one["text"], one["final"]) for one in got] == [
            ("how many", False),
            ("how many people", True),
        ]
        assert got[1]["outcome"] == "two people"
        socket.send(b"not sound")
        with pytest.raises(ConnectionClosed, match="as bytes only a microphone"):
            drain(socket)


def heard(socket: Any) -> dict[str, Any]:
    while True:
        message = socket.recv(timeout=10)
        if isinstance(message, str) and (content := json.loads(message))["type"] == "heard":
            return dict(content)


def utterance(text: str, final: bool = True, outcome: str = "") -> HeardUtterance:
    return HeardUtterance(
        id=7,
        stream="page-1",
        speaker="",
        begin=12.0,
        text=text,
        final=final,
        intent="question" if final else "",
        confidence=0.9,
        outcome=outcome,
    )


@installed
def test_the_page_sends_its_microphone_while_it_is_open_or_space_is_held(
    browser: Any, web: Served
) -> None:
    web.robot.sounds.clear()
    with opened(browser, web, permissions=["microphone"]) as page:
        ready(page)
        assert page.locator("#microphone").is_hidden(), "nobody listens"
        web.gateway.publish(NO_WEIGHTS)
        page.wait_for_selector("#listener-trouble:has-text('run fetch_model ears')")
        assert page.locator("#talk").is_disabled()
        page.keyboard.press("Space")
        assert page.evaluate("commentary.microphone.blocks") == 0
        web.gateway.publish(LISTENING)
        page.locator("#talk:enabled").wait_for()
        assert not page.inner_text("#listener-trouble")

        page.keyboard.down("Space")
        holds(page, "commentary.microphone.blocks > 40")  # Chromium's fake device beeps each second
        (stream,) = {stream for stream, _, _ in web.robot.sounds}
        until(lambda: np.abs(web.robot.sound_of(stream)).max() > 1000)
        holds(page, "document.getElementById('level').value > 0.3")
        page.keyboard.up("Space")
        page.wait_for_timeout(1700)  # the tail, and the silence that ends an utterance
        sent = len(web.robot.sounds)
        assert not web.robot.sound_of(stream)[-12_000:].any()
        page.wait_for_timeout(300)
        assert len(web.robot.sounds) == sent

        page.click("#talk")
        until(lambda: len(web.robot.sounds) > sent + 20)
        assert page.get_attribute("#talk", "aria-pressed") == "true"
        web.gateway.publish(utterance("how many <b>people</b>", outcome="Two people."))
        page.wait_for_selector("#done:has-text('Two people.')")
        assert page.inner_text("#heard") == "how many <b>people</b>"
        web.gateway.publish(WELL)
        page.wait_for_selector("#microphone", state="hidden")
        assert page.get_attribute("#talk", "aria-pressed") == "false"


@installed
def test_a_microphone_that_is_not_allowed_is_explained(browser: Any, web: Served) -> None:
    with opened(browser, web) as page:
        ready(page)
        web.gateway.publish(LISTENING)
        page.click("#talk")
        page.wait_for_selector("#notice:has-text('blocks the microphone')")
        assert page.get_attribute("#talk", "aria-pressed") == "false"
