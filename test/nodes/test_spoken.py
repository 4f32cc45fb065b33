"""People speak into a browser, a LiveKit room and a phone; the robot does what they ask for.

A neural voice speaks the sentences, and the real recognizer hears them.
"""

from __future__ import annotations

import asyncio
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from livekit import rtc
from video_commentary.msg import Utterance

from test.bridge.browsing import CHROMIUM, holds, installed, playwright
from test.bridge.livekit.people import credentials_for, person
from test.bridge.livekit.server import LiveKitServer, build_or_skip
from test.nodes.bridge_tabs import Bridge, bridge, wait
from test.nodes.graph import Probe, commentator, probe, process
from test.nodes.spoken_sentences import needs_ears, spoken
from video_commentary.core.audio import Pcm
from video_commentary.ros.qos import EVENTS

pytestmark = needs_ears
RATE = 48_000
SENTENCES = {
    "instruction": "Only talk about the cars.",
    "question": "How many people are there?",
    "watch": "Tell me when a person enters.",
}
QUESTION = "how many people are there?"
BEFORE = 1.5
"""Seconds of silence before the first sentence: a room takes a moment to connect a microphone."""
AFTER = 4.0
"""Seconds of silence after a sentence: time to act on it before it is said again."""
QUIET = 2.0
"""Seconds without the robot's sound before somebody speaks."""


def sentence(text: str) -> Pcm:
    return spoken(text, RATE, BEFORE, AFTER)


def write(file: Path, pcm: Pcm) -> Path:
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(pcm.tobytes())
    return file


@dataclass
class House:
    """A robot that comments, its listener, its bridge in a LiveKit room, and who speaks there."""

    graph: Probe
    bridge: Bridge
    server: LiveKitServer
    room: str
    heard: list[Utterance] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.graph.node.create_subscription(Utterance, "/listener/heard", self._hear, EVENTS)

    def _hear(self, utterance: Utterance) -> None:
        if utterance.final:
            self.heard.append(utterance)

    def film(self, until: Callable[[], Any]) -> Any:
        """Film until `until` returns something."""
        try:
            return self.graph.film(until, 50.0)
        except AssertionError as error:
            heard = [(u.header.frame_id, u.text, u.intent, u.outcome) for u in self.heard]
            raise AssertionError(f"{error}: {heard}") from None

    def forget(self) -> None:
        """Do nothing that an earlier test has asked for."""
        self.graph.steer("")
        for watch in self.watches():
            path = f"{self.bridge.url}/api/watches/{watch['id']}"
            httpx.delete(path, timeout=10).raise_for_status()
        self.heard.clear()
        self.graph.got.clear()

    def watches(self) -> list[dict[str, Any]]:
        return list(self.bridge.get("/api/watches").json()["watches"])

    def is_silent(self) -> bool:
        times = self.graph.times["audio"]
        return not times or time.monotonic() - times[-1] > QUIET

    def understood(self, intent: str) -> Utterance | None:
        found = [utterance for utterance in self.heard if utterance.intent == intent]
        return found[-1] if found else None

    def check_all_is_done(self, stream: str) -> None:
        """Film until the three sentences have been acted upon, each heard on this stream."""
        for intent in SENTENCES:
            utterance = self.film(partial(self.understood, intent))
            assert utterance.header.frame_id.startswith(stream)
            assert utterance.outcome and utterance.acted.sec
        assert self.bridge.status()["instruction"] == "only talk about the cars"
        self.film(lambda: [e for e in self.graph.finals if "only talk about the cars" in e.text])
        answers = [event for event in self.graph.finals if event.question]
        assert [(event.question, event.text) for event in answers] == [
            (QUESTION, f"You asked: {QUESTION}")
        ]
        assert [(watch["condition"], watch["speak"]) for watch in self.watches()] == [
            ("a person enters", True)
        ]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("spoken")
    server = LiveKitServer(build_or_skip(), folder)
    room = credentials_for(server).room
    watches = f"watches_file:={folder / 'watches.json'}"
    with ExitStack() as stack:
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in server.environment.items():
            environment.setenv(name, value)
        server.start()
        stack.callback(server.stop)
        graph = stack.enter_context(probe())
        stack.enter_context(commentator("says", watches, "breathing_pause:=60.0", voice="neural"))
        listener = stack.enter_context(process("-m", "video_commentary.nodes.listener"))
        it = House(graph, stack.enter_context(bridge(f"livekit_room:={room}")), server, room)
        wait(lambda: "listening with" in listener.output(), 60.0, "a loaded recognizer")
        wait(lambda: it.bridge.light("livekit") == "ok", 30.0, "the room")
        it.film(lambda: it.graph.finals and it.bridge.status()["listens"])
        yield it


