"""The source node: publishes pictures of what is not a camera topic yet."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.time import Time
from sensor_msgs.msg import CompressedImage, Image

from ...config.settings import SourceSettings
from ...ros.health import Check, diagnostic
from ...ros.images import decode_jpeg
from ...ros.images_out import encode_jpeg, to_compressed, to_image
from ...ros.parameters import LiveParameters, declare
from ...ros.running import run
from ...ros.timers import every
from ...sources.reader import Picture
from ...sources.registry import create_reader
from ...sources.source_runner import Health, SourceRunner, State

# Best effort would lose every image larger than Fast DDS's shared-memory segment.
_QOS = QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE)

SET_BACK = 1_000_000_000
"""Nanoseconds; a picture is never that much earlier than the one before by its lateness alone."""


class SourceNode(Node):
    """Publishes a file, stream, device or the test scene as camera images, in real time."""

    def __init__(self) -> None:
        super().__init__("source")
        settings = declare(self, SourceSettings)
        create_reader(settings)  # refuses what it can't read before anything starts
        self._live = LiveParameters(self, settings, accept=self._accept)
        topic = settings.image_topic
        self._raw = self._jpeg = None
        if settings.publish in ("raw", "both"):
            self._raw = self.create_publisher(Image, topic, _QOS)
        if settings.publish in ("compressed", "both"):
            self._jpeg = self.create_publisher(CompressedImage, f"{topic}/compressed", _QOS)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._newest = 0
        self._size = ""
        self._broken = 0
        self._said = ""
        self._runner = self._play(settings)
        every(self, 1.0, self._look_after)

    def destroy_node(self) -> None:
        """Stop reading, then go."""
        self._runner.stop()
        super().destroy_node()

    def _play(self, settings: SourceSettings) -> SourceRunner:
        runner = SourceRunner(
            lambda: create_reader(settings), self._publish, freeze_timeout=settings.freeze_timeout
        )
        runner.start()
        return runner

    def _accept(self, settings: SourceSettings) -> None:
        now = self._live.settings
        if (settings.source, settings.loop) != (now.source, now.loop):
            create_reader(settings)
            self._runner.stop()
            self._runner = self._play(settings)

    def _publish(self, picture: Picture, late: float) -> None:
        """Publish on the reading thread, stamped with the moment the picture was due."""
        if not self.context.ok():
            return
        stamp = self._stamp(late)
        frame_id = self._live.settings.frame_id
        if self._jpeg is not None and self._jpeg.get_subscription_count():
            jpeg = picture.jpeg
            if jpeg is None and picture.image is not None:
                jpeg = encode_jpeg(picture.image, self._live.settings.jpeg_quality)
            if jpeg is not None:
                self._jpeg.publish(to_compressed(jpeg, stamp, frame_id))
        if self._raw is not None and self._raw.get_subscription_count():
            image = picture.image
            if image is None and picture.jpeg is not None:
                image = decode_jpeg(picture.jpeg)
            if image is None:
                self._broken += 1
            else:
                self._size = f"{image.shape[1]}x{image.shape[0]}"
                self._raw.publish(to_image(image, stamp, frame_id))

    def _stamp(self, late: float) -> Time:
        due = self.get_clock().now().nanoseconds - round(late * 1e9)
        # Stamps grow, unless the clock was set back: then they would stand still for as long.
        set_back = due < self._newest - SET_BACK
        self._newest = due if set_back else max(due, self._newest + 1)
        return Time(nanoseconds=self._newest).to_msg()

    def _look_after(self) -> None:
        self._runner.supervise()
        health = self._runner.health()
        self._say(health)
        values = {
            "source": create_reader(self._live.settings).description,
            "state": health.state.value,
            "fps": f"{health.fps:.1f}",
            "pictures": str(health.pictures),
            "size": self._size,
            "broken pictures": str(self._broken),
        }
        trouble = "" if health.state in (State.LIVE, State.ENDED) else health.reason
        check = Check("pictures", trouble, health.state is State.FAILED, values)
        report = DiagnosticArray(status=[diagnostic(self.get_name(), check)])
        report.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(report)

    def _say(self, health: Health) -> None:
        """Log each change once."""
        said = health.state.value if health.state is State.FROZEN else health.reason
        if said == self._said:
            return
        self._said = said
        if health.state in (State.FAILED, State.FROZEN):
            self.get_logger().warning(health.reason)
        else:
            self.get_logger().info(health.reason or "pictures come")


def main() -> None:
    """Run the node."""
    run(SourceNode)


if __name__ == "__main__":
    main()
