"""The topics that carry what the engine sees: events, detections, labels, annotated pictures."""

from __future__ import annotations

from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import CompressedImage
from vision_msgs.msg import Detection2DArray, LabelInfo

from video_commentary.msg import Event

from ...core.facts import FrameFacts
from ...core.frames import Frame
from ...ros.annotation import annotated
from ...ros.detections import LabelTable, detections, facts_header
from ...ros.fact_messages import event_messages
from ...ros.images_out import encode_jpeg, to_compressed
from ...ros.qos import EVENTS, LATCHED
from ...ros.time import from_stamp

_JPEG_QUALITY = 80


class FactsPublisher:
    """Publishes the facts of each frame that an engine looked at.

    `~/detections` and `~/annotated/compressed` cost time, so they are made for subscribers only.
    """

    def __init__(self, node: LifecycleNode) -> None:
        create = node.create_lifecycle_publisher
        self._events = create(Event, "~/events", EVENTS)
        self._detections = create(Detection2DArray, "~/detections", EVENTS)
        self._labels = create(LabelInfo, "~/labels", LATCHED)
        self._annotated = create(CompressedImage, "~/annotated/compressed", 5)
        self._table = LabelTable()

    def publish(self, frame: Frame, facts: FrameFacts) -> None:
        """Publish what was seen in `frame`, on the thread that looked."""
        for event in event_messages(facts):
            self._events.publish(event)
        if self._table.add(facts):
            self._labels.publish(self._table.message(facts_header(facts)))
        if self._detections.get_subscription_count():
            self._detections.publish(detections(facts, frame.size, self._table))
        if self._annotated.get_subscription_count():
            jpeg = encode_jpeg(annotated(frame.image, facts.things), _JPEG_QUALITY)
            self._annotated.publish(to_compressed(jpeg, from_stamp(facts.stamp), facts.camera))
