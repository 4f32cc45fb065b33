"""The bridge node: web page, HTTP API and LiveKit room in front of the commentator."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node

from ...bridge.access import TOKEN_VARIABLE, access_policy
from ...bridge.context import Context
from ...bridge.frame_buffer import FrameBuffer
from ...bridge.items import JpegFrame, Loudness, Situation
from ...bridge.livekit.factory import create_participant
from ...bridge.robot_gateway import RobotGateway
from ...bridge.web_server import WebServer, address
from ...config.settings import BridgeSettings
from ...core.stamp import to_seconds
from ...ros.barge_in import LEVELS, BargeInSubscription
from ...ros.feed import Feed, FeedOptions
from ...ros.health import Check, Rates, camera_check, camera_trouble, clock_check, diagnostic
from ...ros.parameters import LiveParameters, declare
from ...ros.running import run
from ...ros.timers import every
from .commentator_client import CommentatorClient
from .commentator_subscriptions import CommentatorSubscriptions
from .detection_subscriptions import DetectionSubscriptions
from .listener_client import ListenerTrouble, follow_utterances
from .watch_client import follow_alerts

_BOXES_PERIOD = 0.25
"""Seconds between looks whether a viewer wants boxes."""


class BridgeNode(Node):
    """Serves a TCP port; knows the commentator only by its topics and services."""

    def __init__(self) -> None:
        super().__init__("bridge")
        settings = declare(self, BridgeSettings)
        self._live = LiveParameters(self, settings)
        client = CommentatorClient(
            self,
            settings.commentator_node,
            settings.memory_node,
            settings.phone_topic,
            settings.view_topic,
        )
        buffer = FrameBuffer(settings.buffer_seconds, settings.buffer_megabytes * 1_000_000)
        self._gateway = RobotGateway(client, buffer)
        access = access_policy(settings)
        livekit = create_participant(self._gateway, settings)
        self._web = Context(self._gateway, settings, access, livekit)
        self._server = WebServer(self._web)
        self._commentator = CommentatorSubscriptions(
            self, settings.commentator_node, self._gateway, self._follow_cameras
        )
        self._detections = DetectionSubscriptions(self, settings.commentator_node, self._gateway)
        follow_alerts(self, settings.commentator_node, self._gateway)
        follow_utterances(self, settings.listener_node, self._gateway)
        self._listener_trouble = ListenerTrouble(self, settings.listener_node)
        self._barge_in = BargeInSubscription(self, settings.listener_node, self._duck)
        self._source = "robot"
        self._feed = self._create_feed(settings)
        self._rates = Rates([self._feed])
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._logged = ""
        every(self, 1.0, self._publish_situation)
        every(self, _BOXES_PERIOD, self._follow_boxes)
        self.get_logger().info(f"open {address(settings)}")
        if access.generated:
            self.get_logger().info(
                f"or {address(settings)}/#token={access.token} (set {TOKEN_VARIABLE} to choose it)"
            )

    def destroy_node(self) -> None:
        """End all streams and threads."""
        self._server.close()
        self._feed.close()
        super().destroy_node()

    def _create_feed(self, settings: BridgeSettings) -> Feed:
        options = FeedOptions(
            settings.view_transport,
            settings.view_max_side,
            lambda: self._live.settings.view_jpeg_quality,
        )
        return Feed(
            self,
            settings.view_topic,
            options,
            lambda jpeg, stamp, size: self._gateway.add_frame(JpegFrame(jpeg, stamp, size)),
            lambda: self._gateway.display.wanted,
        )

    def _follow_cameras(self, cameras: tuple[str, ...]) -> None:
        """Show the source that the commentator watches; keep the last one if it watches none."""
        settings = self._live.settings
        phone = self.resolve_topic_name(settings.phone_topic)
        watched = {camera.removesuffix("/compressed") for camera in cameras}
        source = "phone" if watched == {phone} else "robot"
        if watched and source != self._source:
            self._source = source
            self._feed.switch(phone if source == "phone" else settings.view_topic)

    def _duck(self, state: int) -> None:
        self._gateway.publish(Loudness(LEVELS[state]))

    def _follow_boxes(self) -> None:
        self._gateway.camera = self._feed.frame_id
        self._detections.follow()

    def _publish_situation(self) -> None:
        self._feed.follow_publishers()
        self._rates.update()
        self._gateway.display.clock_correction = to_seconds(self._feed.clock.correction)
        listens = self._gateway.robot.listens
        situation = Situation(
            report=self._commentator.report,
            commentator_trouble=self._commentator.trouble,
            camera=self._feed.full_topic,
            camera_fps=self._rates.fps[0],
            camera_trouble=camera_trouble(self._feed),
            source=self._source,
            listens=listens,
            listener_trouble=self._listener_trouble.follow(listens),
        )
        self._gateway.publish(situation)
        self._diagnose(situation)

    def _diagnose(self, situation: Situation) -> None:
        state, trouble = self._web.livekit.status
        clients = {kind: str(count) for kind, count in self._web.clients.now.items()}
        checks = [
            camera_check(self._feed, self._rates.fps[0]),
            clock_check(self._feed.topic, self._feed.clock),
            Check("commentator", situation.commentator_trouble, False, {}),
            Check("livekit", trouble if state != "off" else "", False, {"state": state}),
            Check("web", "", False, {"address": address(self._live.settings), **clients}),
        ]
        array = DiagnosticArray(status=[diagnostic(self.get_name(), check) for check in checks])
        array.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(array)
        trouble = "; ".join(check.trouble for check in checks if check.trouble)
        if trouble != self._logged:
            self._logged = trouble
            self.get_logger().warning(trouble) if trouble else self.get_logger().info("all well")


def main() -> None:
    """Run the bridge node."""
    run(BridgeNode)


if __name__ == "__main__":
    main()
