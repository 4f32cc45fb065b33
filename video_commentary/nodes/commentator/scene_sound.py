"""The scene's sound, from its topic to the engine."""

from __future__ import annotations

import threading
from collections import deque

from rclpy.node import Node

from ...core.audio import Pcm
from ...core.clock import Clock
from ...core.engine import Engine, EngineError, hear, hears, unexpected
from ...core.loading import Loader
from ...core.stamp import NANOSECONDS, Stamp, from_seconds
from ...ros.health import Check
from ...ros.sound_topic import SoundTopic

QUEUE_SIZE = 100
"""Blocks of sound that may wait for the engine; of more, the oldest is left out."""
GRACE = 1.0
"""Seconds for which `close` waits for the engine."""
_FOREIGN_CLOCK = 1.0
"""Seconds by which a stamp must differ from its arrival to be another clock's."""


class SceneSound:
    """Lets the engine hear a topic, on a thread of its own, from construction to `close`."""

    def __init__(
        self, node: Node, topic: str, engine: Engine, loader: Loader, clock: Clock
    ) -> None:
        """Subscribe to `topic`; `clock` has the time of the cameras."""
        self._engine = engine
        self._loader = loader
        self._clock = clock
        self._waiting: deque[tuple[Pcm, Stamp]] = deque(maxlen=QUEUE_SIZE)
        self._arrived = threading.Event()
        self._closed = False
        self._dropped = 0
        self._error = ""
        self._topic = SoundTopic(node, topic, self._on_sound)
        self._thread = threading.Thread(target=self._run, name="hearing", daemon=True)
        self._thread.start()
        self.follow_publishers()

    @property
    def trouble(self) -> str:
        """Why the scene is not heard, and what to do; empty if it is."""
        if self._loader.ready.is_set() and not hears(self._engine):
            return "this engine does not hear: set hear:=false, or engine:=minicpmo"
        check = self._topic.check()
        if not check.values["publishers"]:
            return f"nobody publishes {self._topic.name}: start a microphone, or set sound_topic"
        return self._error or check.trouble

    def check(self) -> Check:
        """Return the check for /diagnostics."""
        values = {**self._topic.check().values, "blocks dropped": self._dropped}
        return Check(f"hearing {self._topic.name}", self.trouble, False, values)

    def follow_publishers(self) -> None:
        """Subscribe to what is published now; call about once a second, on the ROS thread."""
        self._topic.follow_publishers()

    def close(self) -> None:
        """Unsubscribe and stop the thread, without waiting for an engine that hangs."""
        self._topic.close()
        self._closed = True
        self._arrived.set()
        self._thread.join(GRACE)

    def _on_sound(self, _stream: str, pcm: Pcm, stamp: Stamp, _arrived: float) -> None:
        if not self._loader.ready.is_set() or not len(pcm.samples):
            return
        now = self._clock.stamp()
        if abs(stamp - now) > _FOREIGN_CLOCK * NANOSECONDS:
            stamp = now - from_seconds(pcm.duration)
        self._dropped += len(self._waiting) == QUEUE_SIZE
        self._waiting.append((pcm, stamp))
        self._arrived.set()

    def _run(self) -> None:
        while not self._closed:
            self._arrived.wait()
            self._arrived.clear()
            while self._waiting and not self._closed:
                self._hear(*self._waiting.popleft())

    def _hear(self, pcm: Pcm, stamp: Stamp) -> None:
        try:
            hear(self._engine, pcm, stamp)
            self._error = ""
        except EngineError as error:
            self._error = str(error)
        except Exception as error:  # noqa: BLE001 - whatever an engine raises, the node stays up
            self._error = str(unexpected(error))
