from __future__ import annotations

import pytest

from video_commentary.bridge.limits import Clients, FullError, RateLimit


def test_a_burst_then_a_rate_for_each_address_alone() -> None:
    now = [0.0]
    limit = RateLimit(rate=2.0, burst=3.0, clock=lambda: now[0])
    assert [limit.wait("a") for _ in range(3)] == [0, 0, 0]
    assert limit.wait("a") == pytest.approx(0.5)
    assert limit.wait("b") == 0
    assert limit.until_one("a") == pytest.approx(0.5)
    assert limit.until_one("b") == 0
    now[0] = 0.5
    assert limit.wait("a") == 0
    assert limit.wait("a") > 0


def test_many_addresses_take_bounded_memory() -> None:
    limit = RateLimit(rate=1.0, burst=1.0)
    for address in range(5000):
        limit.wait(str(address))
    assert len(limit._buckets) == 1000


def test_streams_beyond_the_most_are_refused_and_counted() -> None:
    clients = Clients(1)
    with clients.enter("mjpeg"):
        with pytest.raises(FullError, match="try again"), clients.enter("live"):
            pass
        assert clients.now == {"mjpeg": 1}
    with clients.enter("live"):
        assert clients.refused == 1
    assert clients.now.total() == 0
