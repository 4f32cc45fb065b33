"""Clips as mp4 files, opened as a player opens them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import pytest

from test.memory.clips import contents, jpeg
from test.tools.narration.recordings import loudness, sound_of
from test.tools.narration.test_movie import subtitles
from video_commentary.core.clip import ClipPicture
from video_commentary.recording.clip_movie import ClipMovieError, clip_vtt, write_clip_movie


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "c.mp4"
    write_clip_movie(path, contents())
    return path


def brightness(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(f.to_ndarray(format="gray").mean()) for f in container.decode(video=0)]


def test_every_picture_is_in_it_at_its_time(movie: Path) -> None:
    with av.open(str(movie)) as container:
        kinds = [stream.codec_context.name for stream in container.streams]
        times = [frame.time for frame in container.decode(video=0)]
    assert kinds == ["h264", "aac", "mov_text"]
    assert times == pytest.approx([i / 10 for i in range(20)], abs=0.001)
    assert brightness(movie) == pytest.approx([5 * i for i in range(20)], abs=2)


def test_it_can_be_heard_and_read_when_it_was_said(movie: Path) -> None:
    wave = sound_of(movie)
    assert loudness(wave, 0.55, 1.05) > 0.1
    assert max(loudness(wave, 0.0, 0.45), loudness(wave, 1.15, 1.9)) < 0.001
    shown = subtitles(movie)
    assert [(start, text) for start, _, text in shown] == [
        (0.5, "A red <car>."),
        (1.4, "It stops."),
    ]
    assert shown[0][1] == pytest.approx(1.4)


def test_the_subtitles_for_a_browser_say_the_same() -> None:
    text = clip_vtt(contents())
    assert "00:00:00.500 --> 00:00:01.400\nA red &lt;car&gt;.\n" in text
    assert "00:00:01.400 --> " in text


def test_pictures_that_cant_be_decoded_are_left_out(tmp_path: Path) -> None:
    whole = contents()
    cut = replace(whole.pictures[3], jpeg=b"\xff\xd8 nothing \xff\xd9")
    wide = replace(whole.pictures[5], jpeg=jpeg(5, (81, 49)))
    pictures = (*whole.pictures[:3], cut, whole.pictures[4], wide, *whole.pictures[6:])
    path = tmp_path / "c.mp4"
    write_clip_movie(path, replace(whole, pictures=pictures))
    assert len(brightness(path)) == 19
    with pytest.raises(ClipMovieError, match="no picture"):
        write_clip_movie(path, replace(whole, pictures=(cut,)))


def test_one_picture_makes_a_movie_too(tmp_path: Path) -> None:
    path = tmp_path / "c.mp4"
    one = replace(contents(), pictures=(ClipPicture(contents().begin, jpeg(9, (65, 49))),))
    write_clip_movie(path, one)
    assert len(brightness(path)) == 1
