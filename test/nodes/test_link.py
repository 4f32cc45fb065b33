"""Robot and desk in two network namespaces, joined by a link that loses packets and breaks."""

from __future__ import annotations

import time

import pytest

from bench.link import images_again, outage
from bench.link_pair import pair
from bench.lossy_link import Conditions, lossy_link, why_not


def test_images_and_speech_cross_a_lossy_link_and_come_back_after_an_outage() -> None:
    if reason := why_not():
        pytest.skip(reason)
    with (
        lossy_link(Conditions(loss=1.0, delay=20.0, jitter=10.0, mbit=30.0)) as link,
        pair(link, "compressed") as both,
    ):
        both.wait_for("said", 60.0)
        both.wait_for("heard", 30.0)
        assert outage(4.0)(both) is not None
        both.kill("source")
        assert images_again(both, time.time()) is not None
