"""What the bridge makes of a commentator's messages, without a graph."""

from __future__ import annotations

import array
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from audio_common_msgs.msg import AudioDataStamped

from video_commentary.bridge.items import Sound
from video_commentary.nodes.bridge.commentator_subscriptions import CommentatorSubscriptions
from video_commentary.ros.time import to_time


class FakeGraph:
    """Stands for node and gateway: keeps the subscriptions' callbacks and what is published."""

    def __init__(self) -> None:
        self.published: list[Any] = []
        self.time = 1e5
        self.robot = SimpleNamespace(now=lambda: self.time)
        self.publish = self.published.append
        self._callbacks: dict[type, Callable[[Any], None]] = {}

    def create_subscription(
        self, kind: type, _topic: str, callback: Callable[[Any], None], _qos: object
    ) -> None:
        self._callbacks[kind] = callback

    def heard_at(self, stamp: float) -> float:
        """Send a block of sound; return when it is due by our clock."""
        message = AudioDataStamped()
        message.header.stamp = to_time(stamp)
        message.audio.data = array.array("B", bytes(4))
        self._callbacks[AudioDataStamped](message)
        block = self.published[-1]
        assert isinstance(block, Sound)
        return block.heard_at


@pytest.mark.parametrize("wrong", [-3600.0, 0.0, 3600.0])
def test_sound_stamped_by_another_clock_is_heard_now_and_in_step(wrong: float) -> None:
    it: Any = FakeGraph()
    CommentatorSubscriptions(it, "commentator", it, lambda _: None)
    due = []
    for block in range(50):
        it.time = 1e5 + 0.04 * block + (0.01 if block % 2 else 0.0)
        due.append(it.heard_at(1e5 + 0.04 * block + wrong))
    assert due == pytest.approx([1e5 + 0.04 * block for block in range(50)], abs=1e-6)
    assert it.heard_at(it.time + 0.5) == pytest.approx(it.time + 0.5)
