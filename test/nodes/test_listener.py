"""People speak, over DDS: the listener understands them, and the commentator does what they ask.

A neural voice speaks the sentences, and the real recognizer hears them.
"""

from __future__ import annotations

import array
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.parameter import Parameter
from std_msgs.msg import Header
from video_commentary.msg import BargeIn, Utterance
from video_commentary.srv import ListWatches

from test.nodes.fake_sound_cards import stand_in_for_sounddevice
from test.nodes.graph import Probe, commentator, probe, process
from test.nodes.spoken_sentences import needs_ears, spoken
from video_commentary.core.audio import AudioFormat, Pcm
from video_commentary.ros.qos import EVENTS, LATCHED

BLOCK = 0.04
SILENCE = 1.5
"""Seconds after a sentence."""
QUIET = 2.0
"""Seconds without the robot's sound before somebody speaks."""


def sentence(text: str, rate: int = 16_000) -> Pcm:
    return spoken(text, rate, before=0.25, after=SILENCE)


@dataclass
class Room:
    """A robot that comments, its listener, and people who speak."""

    graph: Probe
    listener: Any
    card: Path
    heard: list[Utterance] = field(default_factory=list)
    states: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        node = self.graph.node
        node.create_subscription(Utterance, "/listener/heard", self.heard.append, EVENTS)
        node.create_subscription(BargeIn, "/listener/barge_in", self._on_state, EVENTS)
        self.page = node.create_publisher(AudioDataStamped, "/bridge/microphone", EVENTS)
        self.array = node.create_publisher(AudioData, "/mic/audio", EVENTS)
        self.info = node.create_publisher(AudioInfo, "/mic/audio_info", LATCHED)

    def _on_state(self, message: BargeIn) -> None:
        self.states.append((time.monotonic(), message.state))

    def say(self, text: str, *, until: Callable[[], Any], stream: str = "livekit:anna") -> Any:
        """Wait for silence, speak at the pace of speech, and film until `until` says so."""
        self.graph.film(self.robot_is_silent)
        self.send(sentence(text), lambda data: self._stamped(data, stream))
        return self.acted(until)

    def say_to_card(self, text: str, *, until: Callable[[], Any]) -> Any:
        """Speak to the microphone of the listener's machine, into its first channel."""
        self.graph.film(self.robot_is_silent)
        left = sentence(text, 44_100).samples
        with self.card.open("ab") as file:
            file.write(np.stack([left, np.zeros_like(left)], axis=1).tobytes())
        return self.acted(until)

    def acted(self, until: Callable[[], Any]) -> Any:
        """Film until `until` returns something."""
        try:
            return self.graph.film(until, 40.0)
        except AssertionError as error:
            heard = [(each.text, each.final, each.intent, each.outcome) for each in self.heard]
            raise AssertionError(f"{error}: {heard[-8:]}") from None

    def robot_is_silent(self) -> bool:
        times = self.graph.times["audio"]
        return not times or time.monotonic() - times[-1] > QUIET

    def cuts(self) -> int:
        return sum(not len(sound.audio.data) for sound in self.graph.got["audio_stamped"])

    def is_stopped(self) -> bool:
        return any(state == BargeIn.STOP for _, state in self.states)

    def send(
        self,
        pcm: Pcm,
        publish: Callable[[AudioData], None],
        until: Callable[[], bool] = lambda: False,
    ) -> None:
        """Publish sound at its pace; break off when `until` says so."""
        size = round(BLOCK * pcm.format.rate) * pcm.format.channels
        blocks = iter(np.split(pcm.samples, range(size, len(pcm.samples), size)))
        due = time.monotonic()

        def step() -> bool:
            nonlocal due
            while (now := time.monotonic()) >= due:
                block = next(blocks, None)
                if block is None or until():
                    return True
                publish(AudioData(data=array.array("B", block.astype("<i2").tobytes())))
                due = max(due + BLOCK, now - 0.2)
            return False

        self.graph.film(step)

    def _stamped(self, data: AudioData, stream: str) -> None:
        stamp = self.graph.node.get_clock().now().to_msg()
        self.page.publish(AudioDataStamped(header=Header(stamp=stamp, frame_id=stream), audio=data))

    def final(self, intent: str, after: int = 0) -> Callable[[], Utterance | None]:
        """Return a condition: the newest final utterance of this intent."""
        found = [*self.heard]

        def condition() -> Utterance | None:
            new = [u for u in self.heard[len(found) :] if u.final and u.intent == intent]
            return new[-1] if new else None

        return condition

    def set_pause(self, seconds: float) -> None:
        pause = Parameter("breathing_pause", value=seconds).to_parameter_msg()
        request = SetParameters.Request(parameters=[pause])
        name = "/commentator/set_parameters"
        assert self.graph.call(SetParameters, name, request).results[0].successful

    def parameter(self, name: str) -> Any:
        request = GetParameters.Request(names=[name])
        return self.graph.call(GetParameters, "/commentator/get_parameters", request).values[0]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("listener")
    file = f"watches_file:={folder / 'watches.json'}"
    topics = "sound_topics:=[bridge/microphone, /mic/audio]"
    settings = ("-p", topics, "-p", "send_sound:=true", "-p", "microphone:=true")
    card = stand_in_for_sounddevice(folder)
    path = f"{folder}:{os.environ.get('PYTHONPATH', '')}"
    with (
        probe() as graph,
        commentator("says", file, "breathing_pause:=60.0", voice="neural"),
        process(
            "-m",
            "video_commentary.nodes.listener",
            "--ros-args",
            *settings,
            env={"PYTHONPATH": path},
        ) as listener,
    ):
        room = Room(graph, listener, card)
        graph.until(room.page.get_subscription_count, what="the listener's subscription")
        graph.until(lambda: "listening with" in listener.output(), 60.0, "a loaded recognizer")
        graph.film(lambda: graph.got["audio"], 60.0)
        yield room


