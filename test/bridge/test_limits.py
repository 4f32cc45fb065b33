from __future__ import annotations

import pytest

from video_commentary.bridge.limits import Clients, RateLimiter, TooManyClientsError


def test_a_burst_then_a_rate_for_each_address_alone() -> None:
    now = [0.0]
    limit = RateLimiter(rate=2.0, burst=3.0, clock=lambda: now[0])
    assert [limit.acquire("a") for _ in range(3)] == [0, 0, 0]
    assert limit.acquire("a") == pytest.approx(0.5)
    assert limit.acquire("b") == 0
    assert limit.retry_after("a") == pytest.approx(0.5)
    assert limit.retry_after("b") == 0
    now[0] = 0.5
    assert limit.acquire("a") == 0
    assert limit.acquire("a") > 0


def test_many_addresses_take_bounded_memory() -> None:
    limit = RateLimiter(rate=1.0, burst=1.0)
    for address in range(5000):
        limit.acquire(str(address))
    assert len(limit._buckets) == 1000


def test_streams_beyond_the_most_are_refused_and_counted() -> None:
    clients = Clients(1)
    with clients.enter("mjpeg"):
        with pytest.raises(TooManyClientsError, match="try again"), clients.enter("live"):
            pass
        assert clients.now == {"mjpeg": 1}
    with clients.enter("live"):
        assert clients.refused == 1
    assert clients.now.total() == 0
