"""The bridge's web server on a free loopback port, in front of a small fake robot."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
from numpy.typing import NDArray

from test.ports import free_port
from video_commentary.bridge.access import access_policy
from video_commentary.bridge.clip_gateway import ClipPage, ClipPart, ClipRequestError, KeptClip
from video_commentary.bridge.context import Context
from video_commentary.bridge.frame_buffer import FrameBuffer
from video_commentary.bridge.items import JpegFrame, Reply, SayPriority, Situation, Sound, Source
from video_commentary.bridge.livekit.participant import LiveKitOff
from video_commentary.bridge.memory_gateway import (
    EventTally,
    HistoryPage,
    HistoryQuery,
    MemoryRequestError,
    RecallAnswer,
    RecapAnswer,
)
from video_commentary.bridge.microphone import FORMAT as MICROPHONE_FORMAT
from video_commentary.bridge.robot_gateway import RobotGateway
from video_commentary.bridge.watch_gateway import PublishedAlert, WatchRequestError
from video_commentary.bridge.web_server import WebServer
from video_commentary.config.settings import BridgeSettings
from video_commentary.core.audio import OUTPUT_FORMAT, Pcm
from video_commentary.core.clip import MAX_CHUNK, RecordedClip
from video_commentary.core.comment import Comment
from video_commentary.core.facts import Observation
from video_commentary.core.memory_entry import MemoryEntry
from video_commentary.core.stamp import from_seconds
from video_commentary.core.status import CommentatorStatus
from video_commentary.core.watches import Alert, Watch, WatchReport

WELL = Situation(
    report=CommentatorStatus(
        state="watching", engine="fake", voice="fake voice", speaks=True, profile="sports"
    ),
    commentator_trouble="",
    camera="/camera/image_raw",
    camera_fps=15.0,
    camera_trouble="",
)


class FakeMemory:
    """Gives what it is given: the newest of `entries` first, or `error`; records what is asked."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.entries: list[MemoryEntry] = []
        self.error: MemoryRequestError | None = None
        self.asked: list[HistoryQuery | tuple[object, ...]] = []

    async def history(self, query: HistoryQuery) -> HistoryPage:
        self.asked.append(query)
        if self.error:
            raise self.error
        if query.after:
            newer = [entry for entry in self.entries if entry.id > query.after]
            return HistoryPage(tuple(newer[: query.limit]), "")
        before = int(query.cursor or len(self.entries) + 1)
        chosen = [
            entry
            for entry in reversed(self.entries)
            if entry.id < before
            and (not query.kinds or entry.kind in query.kinds)
            and query.words in entry.text
            and (not query.end or entry.time <= from_seconds(query.end))
        ]
        page = tuple(chosen[: query.limit])
        return HistoryPage(page, str(page[-1].id) if len(chosen) > query.limit else "")

    async def recall(self, question: str, start: float, end: float, limit: int) -> RecallAnswer:
        self.asked.append((question, start, end, limit))
        if self.error:
            raise self.error
        return RecallAnswer("The last car was at noon.", tuple(self.entries[-1:]))

    async def recap(self, period: str, start: float, end: float) -> RecapAnswer:
        self.asked.append((period, start, end))
        if self.error:
            raise self.error
        return RecapAnswer(
            text="A car came in.",
            start=10.0,
            end=20.0,
            kinds={"comment": 3, "event": 1, "alert": 0, "answer": 0},
            counts=(EventTally(event="enters", who="car", times=1, count=1, at_least=False),),
            entries=tuple(self.entries[-1:]),
        )


class FakeClips:
    """Keeps `clips`, the oldest first, and their `files` by id and format; `error` refuses all.

    Records what is asked.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.clips: list[RecordedClip] = []
        self.files: dict[tuple[str, str], bytes] = {}
        self.error: ClipRequestError | None = None
        self.asked: list[tuple[object, ...]] = []

    def _take(self, *asked: object) -> None:
        self.asked.append(asked)
        if self.error:
            raise self.error

    async def list(self, before: float, limit: int) -> ClipPage:
        self._take("list", before, limit)
        return ClipPage(tuple(reversed(self.clips))[:limit], len(self.clips), 12_000_000)

    async def keep(self, name: str, before: float, after: float) -> KeptClip:
        self._take("keep", name, before, after)
        return KeptClip("20261128-120000", "it will be in /clips/20261128-120000")

    async def read(self, id: str, format: str, offset: int, length: int) -> ClipPart:
        self._take("read", id, format, offset, length)
        assert 0 < length <= MAX_CHUNK
        if (id, format) not in self.files:
            raise ClipRequestError(f"there is no clip {id!r}")
        data = self.files[id, format]
        return ClipPart(data[offset : offset + length], len(data))


class FakeWatches:
    """Keeps watches that a list of them would show; `error` refuses all."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.reports: list[WatchReport] = []
        self.error: WatchRequestError | None = None

    def _answer(self) -> None:
        if self.error:
            raise self.error

    async def list(self) -> Sequence[WatchReport]:
        self._answer()
        return self.reports

    async def add(self, condition: str, **fields: Any) -> tuple[int, str]:
        self._answer()
        watch = Watch(id=len(self.reports) + 1, condition=condition, **fields)
        self.reports.append(WatchReport(watch=watch, meaning=f"it is {condition}"))
        return watch.id, f"watching for: it is {condition}"

    async def remove(self, number: int) -> str:
        self._answer()
        kept = [report for report in self.reports if report.watch.id != number]
        if len(kept) == len(self.reports):
            raise WatchRequestError(f"there is no watch {number}", unknown=True)
        self.reports = kept
        return "removed"


