"""The buffer that clips are cut from, on a clock of the test's own."""

from __future__ import annotations

import pytest

from test.memory.clips import at, said
from video_commentary.core.clip import ClipContents
from video_commentary.memory.clip_buffer import (
    MAX_PENDING,
    BufferLimits,
    ClipBuffer,
    ClipOrder,
    ClipRefusedError,
)

LIMITS = BufferLimits(seconds=5.0, size=1_000_000, fps=10.0)
BLOCK = bytes(2 * 1920)
"""0.04 s of speech."""


class Filmed:
    """A buffer whose camera sends ten pictures a second, each 0.02 s after its stamp."""

    def __init__(self, limits: BufferLimits = LIMITS, size: int = 100) -> None:
        self.buffer = ClipBuffer("/camera/image_raw", limits)
        self.now = 1000.0
        self.stamp = 0.0
        self._size = size

    def film(self, seconds: float) -> Filmed:
        for _ in range(round(seconds * 10)):
            if self.buffer.wants(at(self.stamp)):
                jpeg = bytes(self._size)
                self.buffer.add_picture("eye", at(self.stamp), jpeg, self.now + 0.02)
            self.now += 0.1
            self.stamp += 0.1
        return self

    def keep(self, before: float | None, after: float, moment: float | None = None) -> None:
        moment = self.stamp - 0.1 if moment is None else moment
        order = ClipOrder(id="c", name="n", moment=at(moment), before=before, after=after)
        self.buffer.begin(order, self.now)

    def clips(self) -> list[ClipContents]:
        return [cut.contents for cut in self.buffer.take_cut(self.now)]


def times(clip: ClipContents) -> list[float]:
    return [round((picture.stamp - at(0)) / 1e9, 1) for picture in clip.pictures]


def test_a_clip_has_the_seconds_before_and_after() -> None:
    it = Filmed().film(8.0)
    it.keep(before=2.0, after=1.0)
    assert it.clips() == []
    it.film(0.9)
    assert it.clips() == []
    (clip,) = it.film(0.2).clips()
    assert times(clip) == [round(5.9 + i / 10, 1) for i in range(31)]
    assert (clip.camera, clip.topic) == ("eye", "/camera/image_raw")
    assert it.clips() == [], "each comes once"


def test_all_that_is_held_is_the_last_seconds() -> None:
    it = Filmed().film(20.0)
    it.keep(before=None, after=0.0)
    (clip,) = it.clips()
    assert (times(clip)[0], times(clip)[-1]) == (14.9, 19.9)
    assert it.buffer.held == (51, 5100)


def test_what_a_clip_under_way_needs_is_held_longer() -> None:
    it = Filmed().film(10.0)
    it.keep(before=4.0, after=8.0)
    (clip,) = it.film(8.2).clips()
    assert (times(clip)[0], times(clip)[-1]) == (5.9, 17.9)
    it.film(0.1)
    assert it.buffer.held[0] == 51


def test_pictures_never_take_more_than_the_limit() -> None:
    it = Filmed(BufferLimits(seconds=5.0, size=10_000, fps=10.0), size=1000).film(10.0)
    assert it.buffer.held == (10, 10_000)
    assert it.buffer.dropped > 0
    it.keep(before=4.0, after=3.0)
    (clip,) = it.film(3.1).clips()
    assert len(clip.pictures) <= 10 and it.buffer.held[1] <= 10_000


def test_only_so_many_pictures_a_second_are_wanted() -> None:
    buffer = ClipBuffer("/camera", BufferLimits(5.0, 10**6, fps=4.0))
    assert sum(buffer.wants(at(i / 30)) for i in range(90)) == 12


def test_words_and_sound_are_in_the_cameras_time() -> None:
    it = Filmed().film(6.0)
    it.buffer.add_words(said("He", 5.2, first_sound=at(5.5), final=False))
    it.buffer.add_words(said("He runs.", 5.2, first_sound=at(5.5)))
    it.buffer.add_words(said("", 5.3, sequence=2, silent=True))
    it.buffer.add_words(said("Long ago.", 1.0, sequence=3))
    for i in range(5):
        it.buffer.add_sound(1005.52 + 0.04 * i, BLOCK)
    it.keep(before=2.0, after=0.0)
    (clip,) = it.clips()
    assert [(words.stamp, words.comment.text) for words in clip.words] == [(at(5.5), "He runs.")]
    heard = [(block.stamp - at(0)) / 1e9 for block in clip.sound]
    assert heard == pytest.approx([5.5 + 0.04 * i for i in range(5)], abs=1e-3)


