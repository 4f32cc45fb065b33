"""The speaker node in a separate process, over DDS.

ALSA's `file` plugin stands in for a sound card: it writes into a FIFO, which the test reads at the
pace at which a card would play.
"""

from __future__ import annotations

import array
import ctypes.util
import fcntl
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from audio_common_msgs.msg import AudioData, AudioDataStamped
from numpy.typing import NDArray
from video_commentary.msg import BargeIn

from test.nodes.graph import Probe, probe, process
from video_commentary.core.audio import OUTPUT_FORMAT
from video_commentary.ros.qos import EVENTS

pytestmark = pytest.mark.skipif(
    ctypes.util.find_library("portaudio") is None,
    reason="no PortAudio here: apt-get install libportaudio2",
)
_F_SETPIPE_SZ = 1031
TOPIC = "/commentator/audio_stamped"


class Card:
    """A sound card made of a FIFO; `heard` holds what it played."""

    def __init__(self, folder: Path) -> None:
        self.fifo = folder / "card"
        self.config = folder / "asound.conf"
        os.mkfifo(self.fifo)
        self.config.write_text(
            'pcm.!default { type file slave.pcm "nul" '
            f'file "{self.fifo}" format "raw" }}\n'
            "pcm.nul { type null }\nctl.!default { type null }\n"
        )
        self._played = bytearray()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def _play(self) -> None:
        pipe = os.open(self.fifo, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(pipe, _F_SETPIPE_SZ, 4096)
        last = time.monotonic()
        while not self._stop.wait(0.005):
            now = time.monotonic()
            with suppress(BlockingIOError):
                self._played += os.read(pipe, round((now - last) * OUTPUT_FORMAT.rate) * 2)
            last = now
        os.close(pipe)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def heard(self) -> NDArray[np.int16]:
        return np.frombuffer(bytes(self._played[: len(self._played) // 2 * 2]), "<i2")


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Card]:
    card = Card(tmp_path)
    yield card
    card.close()


@pytest.fixture
def graph() -> Iterator[Probe]:
    with probe() as it:
        yield it


class Voice:
    """Publishes sound as the commentator does: blocks of 20 ms, just ahead of time."""

    def __init__(self, graph: Probe) -> None:
        self._graph = graph
        self._publisher = graph.node.create_publisher(AudioDataStamped, TOPIC, EVENTS)
        graph.until(self._publisher.get_subscription_count, what="the speaker's subscription")

    def send(self, samples: NDArray[np.int16]) -> None:
        data = AudioData(data=array.array("B", samples.astype("<i2").tobytes()))
        self._publisher.publish(AudioDataStamped(audio=data))

    def speak(self, samples: NDArray[np.int16]) -> None:
        for block in np.split(samples, range(960, len(samples), 960)):
            self.send(block)
            self._graph.spin(len(block) / OUTPUT_FORMAT.rate)


def values(graph: Probe) -> dict[str, str]:
    statuses = graph.got["diagnostics"][-1].status if graph.got["diagnostics"] else []
    return {pair.key: pair.value for status in statuses for pair in status.values}


def test_plays_every_sample_in_order(graph: Probe, card: Card) -> None:
    with process(
        "-m", "video_commentary.nodes.speaker", env={"ALSA_CONFIG_PATH": str(card.config)}
    ):
        graph.until(lambda: values(graph).get("card") == "default", what="an open card")
        sent = np.tile(np.arange(1, 9601, dtype=np.int16), 5)
        Voice(graph).speak(sent)
        graph.until(lambda: np.count_nonzero(card.heard()) >= len(sent))
        graph.until(lambda: float(values(graph)["played s"]) >= 1.0)
        assert values(graph)["dropped s"] == "0.0"
    heard = card.heard()
    np.testing.assert_array_equal(heard[heard != 0], sent)


def test_a_message_without_sound_silences_at_once(graph: Probe, card: Card) -> None:
    with process(
        "-m", "video_commentary.nodes.speaker", env={"ALSA_CONFIG_PATH": str(card.config)}
    ):
        graph.until(lambda: values(graph).get("card") == "default")
        voice = Voice(graph)
        voice.send(np.full(4 * OUTPUT_FORMAT.rate, 9000, np.int16))
        graph.until(lambda: 9000 in card.heard(), what="sound")
        voice.send(np.zeros(0, np.int16))
        graph.spin(1.0)
        played = np.count_nonzero(card.heard()) / OUTPUT_FORMAT.rate
    assert played < 1.0


def test_is_quieter_while_somebody_speaks_even_if_the_listener_dies_then(
    graph: Probe, card: Card
) -> None:
    with process(
        "-m", "video_commentary.nodes.speaker", env={"ALSA_CONFIG_PATH": str(card.config)}
    ):
        listener = graph.node.create_publisher(BargeIn, "/listener/barge_in", EVENTS)
        graph.until(listener.get_subscription_count, what="the speaker's subscription")
        graph.until(lambda: values(graph).get("card") == "default")
        Voice(graph).send(np.full(5 * OUTPUT_FORMAT.rate, 9000, np.int16))
        graph.until(lambda: 9000 in card.heard(), what="sound")
        listener.publish(BargeIn(state=BargeIn.DUCK))
        graph.until(lambda: set(card.heard()[-960:]) == {1800}, what="ducked sound")
        graph.until(lambda: set(card.heard()[-960:]) == {9000}, what="full sound")
        steps = np.abs(np.diff(card.heard().astype(int)))
        assert steps[(steps > 0) & (steps < 9000)].max() < 10, "a click"


def test_without_a_sound_card_says_so_and_stays_up(graph: Probe, tmp_path: Path) -> None:
    (tmp_path / "none.conf").write_text("pcm.!default { type hw card 9 }\n")
    env = {"ALSA_CONFIG_PATH": str(tmp_path / "none.conf")}
    with process("-m", "video_commentary.nodes.speaker", env=env) as speaker:
        graph.until(lambda: "no sound card here" in graph.troubles())
        assert speaker.popen.poll() is None
        assert "Traceback" not in speaker.output()
        status, seconds = speaker.stop(signal.SIGTERM)
        assert status == 0 and seconds < 1.5


def test_names_the_cards_there_are(graph: Probe, card: Card) -> None:
    command = ["-m", "video_commentary.nodes.speaker", "--ros-args", "-p", "sound_device:=trumpet"]
    with process(*command, env={"ALSA_CONFIG_PATH": str(card.config)}):
        trouble = graph.until(graph.troubles)
        assert "sound_device 'trumpet' can't be opened" in trouble and "default" in trouble
