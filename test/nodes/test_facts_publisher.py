"""What is published of facts, with publishers that count: no ROS graph."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from video_commentary.core.facts import Claim, FrameFacts, NormalizedBox, Observation
from video_commentary.core.frames import Frame
from video_commentary.nodes.commentator.facts_publisher import FactsPublisher

BOX = NormalizedBox(left=0.1, top=0.1, right=0.5, bottom=0.9)
DOG = Observation(camera="eye", stamp=7, box=BOX, name="dog", track=1, score=0.5)
FACTS = FrameFacts(camera="eye", stamp=7, things=(DOG,), events=(Claim(kind="enters", who="dog"),))


class CountingNode:
    """Creates publishers that keep what is sent; `subscribed` names the topics that are heard."""

    def __init__(self, *subscribed: str) -> None:
        self.sent: dict[str, list[Any]] = defaultdict(list)
        self._subscribed = subscribed

    def create_lifecycle_publisher(self, _: type, topic: str, __: object) -> CountingPublisher:
        return CountingPublisher(self.sent[topic], topic in self._subscribed)


class CountingPublisher:
    def __init__(self, sent: list[Any], subscribed: bool) -> None:
        self.publish = sent.append
        self._subscribed = subscribed

    def get_subscription_count(self) -> int:
        return int(self._subscribed)


@pytest.mark.parametrize(
    ("subscribed", "made"),
    [
        ((), {"~/events", "~/labels"}),
        (("~/detections",), {"~/events", "~/labels", "~/detections"}),
        (("~/annotated/compressed",), {"~/events", "~/labels", "~/annotated/compressed"}),
    ],
)
def test_what_costs_time_is_made_for_subscribers_only(
    subscribed: tuple[str, ...], made: set[str]
) -> None:
    node = CountingNode(*subscribed)
    publisher = FactsPublisher(node)  # type: ignore[arg-type]
    for index in range(2):
        publisher.publish(Frame(np.zeros((48, 64, 3), np.uint8), 7, "eye", index), FACTS)
    assert {topic for topic, sent in node.sent.items() if sent} == made
    assert len(node.sent["~/labels"]) == 1, "a name that is known is not sent again"
    assert all(len(node.sent[topic]) == 2 for topic in made - {"~/labels"})