@needs_ears
def test_an_instruction_changes_what_is_said_and_no_undoes_it(room: Room) -> None:
    graph = room.graph
    done = room.say("Only talk about the cars.", until=room.final("instruction"))
    assert done.text.lower().strip(". ") == "only talk about the cars"
    assert (done.header.frame_id, done.speaker) == ("livekit:anna", "anna")
    assert done.outcome == "instruction: only talk about the cars"
    assert 0.5 < done.confidence <= 1.0 and done.acted.sec and done.end.sec
    graph.film(lambda: [e for e in graph.finals if "only talk about the cars" in e.text])
    undone = room.say("No, that's not what I meant.", until=room.final("undo"))
    assert undone.outcome == "undone: no instruction again"
    graph.film(lambda: graph.status().instruction == "")


@needs_ears
def test_a_question_goes_with_its_sound_and_is_answered_aloud(room: Room) -> None:
    done = room.say("How many people are there?", until=room.final("question"), stream="page")
    asked, _, sound = done.outcome.partition(" aloud, ")
    assert asked == "You asked: how many people are there?"
    found = re.fullmatch(r"(\d\.\d) s of 16000 Hz, 1 channel, peak (\d+)", sound)
    assert found and 0.8 < float(found[1]) < 4.0 and int(found[2]) > 1000
    answers = [event for event in room.graph.finals if event.question]
    assert answers[-1].question == "how many people are there?" and answers[-1].first_sound.sec


@needs_ears
def test_a_watch_is_set_by_a_stereo_microphone_of_44_kHz(room: Room) -> None:
    format = {"channels": 2, "sample_rate": 44_100, "sample_format": "S16LE"}
    room.info.publish(AudioInfo(coding_format="wave", bitrate=1_411_200, **format))
    room.graph.until(room.array.get_subscription_count, what="a subscription to /mic/audio")
    room.graph.until(lambda: described(room.graph, "sound /mic/audio").get("Hz") == "44100")
    mono = sentence("Tell me when a person enters.", 44_100)
    stereo = Pcm(np.repeat(mono.samples, 2), AudioFormat(44_100, 2))
    found = room.final("watch")
    room.graph.film(room.robot_is_silent)
    room.send(stereo, room.array.publish)
    done = room.acted(found)
    assert done.header.frame_id == "/mic/audio" and done.speaker == ""
    assert done.outcome.startswith("watching for: a person comes into view")
    listed = room.graph.call(ListWatches, "/commentator/list_watches", ListWatches.Request())
    assert [(watch.condition, watch.speak) for watch in listed.watches] == [
        ("a person enters", True)
    ]
    undone = room.say("No, that's not what I meant.", until=room.final("undo"))
    assert undone.outcome == "undone: removed: a person enters"


