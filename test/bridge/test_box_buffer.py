"""What was in view at the stamp of a picture."""

from __future__ import annotations

import pytest

from video_commentary.bridge.box_buffer import BoxBuffer
from video_commentary.bridge.items import PictureBox


def box(left: float, track: str = "1") -> PictureBox:
    return PictureBox(
        name="dog", track=track, score=0.5, left=left, top=10.0, right=left + 20.0, bottom=30.0
    )


def test_between_two_looks_a_thing_is_on_its_way() -> None:
    buffer = BoxBuffer()
    buffer.add(1.0, [box(0.0), box(50.0, "2")])
    buffer.add(1.2, [box(100.0)])
    first, second = buffer.at(1.05)
    assert (first.left, first.right) == pytest.approx((25.0, 45.0))
    assert second.left == 50.0, "not seen again: it stays until the next look"
    assert [b.left for b in buffer.at(1.2)] == [100.0]
    assert [b.left for b in buffer.at(1.5)] == [100.0]


def test_things_without_a_track_do_not_move() -> None:
    buffer = BoxBuffer()
    buffer.add(1.0, [box(0.0, "")])
    buffer.add(1.2, [box(100.0, "")])
    assert [b.left for b in buffer.at(1.1)] == [0.0]


def test_old_looks_say_nothing() -> None:
    buffer = BoxBuffer()
    assert buffer.at(1.0) == []
    buffer.add(1.0, [box(0.0)])
    buffer.add(9.0, [box(80.0)])
    assert buffer.at(0.9) == []
    assert [b.left for b in buffer.at(1.1)] == [0.0], "where it is 8 s later says nothing"
    assert buffer.at(5.0) == []


def test_a_bag_that_starts_again_empties_it() -> None:
    buffer = BoxBuffer()
    for stamp in (10.0, 10.2, 3.0):
        buffer.add(stamp, [box(stamp)])
    assert buffer.at(10.2) == []
    assert [b.left for b in buffer.at(3.1)] == [3.0]


def test_it_keeps_a_bounded_number() -> None:
    buffer = BoxBuffer()
    for number in range(3000):
        buffer.add(number / 5, [box(0.0)])
    assert buffer.at(1.0) == []
    assert buffer.at(599.0)


def test_viewers_are_counted() -> None:
    buffer = BoxBuffer()
    wanted = []
    for change in (buffer.enter, buffer.enter, buffer.leave, buffer.leave):
        change()
        wanted.append(buffer.wanted)
    assert wanted == [True, True, True, False]
