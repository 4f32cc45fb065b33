"""A subscription to images with the reliability that brings most of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

from ..core.stamp_gaps import StampGaps
from .machines import all_remote, own_gids
from .reliability_trial import PAUSE, SETTLING, ReliabilityTrial, TopicPublishers
from .time import to_stamp


class ImageSubscription:
    """Subscribes to one topic once it is published, and again where another reliability is better.

    Who publishes decides on the reliability. So the first subscription waits for a publisher, and
    the usual case needs no second one, which is slow and a risk (reliability_trial.py).
    """

    def __init__(
        self,
        node: Node,
        kind: type,
        topic: str,
        sufficient_fps: float,
        on_image: Callable[[Any], None],
    ) -> None:
        """Subscribe to `topic`, fully resolved; `sufficient_fps` images a second need no trial."""
        self._node = node
        self._kind = kind
        self._topic = topic
        self._on_image = on_image
        self.received = 0
        self._gaps = StampGaps()
        self._trial = ReliabilityTrial(sufficient_fps)
        self._subscribe_at = -SETTLING
        self._subscription: Any | None = None
        self._transient_local = False
        self.follow_publishers()

    @property
    def reliable(self) -> bool:
        """Whether lost images are sent again."""
        return self._trial.reliable

    @property
    def changing(self) -> bool:
        """Whether no images are to be expected: it is being subscribed to another way."""
        return time.monotonic() < self._subscribe_at + SETTLING

    @property
    def missing(self) -> float:
        """The part of the images that is lost on the way, 0 to 1, as gaps in the stamps show."""
        return self._gaps.missing

    def follow_publishers(self) -> None:
        """Adapt to the publishers and to what arrives; call about once a second."""
        publishers, now = self._find_publishers(), time.monotonic()
        pause = self._trial.update(now, self.received, publishers, self._gaps.missing)
        if self._transient_local and publishers.gids and not publishers.transient_local:
            pause = PAUSE  # of a volatile publisher, this subscription would get nothing
        if pause is not None:
            self.close()
            self._gaps.clear()
            self._subscribe_at = now + pause
        if self._subscription is None and publishers.gids and now >= self._subscribe_at:
            self._transient_local = self.reliable and publishers.transient_local
            self._subscription = self._subscribe()

    def close(self) -> None:
        """Unsubscribe."""
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription, self._transient_local = None, False

    def _find_publishers(self) -> TopicPublishers:
        infos = self._node.get_publishers_info_by_topic(self._topic)
        gids = [bytes(info.endpoint_gid) for info in infos]
        offered = [info.qos_profile for info in infos]
        return TopicPublishers(
            frozenset(gids),
            all(qos.reliability is ReliabilityPolicy.RELIABLE for qos in offered),
            all(qos.durability is DurabilityPolicy.TRANSIENT_LOCAL for qos in offered),
            all_remote(own_gids(self._node), gids),
        )

    def _subscribe(self) -> Any:
        reliable, best_effort = ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT
        transient_local, volatile = DurabilityPolicy.TRANSIENT_LOCAL, DurabilityPolicy.VOLATILE
        qos = QoSProfile(
            history=HistoryPolicy.KEEP_LAST,
            depth=5,
            reliability=reliable if self.reliable else best_effort,
            durability=transient_local if self._transient_local else volatile,
        )
        return self._node.create_subscription(self._kind, self._topic, self._receive, qos)

    def _receive(self, message: Any) -> None:
        self.received += 1
        self._gaps.add(to_stamp(message.header.stamp))
        self._on_image(message)