def test_sound_that_was_cut_off_is_not_in_it() -> None:
    it = Filmed().film(6.0)
    for i in range(10):
        it.buffer.add_sound(1005.02 + 0.04 * i, BLOCK)
    it.buffer.cut_sound(1005.1)
    it.keep(before=3.0, after=0.0)
    assert len(it.clips()[0].sound) == 2


def test_a_clip_waits_for_the_end_of_a_sentence_but_not_for_ever() -> None:
    it = Filmed().film(6.0)
    it.keep(before=2.0, after=1.0)
    it.film(0.5)
    it.buffer.add_words(said("A dog", 6.3, final=False))
    assert it.film(1.0).clips() == []
    it.buffer.add_words(said("A dog runs.", 6.3))
    (clip,) = it.clips()
    assert [words.comment.text for words in clip.words] == ["A dog runs."]
    it.keep(before=1.0, after=1.0)
    it.buffer.add_words(said("A cat", 7.9, final=False, sequence=2))
    assert it.film(2.8).clips() == []
    (clip,) = it.film(0.4).clips()
    assert clip.words[-1].comment.text == "A cat"


def test_a_comment_after_a_restart_does_not_replace_an_older_one() -> None:
    it = Filmed().film(6.0)
    it.buffer.add_words(said("Before.", 4.0, sequence=1))
    it.buffer.add_words(said("After.", 5.0, sequence=1))
    it.keep(before=4.0, after=0.0)
    assert [words.comment.text for words in it.clips()[0].words] == ["Before.", "After."]


@pytest.mark.parametrize("jump", [-3600.0, -3.0, 3600.0, 1e6])
def test_after_a_clock_jump_it_starts_over(jump: float) -> None:
    it = Filmed().film(6.0)
    it.buffer.add_words(said("Before.", 5.5))
    it.keep(before=2.0, after=5.0)
    it.film(1.0)
    it.stamp += jump
    it.film(0.1)
    (clip,) = it.clips()
    assert (times(clip)[0], times(clip)[-1]) == (3.9, 6.9), "it ends with what came before"
    assert it.buffer.held[0] == 1
    it.film(3.0)
    it.keep(before=2.0, after=0.0)
    (clip,) = it.clips()
    assert len(clip.pictures) == 21 and clip.words == ()


def test_a_pause_of_the_camera_or_a_picture_out_of_order_is_no_jump() -> None:
    it = Filmed().film(4.0)
    it.now += 60.0
    it.stamp += 60.0
    it.film(0.2)
    assert it.buffer.held[0] == 2, "the others are too old"
    it.buffer.add_picture("eye", at(it.stamp - 0.15), b"late", it.now)
    assert it.buffer.held[0] == 2
    it.now += 60.0  # a recording is paused: its stamps stand still
    it.film(0.2)
    assert it.buffer.held[0] == 4


def test_a_camera_that_falls_silent_ends_its_clips() -> None:
    it = Filmed().film(6.0)
    it.keep(before=2.0, after=3.0)
    it.now += 4.9
    assert it.clips() == []
    it.now += 0.2
    (clip,) = it.clips()
    assert times(clip)[-1] == 5.9
    it.now += 60.0
    with pytest.raises(ClipRefusedError, match="no picture has come"):
        it.keep(before=None, after=0.0)


@pytest.mark.parametrize("moment", [-1000.0, 1000.0])
def test_a_moment_that_was_not_seen_still_gets_a_picture(moment: float) -> None:
    it = Filmed().film(6.0)
    it.keep(before=2.0, after=1.0, moment=moment)
    it.now += 3.2
    (clip,) = it.clips()
    assert len(clip.pictures) == 1


def test_without_a_picture_or_with_too_many_clips_it_is_refused() -> None:
    empty = Filmed()
    with pytest.raises(ClipRefusedError, match="/diagnostics"):
        empty.keep(before=None, after=0.0)
    it = Filmed().film(1.0)
    for _ in range(MAX_PENDING):
        it.keep(before=None, after=5.0)
    with pytest.raises(ClipRefusedError, match="under way already"):
        it.keep(before=None, after=5.0)
    assert it.buffer.pending == MAX_PENDING
    assert len(it.buffer.take_all()) == MAX_PENDING
    assert it.buffer.pending == 0
