"""The bridge node: web page, HTTP API and LiveKit room in front of the commentator."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node

from ...bridge.access import TOKEN_VARIABLE, access_from
from ...bridge.app import create_context
from ...bridge.items import JpegFrame, Situation
from ...bridge.livekit import from_environment
from ...bridge.ring import Ring
from ...bridge.robot_gateway import RobotGateway
from ...bridge.server import Server, address
from ...config.settings import BridgeSettings
from ...ros.feed import Feed, FeedOptions
from ...ros.health import Check, Rates, camera_check, camera_trouble, diagnostic
from ...ros.parameters import LiveParameters, declare
from ...ros.running import run
from ...ros.timers import every
from .commentator_client import CommentatorClient
from .commentator_subscriptions import CommentatorSubscriptions


class BridgeNode(Node):
    """Listens on a TCP port; knows the commentator only by its topics and services."""

    def __init__(self) -> None:
        super().__init__("bridge")
        settings = declare(self, BridgeSettings)
        self._live = LiveParameters(self, settings)
        self._robot = CommentatorClient(
            self, settings.commentator_node, settings.phone_topic, settings.view_topic
        )
        ring = Ring(settings.buffer_seconds, settings.buffer_megabytes * 1_000_000)
        self._gateway = RobotGateway(self._robot, ring)
        access = access_from(settings)
        livekit = from_environment(self._gateway, settings)
        self._web = create_context(self._gateway, settings, access, livekit)
        self._server = Server(self._web)
        self._ears = CommentatorSubscriptions(
            self, settings.commentator_node, self._gateway, self._follow
        )
        self._source = "robot"
        self._feed = self._take_in(settings)
        self._rates = Rates([self._feed])
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._said = ""
        every(self, 1.0, self._tell)
        self.get_logger().info(f"open {address(settings)}")
        if access.made:
            self.get_logger().info(
                f"or {address(settings)}/#token={access.token} (set {TOKEN_VARIABLE} to choose it)"
            )

    def destroy_node(self) -> None:
        """End all streams, then go."""
        self._server.close()
        self._feed.close()
        super().destroy_node()

    def _take_in(self, settings: BridgeSettings) -> Feed:
        options = FeedOptions(
            settings.view_transport,
            settings.view_max_side,
            lambda: self._live.settings.view_jpeg_quality,
        )
        return Feed(
            self,
            settings.view_topic,
            options,
            lambda jpeg, stamp: self._gateway.frame(JpegFrame(jpeg, stamp)),
            lambda: self._gateway.display.wanted,
        )

    def _follow(self, cameras: tuple[str, ...]) -> None:
        """Show what the commentator watches, whoever has switched it; without any, as before."""
        settings = self._live.settings
        phone = self.resolve_topic_name(settings.phone_topic)
        watched = {camera.removesuffix("/compressed") for camera in cameras}
        source = "phone" if watched == {phone} else "robot"
        if watched and source != self._source:
            self._source = source
            self._feed.switch(phone if source == "phone" else settings.view_topic)

    def _tell(self) -> None:
        self._feed.follow_publishers()
        self._rates.update()
        situation = Situation(
            self._ears.report,
            self._ears.trouble,
            self._feed.full_topic,
            self._rates.fps[0],
            camera_trouble(self._feed),
            self._source,
        )
        self._gateway.publish(situation)
        self._diagnose(situation)

    def _diagnose(self, situation: Situation) -> None:
        state, trouble = self._web.livekit_status()
        clients = {kind: str(count) for kind, count in self._web.clients.now.items()}
        checks = [
            camera_check(self._feed, self._rates.fps[0]),
            Check("commentator", situation.commentator_trouble, False, {}),
            Check("livekit", trouble if state != "off" else "", False, {"state": state}),
            Check("web", "", False, {"address": address(self._live.settings), **clients}),
        ]
        array = DiagnosticArray(status=[diagnostic(self.get_name(), check) for check in checks])
        array.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(array)
        said = "; ".join(check.trouble for check in checks if check.trouble)
        if said != self._said:
            self._said = said
            self.get_logger().warning(said) if said else self.get_logger().info("all well")


def main() -> None:
    """Run the bridge node."""
    run(BridgeNode)


if __name__ == "__main__":
    main()