@contextmanager
def page(url: str, sound: Path) -> Iterator[Any]:
    """Open the page in a browser whose microphone hears a file, again and again."""
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={sound}",
    ]
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=arguments)
        try:
            opened = browser.new_page()
            opened.goto(url)
            opened.locator("#talk").wait_for()
            yield opened
        finally:
            browser.close()


@installed
def test_the_page_is_spoken_to_and_shows_what_it_heard_and_did(
    house: House, tmp_path: Path
) -> None:
    house.forget()
    for intent, text in SENTENCES.items():
        house.film(house.is_silent)
        sound = write(tmp_path / f"{intent}.wav", sentence(text))
        with page(house.bridge.url, sound) as opened:
            opened.click("#talk")
            done = house.film(partial(house.understood, intent)).outcome
            shown = opened.locator("#done", has_text=done)
            shown.wait_for(timeout=10_000)
            assert opened.inner_text("#heard").lower().startswith(text.lower()[:-1])
    house.check_all_is_done("page-")


def test_a_participant_of_the_room_is_understood(house: House) -> None:
    house.forget()

    async def speak(source: rtc.AudioSource, sound: Pcm) -> None:
        block = RATE // 50
        for first in range(0, len(sound.samples) - block, block):
            samples = sound.samples[first : first + block]
            await source.capture_frame(rtc.AudioFrame(samples.tobytes(), RATE, 1, block))

    async def scene() -> None:
        credentials = credentials_for(house.server, room=house.room)
        async with person(credentials, "anna") as anna:
            source = rtc.AudioSource(RATE, 1)
            track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
            await anna.room.local_participant.publish_track(track, options)
            for intent, text in SENTENCES.items():
                await asyncio.to_thread(house.film, house.is_silent)
                done = asyncio.ensure_future(
                    asyncio.to_thread(house.film, partial(house.understood, intent))
                )
                while not done.done():  # people say it again, too, if it was not understood
                    await speak(source, sentence(text))
                await done
            await asyncio.to_thread(house.check_all_is_done, "livekit:anna")
            await source.aclose()

    asyncio.run(scene())
    assert {utterance.speaker for utterance in house.heard if utterance.intent} == {"anna"}


@installed
def test_a_phone_that_films_is_heard_through_the_room_and_by_the_page_once_it_stops(
    house: House, tmp_path: Path
) -> None:
    house.forget()

    def asked(stream: str) -> bool:
        return any(
            utterance.intent == "question" and utterance.header.frame_id.startswith(stream)
            for utterance in house.heard
        )

    asking = write(tmp_path / "asked.wav", sentence(SENTENCES["question"]))
    with page(house.bridge.url, asking) as opened:
        with opened.expect_response("**/api/source", timeout=30_000) as answer:
            opened.select_option("#source", "phone")
        assert answer.value.ok, answer.value.text()
        opened.click("#talk")
        holds(opened, "document.getElementById('level').value > 0.4")
        house.film(lambda: asked("livekit:guest-browser-"))
        assert not asked("page-")
        with opened.expect_response("**/api/source", timeout=30_000):
            opened.select_option("#source", "robot")
        assert opened.get_attribute("#talk", "aria-pressed") == "true"
        house.film(lambda: asked("page-"))
