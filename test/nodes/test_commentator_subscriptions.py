"""What the bridge makes of a commentator's messages, without a graph."""

from __future__ import annotations

import array
from types import SimpleNamespace
from typing import Any

import pytest
from audio_common_msgs.msg import AudioDataStamped

from video_commentary.bridge.items import Sound
from video_commentary.nodes.bridge.commentator_subscriptions import CommentatorSubscriptions
from video_commentary.ros.time import to_time


class Deaf:
    """Stands for node and gateway: hears nothing by itself, keeps what is published."""

    def __init__(self) -> None:
        self.published: list[Any] = []
        self.time = 1e5
        self.robot = SimpleNamespace(now=lambda: self.time)
        self.publish = self.published.append

    def create_subscription(self, *_: object) -> None:
        pass

    def heard(self, ears: CommentatorSubscriptions, stamp: float) -> float:
        message = AudioDataStamped()
        message.header.stamp = to_time(stamp)
        message.audio.data = array.array("B", bytes(4))
        ears._sound(message)
        block = self.published[-1]
        assert isinstance(block, Sound)
        return block.heard_at


@pytest.mark.parametrize("wrong", [-3600.0, 0.0, 3600.0])
def test_sound_stamped_by_another_clock_is_heard_now_and_in_step(wrong: float) -> None:
    it: Any = Deaf()
    ears = CommentatorSubscriptions(it, "commentator", it, lambda _: None)
    due = []
    for block in range(50):
        it.time = 1e5 + 0.04 * block + (0.01 if block % 2 else 0.0)
        due.append(it.heard(ears, 1e5 + 0.04 * block + wrong))
    assert due == pytest.approx([1e5 + 0.04 * block for block in range(50)], abs=1e-6)
    assert it.heard(ears, it.time + 0.5) == pytest.approx(it.time + 0.5)
