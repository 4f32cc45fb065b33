"""The speaker node: plays the commentator's speech on this machine's sound card."""

from __future__ import annotations

import time

import numpy as np
from audio_common_msgs.msg import AudioDataStamped
from diagnostic_msgs.msg import DiagnosticArray
from numpy.typing import NDArray
from rclpy.node import Node

from ...config.settings import SpeakerSettings
from ...core.audio import OUTPUT_FORMAT, from_bytes
from ...core.gain import GainRamp
from ...ros.barge_in import LEVELS, BargeInSubscription
from ...ros.health import Check, clock_check, diagnostic
from ...ros.parameters import declare
from ...ros.qos import EVENTS
from ...ros.running import run
from ...ros.time import to_stamp
from ...ros.timers import every
from ..sound_device import DeviceRole, SoundDevice, StreamOptions
from .jitter_buffer import JitterBuffer
from .speech_timing import MAX_LATE, SpeechTiming

_ROLE = DeviceRole("output", "sound card", "sound_device", "turn the speaker off")
_OPTIONS = StreamOptions(OUTPUT_FORMAT.rate, OUTPUT_FORMAT.channels, latency="low")


class SpeakerNode(Node):
    """Plays an AudioDataStamped topic (48 kHz mono int16); a message without sound clears."""

    def __init__(self) -> None:
        super().__init__("speaker")
        settings = declare(self, SpeakerSettings)
        self._buffer = JitterBuffer(OUTPUT_FORMAT.rate, settings.latency)
        self._gain = GainRamp(OUTPUT_FORMAT.rate)
        self._card = SoundDevice(_ROLE, settings.sound_device, self._fill, _OPTIONS)
        self._barge_in = BargeInSubscription(self, settings.listener_node, self._duck)
        self._timing = SpeechTiming()
        self._late = 0
        self._audio_topic = self.resolve_topic_name(settings.audio_topic)
        self._logged = ""
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.create_subscription(AudioDataStamped, settings.audio_topic, self._on_audio, EVENTS)
        every(self, 1.0, self._supervise)
        self._supervise()

    def destroy_node(self) -> None:
        """Stop the sound, then destroy the node."""
        self._card.close()
        super().destroy_node()

    def _fill(self, block: NDArray[np.int16], now: float) -> None:
        block[:, 0] = self._gain.apply(self._buffer.take(len(block), now))

    def _duck(self, state: int) -> None:
        self._gain.level = LEVELS[state]

    def _on_audio(self, message: AudioDataStamped) -> None:
        if not message.audio.data:
            self._buffer.clear()
            return
        now = time.monotonic()
        arrived = self.get_clock().now().nanoseconds
        late = self._timing.lateness(to_stamp(message.header.stamp), arrived, now)
        if late > MAX_LATE:
            self._late += 1
        elif self._card.card:  # without a card, sound is not kept for later
            samples = from_bytes(message.audio.data.tobytes(), OUTPUT_FORMAT).samples
            self._buffer.put(samples, now)

    def _supervise(self) -> None:
        if self._card.supervise():
            self.get_logger().info(f"playing on {self._card.card}")
        if self._card.trouble != self._logged:
            self._logged = self._card.trouble
            if self._logged:
                self.get_logger().warning(self._logged)
        self._report()

    def _report(self) -> None:
        rate = OUTPUT_FORMAT.rate
        values = {
            "card": self._card.card,
            "played s": f"{self._buffer.played / rate:.1f}",
            "dropped s": f"{self._buffer.dropped / rate:.1f}",
            "underruns": str(self._buffer.underruns),
            "card underruns": str(self._card.xruns),
            "blocks too late": str(self._late),
        }
        checks = [
            Check("sound card", self._card.trouble, False, values),
            clock_check(self._audio_topic, self._timing.clock),
        ]
        report = DiagnosticArray(status=[diagnostic(self.get_name(), check) for check in checks])
        report.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(report)


def main() -> None:
    """Run the node."""
    run(SpeakerNode)


if __name__ == "__main__":
    main()
