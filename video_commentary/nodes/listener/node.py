"""The listener node: sound in, what was said out, and the commentator steered by it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node

from ...config.listener_settings import ListenerSettings
from ...core.audio import Pcm
from ...core.backoff import Backoff
from ...core.stamp import Stamp
from ...listening.acts import ActPerformer
from ...listening.chooser import Chooser, ChooserError, ServerChooser
from ...listening.items import BargedIn, Heard, ListeningEvent, Recognizer, RecognizerError
from ...listening.listener import Listener
from ...listening.registry import create_recognizer
from ...ros.health import Check, diagnostic
from ...ros.parameters import LiveParameters, declare
from ...ros.running import run
from ...ros.sound_topic import SoundTopic
from ...ros.timers import every
from .barge_in_publisher import BargeInPublisher
from .microphone import NAME, Microphone
from .robot_client import RobotClient
from .robot_sound import RobotSound
from .streams import Streams
from .utterances import Utterances


class ListenerNode(Node):
    """Knows the commentator and the bridge by their topics and services only."""

    def __init__(
        self, recognizer: Callable[[ListenerSettings], Recognizer] = create_recognizer
    ) -> None:
        super().__init__("listener")
        settings = declare(self, ListenerSettings)
        self._recognizer = recognizer(settings)
        self._listener = Listener(settings, self._recognizer, self._handle)
        self._live = LiveParameters(self, settings, accept=self._listener.tune)
        robot = RobotClient(self, settings.commentator_node)
        self._utterances = Utterances(self, ActPerformer(robot), _chooser(settings), self._now)
        self._barge_in = BargeInPublisher(self)
        self._streams = Streams(self._listener.hear, self._now)
        RobotSound(self, settings.commentator_node, self._listener)
        self._topics = [
            SoundTopic(self, topic, self._hear, gaps=True) for topic in settings.sound_topics
        ]
        self._microphone = Microphone(settings.microphone_device, self._hear_microphone)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._logged = ""
        self._stopping = threading.Event()
        self._ready = False
        self._trouble = "loading the recognizer"
        self._loader = threading.Thread(target=self._load, name="loader", daemon=True)
        self._loader.start()
        every(self, 1.0, self._supervise)
        self._supervise()

    def destroy_node(self) -> None:
        """End all streams and threads, then destroy the node."""
        self._stopping.set()
        self._microphone.close()
        self._utterances.close()
        if self._ready:
            self._listener.close()
        super().destroy_node()

    def _load(self) -> None:
        backoff = Backoff()
        while not self._stopping.is_set():
            try:
                self._listener.load()
            except RecognizerError as error:
                self._trouble = str(error)
            except Exception as error:  # noqa: BLE001 - whatever a plug-in raises, the node stays up
                self._trouble = f"the recognizer can't be loaded ({error!r}): see the log"
            else:
                self._trouble, self._ready = "", True
                self.get_logger().info(f"listening with {self._recognizer.description}")
                return
            self._stopping.wait(backoff.failed())

    def _now(self) -> Stamp:
        return int(self.get_clock().now().nanoseconds)

    def _handle(self, event: ListeningEvent) -> None:
        if isinstance(event, Heard):
            self._utterances.take(event)
        elif isinstance(event, BargedIn):
            self._barge_in.take(event)

    def _hear(self, name: str, pcm: Pcm, stamp: Stamp, at: float) -> None:
        if self._ready:
            self._streams.hear(name, pcm, stamp, at)

    def _hear_microphone(self, pcm: Pcm, at: float) -> None:
        self._hear(NAME, pcm, 0, at)

    def _supervise(self) -> None:
        if self._ready:  # who sends sound sees by the subscription that it is understood
            for topic in self._topics:
                topic.follow_publishers()
        if self._live.settings.microphone and (card := self._microphone.supervise()):
            self.get_logger().info(f"listening to {card}")
        self._report(self._streams.checks(time.monotonic()))

    def _report(self, streams: list[Check]) -> None:
        state = self._listener.state
        values = {
            "recognizer": self._recognizer.description,
            "acts": self._utterances.acts,
            "sound waiting s": f"{state.waiting:.1f}",
            "sound dropped s": f"{state.dropped:.1f}",
            "speech waiting": state.unrecognized,
        }
        checks = [
            Check("recognizer", self._trouble or state.trouble, not self._ready, values),
            Check("chooser", self._utterances.trouble, False, {}),
            self._microphone.check(),
            *(topic.check() for topic in self._topics),
            *streams,
        ]
        report = DiagnosticArray(status=[diagnostic(self.get_name(), check) for check in checks])
        report.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(report)
        trouble = "; ".join(check.trouble for check in checks if check.trouble)
        if trouble != self._logged:
            self._logged = trouble
            self.get_logger().warning(trouble) if trouble else self.get_logger().info("all well")


def _chooser(settings: ListenerSettings) -> Chooser | None:
    if not settings.chooser_url:
        return None
    try:
        return ServerChooser(settings.chooser_url, settings.chooser_model)
    except ChooserError as error:
        raise ValueError(str(error)) from None


def main() -> None:
    """Run the node."""
    run(ListenerNode)


if __name__ == "__main__":
    main()
