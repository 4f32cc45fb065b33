"""The source node: publishes pictures of what is not a camera topic yet."""

from __future__ import annotations

import os

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from rclpy.time import Time
from sensor_msgs.msg import CompressedImage, Image

from ...config.fast_dds_profile import largest_message
from ...config.settings import SourceSettings
from ...ros.health import LARGEST_MESSAGE, Check, diagnostic
from ...ros.images import decode_jpeg
from ...ros.images_out import encode_jpeg, to_compressed, to_image
from ...ros.parameters import LiveParameters, declare
from ...ros.qos import CAMERA_IMAGES
from ...ros.running import run
from ...ros.timers import every
from ...sources.reader import SourceFrame
from ...sources.registry import create_reader
from ...sources.source_runner import SourceHealth, SourceRunner, SourceState

SET_BACK = 1_000_000_000
"""Nanoseconds; only a clock that was set back makes a picture that much older than the last."""


class SourceNode(Node):
    """Publishes a file, stream, device or the test scene as camera images, in real time."""

    def __init__(self) -> None:
        super().__init__("source")
        settings = declare(self, SourceSettings)
        create_reader(settings)  # raises ValueError before anything starts
        self._live = LiveParameters(self, settings, accept=self._accept)
        topic = settings.image_topic
        self._raw = self._jpeg = None
        if settings.publish in ("raw", "both"):
            self._raw = self.create_publisher(Image, topic, CAMERA_IMAGES)
        if settings.publish in ("compressed", "both"):
            compressed = f"{topic}/compressed"
            self._jpeg = self.create_publisher(CompressedImage, compressed, CAMERA_IMAGES)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._largest = largest_message(os.environ)
        self._newest = 0
        self._size = ""
        self._broken = 0
        self._logged = ""
        self._failure = ""
        self._runner = self._start(settings)
        every(self, 1.0, self._supervise)

    def destroy_node(self) -> None:
        """Stop reading, then destroy the node."""
        self._runner.stop()
        super().destroy_node()

    def _start(self, settings: SourceSettings) -> SourceRunner:
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
            self._runner = self._start(settings)
            self._failure = ""

    def _publish(self, frame: SourceFrame, late: float) -> None:
        """Publish on the reading thread, stamped with the moment the picture was due."""
        if not self.context.ok():
            return
        stamp = self._stamp(late)
        frame_id = self._live.settings.frame_id
        if self._jpeg is not None and self._jpeg.get_subscription_count():
            jpeg = frame.jpeg
            if jpeg is None and frame.image is not None:
                jpeg = encode_jpeg(frame.image, self._live.settings.jpeg_quality)
            if jpeg is not None:
                self._jpeg.publish(to_compressed(jpeg, stamp, frame_id))
        if self._raw is not None and self._raw.get_subscription_count():
            image = frame.image
            if image is None and frame.jpeg is not None:
                image = decode_jpeg(frame.jpeg)
            if image is None:
                self._broken += 1
            else:
                self._size = f"{image.shape[1]}x{image.shape[0]}"
                self._raw.publish(to_image(image, stamp, frame_id))

    def _stamp(self, late: float) -> Time:
        due = self.get_clock().now().nanoseconds - round(late * 1e9)
        # Stamps only grow, except after the clock was set back: else they would freeze until then.
        set_back = due < self._newest - SET_BACK
        self._newest = due if set_back else max(due, self._newest + 1)
        return Time(nanoseconds=self._newest).to_msg()

    def _supervise(self) -> None:
        self._runner.supervise()
        health = self._runner.health()
        self._log_change(health)
        values = {
            "source": create_reader(self._live.settings).description,
            "state": health.state.value,
            "fps": f"{health.fps:.1f}",
            "pictures": str(health.frames),
            "size": self._size,
            "broken pictures": str(self._broken),
            LARGEST_MESSAGE: "unknown" if self._largest is None else f"{self._largest} bytes",
        }
        trouble = self._trouble(health)
        check = Check("pictures", trouble, bool(self._failure), values)
        report = DiagnosticArray(status=[diagnostic(self.get_name(), check)])
        report.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(report)

    def _trouble(self, health: SourceHealth) -> str:
        """Return what is wrong; a failure stands until pictures arrive, while reopening too."""
        if health.state in (SourceState.LIVE, SourceState.ENDED):
            self._failure = ""
            return ""
        if health.state is SourceState.FAILED:
            self._failure = health.reason
        return self._failure or health.reason

    def _log_change(self, health: SourceHealth) -> None:
        """Log each change once."""
        change = health.state.value if health.state is SourceState.FROZEN else health.reason
        if change == self._logged:
            return
        self._logged = change
        if health.state is SourceState.FAILED:
            self.get_logger().error(health.reason)
        elif health.state is SourceState.FROZEN:
            self.get_logger().warning(health.reason)
        else:
            self.get_logger().info(health.reason or "pictures arrive")


def main() -> None:
    """Run the node."""
    run(SourceNode)


if __name__ == "__main__":
    main()
