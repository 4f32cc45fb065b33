"""Narrated movies, opened as a player opens them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest

from test.fakes import tone
from test.tools.narration.recordings import Recording, loudness, sound_of, write_movie_with_sound
from video_commentary.core.audio import OUTPUT_FORMAT
from video_commentary.recording.captions import Caption
from video_commentary.tools.narration.footage import Footage, FootageError, Rgb, Shot
from video_commentary.tools.narration.mixing import DUCKED, envelope
from video_commentary.tools.narration.movie import Parts, write_movie
from video_commentary.tools.narration.track import SpeechFile
from video_commentary.tools.narration.video import VideoFootage


def spoken(start: float, end: float, text: str = "") -> Caption:
    return Caption(start=start, end=end, text=text, oldest=0, newest=0, spoken=True)


CAPTIONS = [spoken(2.0, 4.0, "Two people walk."), spoken(7.0, 8.5, "Grüße, naïve café — end.")]


def made(path: Path, footage: Footage, end: float, burn: bool = False, speech: float = 0.3) -> Path:
    with closing(SpeechFile()) as track:
        for caption in CAPTIONS:
            sound = tone(caption.end - caption.start, OUTPUT_FORMAT)
            samples = (sound.samples * speech).astype(np.int16)
            track.put(caption.start, type(sound)(samples, OUTPUT_FORMAT))
        write_movie(path, Parts(footage, CAPTIONS, track, end, burn), lambda _: None)
    return path


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_movie_with_sound(tmp_path_factory.mktemp("movie") / "in.mp4", 10.0)


@pytest.fixture(scope="module")
def movie(original: Path) -> Path:
    return made(original.with_name("out.mp4"), VideoFootage(original), 9.9)


def subtitles(path: Path) -> list[tuple[float, float, str]]:
    with av.open(str(path)) as container:
        base = container.streams.subtitles[0].time_base
        assert base is not None
        return [
            (float(p.pts * base), float((p.pts + p.duration) * base), bytes(p)[2:].decode())
            for p in container.demux(subtitles=0)
            if p.size > 2 and p.pts is not None
        ]


def test_it_has_picture_sound_and_subtitles_of_one_length(movie: Path) -> None:
    with av.open(str(movie)) as container:
        kinds = [(s.type, s.codec_context.name) for s in container.streams]
        lengths = [float(s.duration * s.time_base) for s in list(container.streams)[:2]]
        frames = sum(1 for _ in container.decode(video=0))
    assert kinds == [("video", "h264"), ("audio", "aac"), ("subtitle", "mov_text")]
    assert frames == 100
    assert lengths[0] == pytest.approx(10.0, abs=0.15)
    assert lengths[1] == pytest.approx(lengths[0], abs=0.15)


def test_subtitles_are_where_the_captions_are(movie: Path) -> None:
    shown = subtitles(movie)
    assert [text for _, _, text in shown] == [caption.text for caption in CAPTIONS]
    for (start, end, _), caption in zip(shown, CAPTIONS, strict=True):
        assert start == pytest.approx(caption.start, abs=0.002)
        assert end == pytest.approx(caption.end, abs=0.002)


def test_the_recordings_sound_steps_back_under_speech(original: Path, tmp_path: Path) -> None:
    silent = made(tmp_path / "out.mp4", VideoFootage(original), 9.9, speech=0.0)
    wave = sound_of(silent)
    full = loudness(wave, 0.5, 1.5)
    # One channel spread over two keeps its power: each has half.
    assert full == pytest.approx(0.25 / np.sqrt(2) / np.sqrt(2), rel=0.1)
    assert loudness(wave, 2.2, 3.8) == pytest.approx(full * DUCKED, rel=0.15)
    assert loudness(wave, 5.0, 6.5) == pytest.approx(full, rel=0.05)


def test_speech_is_heard_where_the_captions_are(tmp_path: Path) -> None:
    wave = sound_of(made(tmp_path / "out.mp4", Recording(10.0), 9.9))
    assert loudness(wave, 2.1, 3.9) > 0.05
    assert loudness(wave, 7.1, 8.4) > 0.05
    assert max(loudness(wave, 0.2, 1.8), loudness(wave, 4.2, 6.8), loudness(wave, 8.7, 9.8)) < 0.001


def test_sound_that_begins_late_stays_late(tmp_path: Path) -> None:
    late = write_movie_with_sound(tmp_path / "in.mp4", 6.0, sound_from=3.0)
    wave = sound_of(made(tmp_path / "out.mp4", VideoFootage(late), 5.9, speech=0.0))
    assert loudness(wave, 0.2, 2.8) < 0.005
    assert loudness(wave, 4.8, 5.8) > 0.1


def test_the_last_sentence_may_outlast_the_recording(tmp_path: Path) -> None:
    path = made(tmp_path / "out.mp4", Recording(8.0), 7.9)
    with av.open(str(path)) as container:
        last = max(f.time for f in container.decode(video=0) if f.time is not None)
    assert last == pytest.approx(8.5, abs=0.02)
    assert loudness(sound_of(path), 8.1, 8.4) > 0.05


class Damaged(Recording):
    """Its second picture can't be read, nor anything from `breaks` seconds on."""

    def __init__(self, seconds: float, breaks: float) -> None:
        super().__init__(seconds)
        self._breaks = breaks

    def shots(self) -> Iterator[Shot]:
        for number, shot in enumerate(super().shots()):
            if shot.time >= self._breaks:
                raise FootageError("the rest is missing")
            yield replace(shot, image=self._broken) if number == 1 else shot

    def _broken(self) -> Rgb:
        raise FootageError("a truncated JPEG")


