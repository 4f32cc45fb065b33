"""The streams of sound that the node hears: which there are, and whether they still come."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ...core.audio import Pcm
from ...core.stamp import NANOSECONDS, Stamp, from_seconds
from ...ros.health import Check
from ...ros.sound_topic import STALLED_AFTER

FORGOTTEN_AFTER = 60.0
"""Seconds after which it is not mentioned any more, as the listener forgets it then."""
MAX_STREAMS = 16
"""Streams heard at once; of further ones nothing is heard."""
_FOREIGN_CLOCK = 1.0
"""Seconds by which a stamp must differ from its arrival to be another clock's."""


class Hear(Protocol):
    """`Listener.hear`."""

    def __call__(self, stream: str, pcm: Pcm, stamp: Stamp, speaker: str = "") -> None:
        """Take sound of a stream."""
        ...


@dataclass
class _Stream:
    seen_at: float
    seconds: float = 0.0
    rate: int = 0


class Streams:
    """Passes sound on, and keeps count of each stream; safe on several threads.

    `dropped`: blocks of streams beyond `MAX_STREAMS`.
    """

    def __init__(self, hear: Hear, now: Callable[[], Stamp]) -> None:
        """`now` returns the time of the ROS clock."""
        self._hear = hear
        self._now = now
        self._lock = threading.Lock()
        self._streams: dict[str, _Stream] = {}
        self.dropped = 0

    def hear(self, name: str, pcm: Pcm, stamp: Stamp, at: float) -> None:
        """Take sound that arrived at `at` (monotonic, s).

        `name`: of the stream; after a colon the name of who speaks, as in livekit:anna. `stamp`:
        when its first sample was recorded, 0 if unknown.
        """
        if not len(pcm.samples):
            return
        with self._lock:
            stream = self._streams.get(name)
            if stream is None:
                if len(self._streams) >= MAX_STREAMS:
                    self.dropped += 1
                    return
                stream = self._streams[name] = _Stream(at)
            stream.seen_at = at
            stream.seconds += pcm.duration
            stream.rate = pcm.format.rate
        arrived = self._now() - from_seconds(pcm.duration)
        foreign = abs(stamp - arrived) > _FOREIGN_CLOCK * NANOSECONDS
        speaker = name.partition(":")[2]
        self._hear(name, pcm, arrived if foreign else stamp, speaker)

    def checks(self, at: float) -> list[Check]:
        """Return a check of each stream, and forget those that have ended."""
        checks = []
        with self._lock:
            for name, stream in list(self._streams.items()):
                silent = at - stream.seen_at
                if silent > FORGOTTEN_AFTER:
                    del self._streams[name]
                    continue
                state = f"no sound for {silent:.0f} s" if silent > STALLED_AFTER else "sound comes"
                values = {"state": state, "heard s": f"{stream.seconds:.1f}", "Hz": stream.rate}
                checks.append(Check(f"stream {name}", "", False, values))
        return checks
