"""A subscription to images that is delivered as its publishers and the network do best."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy

from .reliability_trial import ReliabilityTrial


class ImageSubscription:
    """Subscribes to one topic, and anew where its images come better another way."""

    def __init__(
        self, node: Node, kind: type, topic: str, enough: float, store: Callable[[Any], None]
    ) -> None:
        """Subscribe to `topic`, fully resolved; `enough` images a second need nothing better."""
        self._node = node
        self._kind = kind
        self._topic = topic
        self._store = store
        self.received = 0
        self._reliability = ReliabilityTrial(enough)
        self._subscription = self._subscribe()

    @property
    def reliable(self) -> bool:
        """Whether images that are lost on their way are asked for again."""
        return self._reliability.reliable

    def follow_publishers(self) -> None:
        """Look at who publishes and at what arrives; call about once a second."""
        infos = self._node.get_publishers_info_by_topic(self._topic)
        offered = all(i.qos_profile.reliability is ReliabilityPolicy.RELIABLE for i in infos)
        publishers = frozenset(bytes(info.endpoint_gid) for info in infos)
        if self._reliability.update(time.monotonic(), self.received, publishers, offered):
            self.close()
            self._subscription = self._subscribe()

    def close(self) -> None:
        """Unsubscribe."""
        self._node.destroy_subscription(self._subscription)

    def _subscribe(self) -> Any:
        policy = ReliabilityPolicy.RELIABLE if self.reliable else ReliabilityPolicy.BEST_EFFORT
        qos = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=5, reliability=policy)
        return self._node.create_subscription(self._kind, self._topic, self._take, qos)

    def _take(self, message: Any) -> None:
        self.received += 1
        self._store(message)
