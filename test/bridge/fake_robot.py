"""A robot for the bridge's web server: it keeps what a test gives it and records what is asked."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video_commentary.bridge.clip_gateway import ClipPage, ClipPart, ClipRequestError, KeptClip
from video_commentary.bridge.items import Reply, SayPriority, Source
from video_commentary.bridge.memory_gateway import (
    EventTally,
    HistoryPage,
    HistoryQuery,
    MemoryRequestError,
    RecallAnswer,
    RecapAnswer,
)
from video_commentary.bridge.microphone import FORMAT as MICROPHONE_FORMAT
from video_commentary.bridge.watch_gateway import WatchRequestError
from video_commentary.core.audio import Pcm
from video_commentary.core.clip import MAX_CHUNK, RecordedClip
from video_commentary.core.memory_entry import MemoryEntry
from video_commentary.core.stamp import from_seconds
from video_commentary.core.watches import Watch, WatchReport


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
