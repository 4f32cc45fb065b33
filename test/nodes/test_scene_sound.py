"""The scene's sound over DDS: from its topic to an engine that hears."""

from __future__ import annotations

import array

import numpy as np
from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
from std_msgs.msg import Header

from test.nodes.graph import Probe, commentator, probe
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
        assert graph.film(lambda: heard("heard 44100 Hz, 2 channels, 0.0 s ago"))
        # another clock's stamps are not believed
        assert graph.film(lambda: heard("2 channels, 0.1 s ago", stamp=graph.now() - 500))
        graph.film(lambda: heard("", 31_000) and "turn the microphone down" in graph.troubles())
        assert "turn the microphone down" in graph.status().detail
        assert node.popen.poll() is None
        graph.film(lambda: heard("", 1000) and "turn the microphone" not in graph.troubles())


def test_an_engine_that_does_not_hear_says_so() -> None:
    with commentator("says", "hear:=true") as _, probe() as graph:
        graph.film(lambda: graph.finals and "does not hear: set hear:=false" in graph.troubles())
