"""This machine's microphone and sound card, behind a module that stands in for `sounddevice`."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus

from test.nodes.fake_sound_cards import Block, FakeCard, FakeSoundDevice
from video_commentary.core.audio import AudioFormat, Pcm
from video_commentary.nodes.listener.microphone import Microphone
from video_commentary.nodes.sound_device import DeviceRole, SoundDevice, StreamOptions
from video_commentary.ros.health import diagnostic

Plug = Callable[..., FakeSoundDevice]
WEBCAM = FakeCard("Webcam C270: USB Audio (hw:2,0)", inputs=1)
ARRAY = FakeCard("ReSpeaker 4 Mic Array: USB Audio (hw:3,0)", inputs=6, rates=(16_000,))
STEREO_44 = FakeCard("UMC202HD: USB Audio (hw:4,0)", inputs=2, outputs=2, rates=(44_100,))
HDMI = FakeCard("HDMI: 0 (hw:0,3)", outputs=2)


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Plug:
    """Make the cards that there are."""

    def plugged(*cards: FakeCard) -> FakeSoundDevice:
        module = FakeSoundDevice(list(cards))
        monkeypatch.setitem(sys.modules, "sounddevice", module)
        return module

    return plugged


class Ears:
    """A microphone with a clock that is set, and what it heard."""

    def __init__(self, name: str = "") -> None:
        self.now = 100.0
        self.heard: list[tuple[Pcm, float]] = []
        self.microphone = Microphone(name, self._hear, lambda: self.now)

    def _hear(self, pcm: Pcm, at: float) -> None:
        self.heard.append((pcm, at))

    def wait(self, seconds: float) -> str:
        """Return the name of the card if it is opened after that time."""
        self.now += seconds
        return self.microphone.supervise()

    @property
    def diagnostics(self) -> tuple[bytes, str, dict[str, str]]:
        """Level, message and values, as /diagnostics shows them."""
        status = diagnostic("listener", self.microphone.check())
        return status.level, status.message, {pair.key: pair.value for pair in status.values}


def ramp(first: int, count: int = 960) -> Block:
    return np.arange(first, first + count, dtype=np.int16)


def test_each_block_arrives_as_it_was_recorded_with_its_time(plug: Plug) -> None:
    cards, ears = plug(WEBCAM), Ears()
    assert ears.microphone.supervise() == WEBCAM.name
    (stream,) = cards.streams
    assert stream.options["blocksize"] == 960
    for first in (0, 960):
        ears.now += 0.02
        stream.record(ramp(first))
    assert [at for _, at in ears.heard] == pytest.approx([100.02, 100.04])
    assert {pcm.format for pcm, _ in ears.heard} == {AudioFormat(48_000)}
    np.testing.assert_array_equal(
        np.concatenate([pcm.samples for pcm, _ in ears.heard]), ramp(0, 1920)
    )
    assert ears.diagnostics == (
        DiagnosticStatus.OK,
        "ok",
        {"on": "True", "card": WEBCAM.name, "Hz": "48000", "overruns": "0"},
    )


def test_of_a_stereo_card_that_knows_only_44_kHz_the_first_channel_is_heard(plug: Plug) -> None:
    cards, ears = plug(HDMI, STEREO_44), Ears("UMC202")
    assert ears.microphone.supervise() == STEREO_44.name
    cards.streams[0].record(ramp(0, 882), ramp(5000, 882))
    ((pcm, _),) = ears.heard
    assert pcm.format == AudioFormat(44_100) and pcm.duration == pytest.approx(0.02)
    np.testing.assert_array_equal(pcm.samples, ramp(0, 882))
    assert ears.diagnostics[2]["Hz"] == "44100"


def test_sound_that_was_lost_is_counted_and_what_is_left_is_heard(plug: Plug) -> None:
    cards, ears = plug(ARRAY), Ears()
    ears.microphone.supervise()
    for overflow in (False, True, True):
        cards.streams[0].record(*[ramp(0, 320)] * 6, overflow=overflow)
    assert len(ears.heard) == 3
    assert ears.diagnostics[2]["overruns"] == "2"


def test_a_name_that_no_card_has_is_answered_with_those_there_are(plug: Plug) -> None:
    cards, ears = plug(HDMI, WEBCAM, ARRAY), Ears("trumpet")
    assert ears.wait(0.0) == ""
    assert ears.diagnostics[:2] == (
        DiagnosticStatus.WARN,
        "microphone_device 'trumpet' can't be opened (No input device matching 'trumpet'); set "
        f"microphone_device to one of: {WEBCAM.name}, {ARRAY.name}",
    )
    cards.cards.append(FakeCard("trumpet", inputs=1))
    assert ears.wait(0.5) == "", "it waits before it tries again"
    assert ears.wait(0.6) == "trumpet"


def test_without_any_microphone_it_says_what_to_do(plug: Plug) -> None:
    ears = Ears()
    plug(HDMI)
    ears.wait(0.0)
    assert ears.diagnostics[1] == (
        "no microphone here: plug one in, or in a container pass it with --device /dev/snd; "
        "without one, set microphone to false"
    )
    assert ears.diagnostics[2]["on"] == "False"


def test_a_card_that_is_unplugged_is_missed_and_taken_again(plug: Plug) -> None:
    cards, ears = plug(WEBCAM), Ears()
    ears.microphone.supervise()
    cards.streams[0].record(ramp(0))
    cards.cards.remove(WEBCAM)
    assert ears.wait(1.9) == "" and ears.diagnostics[0] == DiagnosticStatus.OK
    assert ears.wait(0.2) == ""
    assert not cards.streams[0].running
    assert ears.diagnostics[:2] == (
        DiagnosticStatus.WARN,
        f"the microphone {WEBCAM.name} is gone: plug it in again",
    )
    assert ears.wait(1.0) == "" and "no microphone here" in ears.diagnostics[1]
    cards.cards.append(WEBCAM)
    assert ears.wait(2.1) == WEBCAM.name
    cards.streams[1].record(ramp(7))
    assert ears.heard[-1][0].samples[0] == 7
    assert ears.diagnostics[:2] == (DiagnosticStatus.OK, "ok")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError("PortAudio library not found"), "sudo apt-get install libportaudio2"),
        (ImportError("No module named 'sounddevice'"), "pip install sounddevice"),
    ],
)
def test_what_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, error: Exception, says: str
) -> None:
    class Missing:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "sounddevice":
                raise error

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    ears = Ears()
    ears.wait(0.0)
    assert str(error) in ears.diagnostics[1] and says in ears.diagnostics[1]


def test_a_card_plays_what_is_written_and_counts_what_came_too_late(plug: Plug) -> None:
    def fill(block: Block, _now: float) -> None:
        block[:, 0] = ramp(0, len(block))

    cards = plug(WEBCAM, HDMI)
    role = DeviceRole("output", "sound card", "sound_device", "turn the speaker off")
    device = SoundDevice(role, "", fill, StreamOptions(48_000, latency="low"))
    assert device.supervise() and device.card == HDMI.name
    (stream,) = cards.streams
    assert stream.options["blocksize"] == 0, "PortAudio chooses"
    np.testing.assert_array_equal(stream.play(480, underflow=True)[:, 0], ramp(0, 480))
    assert device.xruns == 1
    device.close()
    assert not stream.running and device.card == ""
