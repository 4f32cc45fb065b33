"""The scene's sound: from its topic to an engine that hears, over DDS and without."""

from __future__ import annotations

import array
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
from std_msgs.msg import Header
from video_commentary.srv import Ask

from test.fakes import FakeEngine
from test.nodes.graph import Probe, commentator, probe
from video_commentary.core.audio import Pcm
from video_commentary.core.clock import CameraClock, VirtualClock
from video_commentary.core.stamp import Stamp, from_seconds
from video_commentary.nodes.commentator.scene_sound import QUEUE_SIZE, SceneSound
from video_commentary.ros.qos import EVENTS
from video_commentary.ros.time import to_time

TOPIC = "/robot/microphone"


def sound(graph: Probe, level: int = 1000, stamp: float | None = None) -> None:
    """Publish a tenth of a second of stereo sound that begins now."""
    samples = np.full(4410 * 2, level, np.int16)
    header = Header(stamp=to_time(graph.now() if stamp is None else stamp), frame_id="robot")
    data = AudioData(data=array.array("B", samples.tobytes()))
    message = AudioDataStamped(header=header, audio=data)
    graph.publish(AudioDataStamped, TOPIC, message, reliable=True)


def test_an_engine_hears_the_scene() -> None:
    info = AudioInfo(channels=2, sample_rate=44_100, sample_format="S16LE", coding_format="wave")
    parameters = ("hear:=true", f"sound_topic:={TOPIC}", "breathing_pause:=0.0")
    with commentator("hears", *parameters) as node, probe() as graph:

        def heard(words: str, level: int = 1000, stamp: float | None = None) -> bool:
            # again and again, as the node subscribes within a second of the first
            graph.publish(AudioInfo, "/robot/audio_info", info, reliable=True)
            sound(graph, level, stamp)
            return bool(graph.finals) and words in graph.finals[-1].text

        assert graph.film(lambda: [c for c in graph.finals if c.text == "heard nothing"])
        graph.until(lambda: f"nobody publishes {TOPIC}" in graph.troubles())
        assert graph.film(lambda: heard("heard 44100 Hz, 2 channels, 0.0 s ago"))
        # another clock's stamps are not believed
        assert graph.film(lambda: heard("2 channels, 0.1 s ago", stamp=graph.now() - 500))
        graph.film(lambda: heard("", 31_000) and "turn the microphone down" in graph.troubles())
        assert "turn the microphone down" in graph.status().detail
        assert node.popen.poll() is None
        questions_are_heard(graph)
        graph.film(lambda: heard("", 1000) and "turn the microphone" not in graph.troubles())


def questions_are_heard(graph: Probe) -> None:
    """Ask with and without sound, and with sound that is refused."""

    def ask(samples: int, odd: bytes = b"") -> str:
        spoken = array.array("B", np.full(samples, 1234, np.int16).tobytes() + odd)
        request = Ask.Request(question="Who is there?", quiet=True, sound=spoken)
        return str(graph.call(Ask, "/commentator/ask", request).answer)

    assert ask(24_000) == "asked aloud, 1.5 s of 16000 Hz, 1 channel, peak 1234"
    assert ask(0) == "asked"
    assert "has 3 bytes" in ask(1, b"x")
    assert "lasts 31.0 s: send at most 30 s" in ask(31 * 16_000)


class FakeNode:
    """A node on whose topics nobody publishes, or one microphone does."""

    def __init__(self, microphone: bool) -> None:
        kind, qos = "audio_common_msgs/msg/AudioData", EVENTS
        self._offers = [SimpleNamespace(topic_type=kind, qos_profile=qos)] if microphone else []
        self.deliver: Callable[[AudioData], None] = print

    def resolve_topic_name(self, topic: str) -> str:
        return topic

    def get_publishers_info_by_topic(self, topic: str) -> list[Any]:
        return [] if topic.endswith("info") else self._offers

    def create_subscription(self, kind: type, topic: str, callback: Any, qos: Any) -> object:
        self.deliver = callback
        return callback

    def destroy_subscription(self, subscription: object) -> None:
        self.deliver = print


class Listening(FakeEngine):
    """Hears, but takes its time."""

    hears = True

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.heard: list[tuple[Pcm, Stamp]] = []

    def hear(self, pcm: Pcm, stamp: Stamp) -> None:
        self.heard.append((pcm, stamp))
        self.go_on.wait(10)


def scene_sound(node: FakeNode, engine: FakeEngine, loaded: bool = True) -> SceneSound:
    loader: Any = SimpleNamespace(ready=threading.Event())
    if loaded:
        loader.ready.set()
    clock = CameraClock(VirtualClock(1000.0, iter(())), lambda: from_seconds(-5.0))
    it: Any = node
    return SceneSound(it, TOPIC, engine, loader, clock)


def test_what_is_missing_is_said() -> None:
    for engine, microphone, trouble in (
        (FakeEngine(), True, "does not hear: set hear:=false"),
        (Listening(), False, f"nobody publishes {TOPIC}"),
        (Listening(), True, f"no sound on {TOPIC} yet"),
    ):
        it = scene_sound(FakeNode(microphone), engine)
        assert trouble in it.trouble
        assert it.check().trouble == it.trouble
        it.close()


def test_sound_without_a_stamp_is_in_the_cameras_time_and_waits_for_no_engine() -> None:
    node, engine = FakeNode(microphone=True), Listening()
    it = scene_sound(node, engine)
    block = AudioData(data=array.array("B", bytes(2 * 1600)))
    node.deliver(AudioData())  # empty: nothing to hear
    for _ in range(QUEUE_SIZE + 6):
        node.deliver(block)
    assert it.check().values["blocks dropped"] in (5, 6)  # one may be with the engine already
    engine.go_on.set()
    deadline = time.monotonic() + 10
    while len(engine.heard) < QUEUE_SIZE and time.monotonic() < deadline:
        time.sleep(0.01)
    pcm, stamp = engine.heard[0]
    assert (pcm.format.rate, len(pcm.samples)) == (16_000, 1600)
    assert stamp == from_seconds(1000.0 + 5.0 - 0.1)
    it.close()


def test_nothing_is_kept_while_the_engine_is_loaded() -> None:
    node, engine = FakeNode(microphone=True), Listening()
    it = scene_sound(node, engine, loaded=False)
    node.deliver(AudioData(data=array.array("B", bytes(3200))))
    engine.go_on.set()
    it.close()
    assert engine.heard == []
