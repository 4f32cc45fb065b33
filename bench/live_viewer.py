"""A viewer of /api/live that plays sound as the page does, and measures what it gets."""

from __future__ import annotations

import json
import struct
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

_HEAD = struct.Struct("<B3xId")
_PICTURE = 1
_RATE = 48_000
_AHEAD = 0.01
_TOUCHING = 0.06
"""Seconds, as in the page's sound.js."""
_MAX_LAG = 1.5
_RECONNECT = 1.0
_REMEMBERED = 50
_Key = tuple[int, float]
"""A comment's number and newest stamp: numbers begin again with each start of the commentator."""


@dataclass
class Tally:
    """What came since the tally began: seconds, and times of `time.monotonic`."""

    words: list[float] = field(default_factory=list)
    sound: list[float] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    pictures: int = 0
    comments: int = 0
    lost: int = 0


class Player:
    """Where the page's sound.js would play each block; says where the sound has a hole."""

    def __init__(self) -> None:
        self._end = 0.0
        self._due_end = 0.0
        self._lag = 0.0
        self._expected: int | None = None

    def gap(self, index: int, due: float, seconds: float, now: float) -> bool:
        """Take in a block due in `due` s; return whether a hole in a sentence comes before it."""
        lost = self._expected is not None and index != self._expected
        self._expected = (index + 1) % 2**32
        due_at = now + due
        within = abs(due_at - self._due_end) < _TOUCHING
        start = due_at + self._lag
        if abs(start - self._end) < _TOUCHING:
            start = self._end
        late = start < max(self._end, now + _AHEAD)
        if late:
            start = max(self._end, now + 2 * _AHEAD)
            if start - due_at > _MAX_LAG:
                return within or lost
            self._lag = start - due_at
        elif start > self._end + _TOUCHING:
            self._lag *= 0.9
        hole = within and late and start > self._end
        self._end = start + seconds
        self._due_end = due_at + seconds
        return lost or hole

    def cut(self) -> None:
        """Forget the sentence."""
        self._end = self._due_end = 0.0


class LiveViewer:
    """Watches with sound until `close`; connects again after an end, as the page does."""

    def __init__(self, port: int, token: str = "") -> None:
        self._url = f"ws://127.0.0.1:{port}/api/live"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._lock = threading.Lock()
        self._tally = Tally()
        self._player = Player()
        self._begun: deque[_Key] = deque(maxlen=_REMEMBERED)
        self._spoken: deque[_Key] = deque(maxlen=_REMEMBERED)
        self._unfinished: _Key | None = None
        self._last_stamp = 0.0
        self.newest = 0.0
        """Stamp of the newest frame of the last comment that was finished; 0 before the first."""
        self.last_picture = 0.0
        self.last_sound = 0.0
        self.last_text = ""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def take(self) -> Tally:
        """Return what came since the last call."""
        with self._lock:
            taken, self._tally = self._tally, Tally()
            return taken

    @property
    def in_mid_comment(self) -> bool:
        """Whether a comment has begun and is not finished."""
        return self._unfinished is not None

    def close(self) -> None:
        self._stopping.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stopping.is_set():
            with suppress(OSError, ConnectionClosed, TimeoutError):
                self._watch()
            self._last_stamp = 0.0
            self._player = Player()
            self._stopping.wait(_RECONNECT)

    def _watch(self) -> None:
        with connect(
            self._url, max_size=2**24, proxy=None, additional_headers=self._headers
        ) as socket:
            socket.send(json.dumps({"video": True, "sound": True}))
            while not self._stopping.is_set():
                with suppress(TimeoutError):
                    message = socket.recv(timeout=1.0)
                    with self._lock:
                        self._sort(message)

    def _sort(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            kind, index, seconds = _HEAD.unpack(message[: _HEAD.size])
            if kind == _PICTURE:
                self._picture(seconds)
            else:
                self._sound(index, seconds, (len(message) - _HEAD.size) / 2 / _RATE)
            return
        content = json.loads(message)
        if content["type"] == "comment":
            self._comment(content)
        elif content["type"] == "hello":  # what was finished while we were away
            whole = {(said["sequence"], said["newest"]) for said in content["history"]}
            if self._unfinished in whole:
                self._unfinished = None
        elif content["type"] == "cut":
            self._player.cut()

    def _picture(self, stamp: float) -> None:
        self._tally.pictures += 1
        if self._last_stamp:
            self._tally.steps.append(abs(stamp - self._last_stamp))
        self._last_stamp = stamp
        self.last_picture = time.monotonic()

    def _sound(self, index: int, due: float, seconds: float) -> None:
        self.last_sound = time.monotonic()
        if self._player.gap(index, due, seconds, self.last_sound):
            self._tally.gaps.append(self.last_sound)

    def _comment(self, said: dict[str, Any]) -> None:
        newest = said["newest"]
        key = said["sequence"], newest
        if said["first_words"] and key not in self._begun:
            self._begun.append(key)
            self._tally.words.append(time.time() - newest)
        if said["first_sound"] and key not in self._spoken:
            self._spoken.append(key)
            self._tally.sound.append(said["first_sound"] - newest)
        self._tally.lost += self._unfinished not in (None, key)
        self._unfinished = None if said["final"] else key
        if said["final"] and said["text"]:
            self._tally.comments += 1
            self.newest = newest
            self.last_text = said["text"]