@needs_ears
def test_quiet_louder_and_on_again_but_chatter_does_nothing(room: Room) -> None:
    graph = room.graph
    stop = room.say_to_card("Be quiet.", until=room.final("stop"))
    assert stop.header.frame_id == "microphone" and stop.outcome.startswith("quiet until")
    assert described(graph, "microphone")["on"] == "True"
    assert described(graph, "stream microphone")["Hz"] == "44100"
    graph.film(lambda: graph.status().state == "paused")
    chatter = room.say("Thank you very much.", until=room.final("none"))
    assert (chatter.outcome, chatter.acted.sec) == ("", 0)
    assert room.say("A bit louder, please.", until=room.final("louder")).outcome == "volume 1.5"
    assert room.parameter("volume").double_value == 1.5
    assert room.say("Go on.", until=room.final("go_on")).outcome == "the commentary goes on"
    graph.film(lambda: graph.status().state in ("commenting", "speaking"))


@needs_ears
def test_who_speaks_while_the_robot_does_stops_it_and_a_stream_that_breaks_off_lets_it_go_on(
    room: Room,
) -> None:
    graph = room.graph
    room.set_pause(0.0)
    graph.steer("a long story " * 40)  # 12 s of sound
    graph.film(lambda: graph.status().state == "speaking")
    cuts = room.cuts()
    room.states.clear()
    long = sentence(
        "Well, I have been thinking about the people who walk there, about the cars that they "
        "have left at the corner, and about all the things that they have said to each other."
    )
    room.send(long, lambda data: room._stamped(data, "page"), until=room.is_stopped)
    assert room.is_stopped()
    graph.film(lambda: room.cuts() > cuts)
    graph.film(lambda: room.states[-1][1] == BargeIn.NONE)
    sounds = len(graph.got["audio"])
    graph.film(lambda: len(graph.got["audio"]) > sounds)
    graph.until(lambda: "no sound for" in described(graph, "stream page").get("state", ""))
    graph.until(lambda: all(u.final for u in {u.id: u for u in room.heard}.values()))


def described(graph: Probe, check: str) -> dict[str, str]:
    """Return what the newest report says of a check of the listener."""
    reports = [status for array in graph.got["diagnostics"][-6:] for status in array.status]
    found = [status for status in reports if status.name == f"listener: {check}"]
    return {pair.key: pair.value for pair in found[-1].values} if found else {}


def test_without_weights_it_says_what_to_fetch(tmp_path: Path) -> None:
    env = {"VIDEO_COMMENTARY_MODELS": str(tmp_path)}
    # The weights of the checkout itself count too, so it looks as if they were not there.
    code = (
        f"import pathlib; from video_commentary.config import paths; "
        f"paths.share_dir = lambda: pathlib.Path({str(tmp_path)!r}); "
        "from video_commentary.nodes.listener.node import main; main()"
    )
    topic = "/without_weights/microphone"
    arguments = ("--ros-args", "-p", f"sound_topics:=[{topic}]")
    with probe() as graph, process("-c", code, *arguments, env=env) as listener:
        graph.node.create_publisher(AudioDataStamped, topic, EVENTS)
        for _ in range(2):  # reports: by then it has seen who publishes
            graph.until(lambda: "fetch_model ears" in graph.troubles())
            graph.spin(1.0)
        graph.until(lambda: "fetch_model ears" in graph.troubles())
        (fatal,) = [s for s in graph.got["diagnostics"][-1].status if s.level == b"\x02"]
        assert fatal.name == "listener: recognizer", "the bridge looks for this name"
        assert not graph.node.count_subscribers(topic), "it would not understand"
        assert listener.popen.poll() is None and "Traceback" not in listener.output()
        status, seconds = listener.stop()
        assert status == 0 and seconds < 3.0
