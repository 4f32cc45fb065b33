"""The bridge's subscriptions to what the commentator sees, while a viewer wants boxes."""

from __future__ import annotations

from math import isfinite
from typing import Any

from rclpy.node import Node
from vision_msgs.msg import Detection2D, Detection2DArray, LabelInfo

from ...bridge.items import PictureBox
from ...bridge.robot_gateway import RobotGateway
from ...ros.qos import BOXES, LATCHED
from ...ros.time import to_seconds


class DetectionSubscriptions:
    """Puts boxes into the gateway. The commentator makes them for subscribers only."""

    def __init__(self, node: Node, name: str, gateway: RobotGateway) -> None:
        """Follow the commentator called `name`, from the first `follow` on."""
        self._node = node
        self._name = name
        self._gateway = gateway
        self._names: dict[str, str] = {}
        self._subscriptions: list[Any] = []

    def follow(self) -> None:
        """Subscribe or unsubscribe as viewers come and go; call now and then, on the ROS thread."""
        wanted = self._gateway.boxes.wanted
        if wanted and not self._subscriptions:
            subscribe = self._node.create_subscription
            self._subscriptions = [
                subscribe(LabelInfo, f"{self._name}/labels", self._on_labels, LATCHED),
                subscribe(Detection2DArray, f"{self._name}/detections", self._on_detections, BOXES),
            ]
        elif not wanted:
            for subscription in self._subscriptions:
                self._node.destroy_subscription(subscription)
            self._subscriptions = []

    def _on_labels(self, message: LabelInfo) -> None:
        self._names = {str(label.class_id): label.class_name for label in message.class_map}

    def _on_detections(self, message: Detection2DArray) -> None:
        found = [detection for detection in message.detections if _is_finite(detection)]
        boxes = [self._box(detection) for detection in found]
        stamp = to_seconds(message.header.stamp)
        self._gateway.add_boxes(message.header.frame_id, stamp, boxes)

    def _box(self, found: Detection2D) -> PictureBox:
        hypothesis = found.results[0].hypothesis
        centre, width, height = found.bbox.center.position, found.bbox.size_x, found.bbox.size_y
        return PictureBox(
            name=self._names.get(hypothesis.class_id, ""),
            track=found.id,
            score=hypothesis.score,
            left=centre.x - width / 2,
            top=centre.y - height / 2,
            right=centre.x + width / 2,
            bottom=centre.y + height / 2,
        )


def _is_finite(found: Detection2D) -> bool:
    """Return whether a detection names something and JSON can carry it; others may send any."""
    if not found.results:
        return False
    centre, score = found.bbox.center.position, found.results[0].hypothesis.score
    return all(map(isfinite, (centre.x, centre.y, found.bbox.size_x, found.bbox.size_y, score)))
