"""Processes of bench/link.py: link_nodes speaker|witness. Both print a JSON line per event.

speaker: the speaker node with a sound card that only takes sound, on the robot. witness: on the
desk, beside the commentator. `seen` and `said` come from `watching_engine` and the witness.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import numpy as np
from audio_common_msgs.msg import AudioDataStamped
from rclpy.node import Node
from video_commentary.msg import Commentary, Status

from video_commentary.core.frames import Frame
from video_commentary.core.stamp import to_seconds
from video_commentary.engines.builtin.plugin import PLUGIN
from video_commentary.engines.registry import EngineOptions
from video_commentary.nodes.sound_device import DeviceCallback, DeviceRole, StreamOptions
from video_commentary.nodes.speaker import node as speaker_node
from video_commentary.ros.qos import EVENTS, LATCHED
from video_commentary.ros.running import run
from video_commentary.ros.time import to_stamp

_STEP = 0.01
"""Seconds of sound that the card takes at once."""


def print_event(kind: str, **fields: object) -> None:
    print(json.dumps({"kind": kind, "at": time.time(), **fields}), flush=True)


def watching_engine() -> Any:
    """Return the built-in engine; it prints the stamp of each frame that it looks at."""
    engine: Any = PLUGIN.create(PLUGIN.settings(), EngineOptions())
    look: Callable[[Frame], None] = engine.look

    def watch(frame: Frame) -> None:
        print_event("seen", stamp=to_seconds(frame.stamp))
        look(frame)

    engine.look = watch
    return engine


class QuietCard:
    """Takes sound as a card would, and plays it nowhere."""

    trouble, xruns = "", 0

    def __init__(
        self, role: DeviceRole, name: str, callback: DeviceCallback, options: StreamOptions
    ) -> None:
        assert options.rate is not None
        self._block = np.zeros((round(_STEP * options.rate), options.channels), np.int16)
        self._callback = callback
        self._stop = threading.Event()
        self.card = ""

    def supervise(self) -> bool:
        if self.card:
            return False
        self.card = "no card"
        threading.Thread(target=self._play, daemon=True).start()
        return True

    def close(self) -> None:
        self._stop.set()

    def _play(self) -> None:
        begun, taken = time.monotonic(), 0
        while not self._stop.is_set():
            taken += 1
            time.sleep(max(0.0, begun + taken * _STEP - time.monotonic()))
            self._callback(self._block, time.monotonic())


class WatchedSpeaker(speaker_node.SpeakerNode):
    """The speaker node; prints each block's lateness, and the underruns of its buffer."""

    def __init__(self) -> None:
        super().__init__()
        self._underruns = 0
        self.create_timer(0.2, self._count)

    def _on_audio(self, message: AudioDataStamped) -> None:
        if message.audio.data:
            print_event("heard", late=time.time() - to_seconds(to_stamp(message.header.stamp)))
        super()._on_audio(message)

    def _count(self) -> None:
        if self._buffer.underruns != self._underruns:
            self._underruns = self._buffer.underruns
            print_event("gap")


class Witness(Node):
    """Prints what the commentator publishes."""

    def __init__(self) -> None:
        super().__init__("witness")
        self._begun: object = None
        name = "/commentator"
        self.create_subscription(Status, f"{name}/status", self._status, LATCHED)
        self.create_subscription(Commentary, f"{name}/commentary_events", self._event, EVENTS)
        self.create_subscription(AudioDataStamped, f"{name}/audio_stamped", self._sound, EVENTS)

    def _status(self, message: Status) -> None:
        print_event(
            "status", fps=sum(message.camera_fps), state=message.state, detail=message.detail
        )

    def _event(self, message: Commentary) -> None:
        newest = to_seconds(to_stamp(message.header.stamp))
        if message.text and self._begun != (message.sequence, newest):
            self._begun = message.sequence, newest
            print_event("said", delay=time.time() - newest, newest=newest)

    def _sound(self, message: AudioDataStamped) -> None:
        if message.audio.data:
            print_event("spoken")


if __name__ == "__main__":
    if sys.argv[1] == "witness":
        run(Witness)
    else:
        with patch.object(speaker_node, "SoundDevice", QuietCard):
            run(WatchedSpeaker)
