from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from video_commentary.core.stamp import from_seconds, to_seconds

NOW = 1_764_000_000_123_456_789


def test_a_stamp_of_today_is_within_a_float_of_its_seconds() -> None:
    assert to_seconds(NOW) == 1_764_000_000.123_456_7
    assert abs(from_seconds(to_seconds(NOW)) - NOW) < 240


@given(st.integers(-(2**50), 2**50))
def test_differences_of_days_come_back_exactly(nanoseconds: int) -> None:
    assert from_seconds(to_seconds(nanoseconds)) == nanoseconds