@pytest.mark.parametrize("burn", [False, True])
def test_what_can_not_be_read_is_left_out(burn: bool, tmp_path: Path) -> None:
    path = made(tmp_path / "out.mp4", Damaged(10.0, 9.0), 9.9, burn)
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 89
    assert loudness(sound_of(path), 7.1, 8.4) > 0.05


def test_a_recording_without_one_picture_makes_no_movie(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match="no picture in it can be read"):
        made(tmp_path / "out.mp4", Damaged(10.0, 0.0), 9.9)


def test_burned_in_they_are_in_the_picture_and_no_track(original: Path, tmp_path: Path) -> None:
    path = made(tmp_path / "out.mp4", VideoFootage(original), 9.9, burn=True)
    with av.open(str(path)) as container:
        assert not container.streams.subtitles
        burned = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]
    plain = [shot.image() for shot in VideoFootage(original).shots()]
    change = [
        float(np.abs(a[24:].astype(int) - b[24:].astype(int)).mean())
        for a, b in zip(burned, plain, strict=True)
    ]
    assert np.mean(change[22:38]) > 2 * np.mean(change[45:65])


def test_odd_sizes_are_cut_to_even_ones(tmp_path: Path) -> None:
    class Odd(Recording):
        def shots(self) -> Iterator[Shot]:
            for shot in super().shots():
                yield replace(shot, image=partial(cut, shot))

    def cut(shot: Shot) -> Rgb:
        return shot.image()[1:, 1:]

    path = made(tmp_path / "out.mp4", Odd(3.0), 2.9)
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        assert (video.width % 2, video.height % 2) == (0, 0)


def test_speech_close_together_does_not_pump() -> None:
    near = [spoken(1, 2), spoken(2.3, 3)]
    times, gains = envelope(near)
    assert np.interp(2.15, times, gains) == pytest.approx(DUCKED)
    assert np.interp(0.5, times, gains) == 1.0
    assert np.interp(4.0, times, gains) == 1.0


def test_ffprobe_finds_nothing_wrong(movie: Path) -> None:
    if not shutil.which("ffprobe"):
        pytest.skip("no ffprobe here: apt install ffmpeg")
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", str(movie)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert [s["codec_name"] for s in found["streams"]] == ["h264", "aac", "mov_text"]
    assert float(found["format"]["duration"]) == pytest.approx(10.0, abs=0.2)
