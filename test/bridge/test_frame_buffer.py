from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from video_commentary.bridge.frame_buffer import FrameBuffer
from video_commentary.bridge.items import JpegFrame


def buffer_of(*stamps: float, seconds: float = 100.0, size: int = 10_000) -> FrameBuffer:
    buffer = FrameBuffer(seconds, size)
    for stamp in stamps:
        buffer.add(JpegFrame(bytes(100), stamp))
    return buffer


def test_finds_the_frame_on_display_and_the_one_after_it() -> None:
    buffer = buffer_of(1.0, 2.0, 3.0)
    found = [tuple(f and f.stamp for f in buffer.around(at)) for at in (0.5, 1.0, 2.9, 3.0, 9.0)]
    assert found == [(None, 1.0), (1.0, 2.0), (2.0, 3.0), (3.0, None), (3.0, None)]
    assert buffer.count_between(1.0, 3.0) == 1
    assert buffer.count_between(0.0, 9.0) == 3


def test_a_stamp_that_jumps_back_empties_it() -> None:
    buffer = buffer_of(5.0, 6.0, 1.0)
    newest = buffer.newest()
    assert newest is not None
    assert (len(buffer), newest.stamp, buffer.epoch, buffer.bytes) == (1, 1.0, 1, 100)


def test_says_from_when_on_it_has_everything() -> None:
    assert buffer_of(1.0, 2.0).since() is None
    assert buffer_of(1.0, 2.0, 3.0, seconds=1.5).since() == 2.0
    assert buffer_of(1.0, 2.0, 3.0, 0.5, seconds=1.5).since() is None


def test_a_frame_larger_than_the_ring_is_kept_alone() -> None:
    buffer = buffer_of(1.0, 2.0, size=50)
    assert len(buffer) == 1


@given(
    st.lists(st.tuples(st.floats(0.01, 3.0), st.integers(1, 400)), min_size=1, max_size=60),
    st.floats(1.0, 20.0),
    st.integers(400, 3000),
)
def test_stays_within_its_seconds_and_bytes(
    steps: list[tuple[float, int]], seconds: float, size: int
) -> None:
    buffer, stamp, kept = FrameBuffer(seconds, size), 0.0, []
    for step, length in steps:
        stamp += step
        kept.append(JpegFrame(bytes(length), stamp))
        buffer.add(kept[-1])
        oldest = buffer.around(0.0)[1]
        assert oldest is not None
        assert buffer.newest() is kept[-1]
        assert stamp - oldest.stamp <= seconds + 1e-9
        held = kept[-len(buffer) :]
        assert held[0] is oldest
        assert buffer.bytes == sum(len(frame.jpeg) for frame in held) <= size
