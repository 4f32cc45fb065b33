from __future__ import annotations

import pytest

from video_commentary.core.backoff import Backoff


def test_doubles_to_the_most_and_resets() -> None:
    backoff = Backoff(1, 30)
    assert [backoff.failed() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    backoff.reset()
    assert backoff.failed() == 1


def test_refuses_a_first_wait_outside_its_range() -> None:
    with pytest.raises(ValueError, match="at most 30"):
        Backoff(40, 30)