class FakeRobot:
    """Replies at once, and records what it is asked."""

    def __init__(self) -> None:
        self.memory = FakeMemory()
        self.clips = FakeClips()
        self.watches = FakeWatches()
        self.asked: list[tuple[Any, ...]] = []
        self.reply = Reply(True, "in force now", 12.5)
        self.listens = True
        self.sounds: list[tuple[str, Pcm, float]] = []

    def now(self) -> float:
        return time.time()

    def _answer(self, *asked: object) -> Reply:
        self.asked.append(asked)
        return self.reply

    async def set_instruction(self, instruction: str) -> Reply:
        return self._answer("instruction", instruction)

    async def ask(self, question: str, quiet: bool) -> Reply:
        return self._answer("ask", question, quiet)

    async def say(self, text: str, priority: SayPriority, interrupt: bool) -> Reply:
        return self._answer("say", text, priority, interrupt)

    async def set_enabled(self, enabled: bool) -> Reply:
        return self._answer("enabled", enabled)

    async def set_profile(self, name: str) -> Reply:
        return self._answer("profile", name)

    async def set_source(self, source: Source) -> Reply:
        return self._answer("source", source)

    async def profiles(self) -> Sequence[str]:
        return ["sports", "nature"]

    def publish_image(self, image: Any, stamp: float) -> None:
        self.asked.append(("image", image.shape, stamp))

    def publish_sound(self, stream: str, pcm: Pcm, stamp: float) -> None:
        self.sounds.append((stream, pcm, stamp))

    def sound_of(self, stream: str) -> NDArray[np.int16]:
        """Return all sound of a stream so far, and check its format."""
        blocks = [pcm for name, pcm, _ in list(self.sounds) if name == stream]
        assert all(pcm.format == MICROPHONE_FORMAT for pcm in blocks)
        return np.concatenate([pcm.samples for pcm in blocks] or [np.zeros(0, np.int16)])


@dataclass
class Served:
    """A running server, and what is behind it."""

    url: str
    gateway: RobotGateway
    robot: FakeRobot
    context: Context

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(self.url + path, **options)

    def post(self, path: str, body: object, **options: Any) -> httpx.Response:
        return httpx.post(self.url + path, json=body, **options)

    @property
    def live(self) -> str:
        return self.url.replace("http:", "ws:") + "/api/live"


@contextmanager
def serve(environment: dict[str, str] | None = None, **settings: Any) -> Iterator[Served]:
    """Run the server for the length of a block."""
    chosen = BridgeSettings(**({"port": free_port()} | settings))
    robot = FakeRobot()
    buffer = FrameBuffer(chosen.buffer_seconds, chosen.buffer_megabytes * 1_000_000)
    gateway = RobotGateway(robot, buffer)
    context = Context(gateway, chosen, access_policy(chosen, environment or {}), LiveKitOff())
    server = WebServer(context)
    gateway.publish(WELL)
    served = Served(f"http://127.0.0.1:{chosen.port}", gateway, robot, context)
    try:
        until(lambda: _answers(served))
        yield served
    finally:
        began = time.monotonic()
        server.close()
        assert time.monotonic() - began < 2.5, "the server does not end"


def _answers(served: Served) -> bool:
    try:
        return served.get("/").status_code == 200
    except httpx.TransportError:
        return False


def until(condition: Any, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def jpeg(seed: int = 0, size: tuple[int, int] = (120, 160)) -> bytes:
    """Return a picture of (height, width)."""
    small = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    ok, data = cv2.imencode(".jpg", cv2.resize(small, size[::-1]))
    assert ok
    return data.tobytes()


def frames(
    gateway: RobotGateway,
    since: float,
    fps: float,
    number: int,
    camera_size: tuple[int, int] | None = None,
) -> list[JpegFrame]:
    """Put pictures with stamps from `since` on into the gateway."""
    made = [JpegFrame(jpeg(i), since + i / fps, camera_size) for i in range(number)]
    for frame in made:
        gateway.add_frame(frame)
    return made


_SEQUENCE = count(1)


def comment(text: str = "A dog runs.", **fields: Any) -> Comment:
    """Return a finished comment whose first words came a second after its newest frame.

    Stamps are given in seconds.
    """
    now = time.time()
    values: dict[str, Any] = {
        "sequence": next(_SEQUENCE),
        "camera": "eye",
        "newest": now - 1.0,
        "oldest": now - 3.0,
        "instruction": "",
        "question": "",
        "requested": now - 0.9,
        "text": text,
        "first_words": now,
        "final": True,
    }
    values |= fields
    for name in ("newest", "oldest", "requested", "first_words", "first_sound"):
        if values.get(name) is not None:
            values[name] = from_seconds(values[name])
    return Comment(**values)


def alert(text: str = "A person comes into view.", name: str = "door") -> PublishedAlert:
    """Return an alert that came now, with a picture."""
    watch = Watch(id=3, condition="a person enters", name=name)
    found = Alert(
        watch=watch,
        camera="eye",
        stamp=time.time_ns(),
        text=text,
        confidence=0.75,
        evidence=(Observation(camera="eye", stamp=time.time_ns(), name="person"),),
    )
    return PublishedAlert(found, jpeg())


def sound(index: int, heard_at: float, samples: int = 1920) -> Sound:
    """Return a block of noise that differs with `index`."""
    noise = np.random.default_rng(index).integers(-20_000, 20_000, samples).astype(np.int16)
    return Sound(Pcm(noise, OUTPUT_FORMAT), heard_at, index)


def memory() -> float:
    """Return this process's resident memory, MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1000
    raise AssertionError
