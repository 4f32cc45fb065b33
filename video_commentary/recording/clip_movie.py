"""A clip as an mp4 file, and its subtitles for a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import av.error
import numpy as np
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from ..core.audio import OUTPUT_FORMAT
from ..core.clip import ClipContents, ClipWords
from ..core.stamp import Stamp, to_seconds
from .captions import Caption, readable, vtt
from .mp4 import MUX_OPTIONS, RATE, Mp4Writer, Wave

_VIDEO = {"preset": "ultrafast", "crf": "23", "threads": "1"}
"""x264: little work, and the robot's other cores left alone."""


class ClipMovieError(Exception):
    """No picture of a clip can be decoded."""


def write_clip_movie(path: Path, contents: ClipContents) -> None:
    """Write an mp4 file with pictures, sound and subtitles.

    Pictures that can't be decoded are left out. Raise ClipMovieError, OSError, FFmpegError.
    """
    track = _Track(contents)
    last: av.VideoFrame | None = None
    with av.open(str(path.absolute()), "w", format="mp4", options=MUX_OPTIONS) as out:
        writer = Mp4Writer(out, _VIDEO, track.read, captions_of(contents))
        for stamp, last in _decoded(contents):
            writer.add(last, to_seconds(stamp - contents.begin))
        if last is None:
            raise ClipMovieError("no picture of the clip can be decoded")
        writer.finish(_length(contents))


def clip_vtt(contents: ClipContents) -> str:
    """Return the clip's subtitles as WebVTT."""
    return vtt(captions_of(contents))


def captions_of(contents: ClipContents) -> list[Caption]:
    """Return what was said as captions, in seconds of the clip; spoken ones last as their sound."""
    captions = []
    for index, words in enumerate(contents.words):
        following = contents.words[index + 1].stamp if index + 1 < len(contents.words) else None
        comment = words.comment
        captions.append(
            Caption(
                start=to_seconds(words.stamp - contents.begin),
                end=to_seconds(_heard_until(contents, words, following) - contents.begin),
                text=comment.text,
                oldest=comment.oldest,
                newest=comment.newest,
                spoken=comment.first_sound is not None,
            )
        )
    return readable(captions, _length(contents))


def _heard_until(contents: ClipContents, words: ClipWords, following: Stamp | None) -> Stamp:
    ends = [
        block.end
        for block in contents.sound
        if block.stamp >= words.stamp and (following is None or block.stamp < following)
    ]
    return max(ends, default=words.stamp)


def _length(contents: ClipContents) -> float:
    """Return the seconds that the clip lasts: its last picture is shown as long as the others."""
    pictures = contents.pictures
    shown = to_seconds(contents.end - contents.begin)
    return shown + (shown / (len(pictures) - 1) if len(pictures) > 1 else 0.1)


class _Track:
    """The clip's speech, silence between: two channels at 48 kHz."""

    def __init__(self, contents: ClipContents) -> None:
        self._samples: NDArray[np.int16] = np.zeros(round(_length(contents) * RATE) + 1, np.int16)
        self._at = 0
        for block in contents.sound:
            assert OUTPUT_FORMAT.channels == 1
            samples = np.frombuffer(block.samples, "<i2")
            first = round(to_seconds(block.stamp - contents.begin) * RATE)
            samples = samples[max(0, -first) :]
            room = self._samples[max(0, first) :][: len(samples)]
            room[:] = samples[: len(room)]

    def read(self, count: int) -> Wave:
        samples = self._samples[self._at : self._at + count]
        self._at += count
        wave = np.pad(samples.astype(np.float32) / 32768, (0, count - len(samples)))
        return np.stack([wave, wave])


def _decoded(contents: ClipContents) -> Iterator[tuple[Stamp, av.VideoFrame]]:
    decoder = av.CodecContext.create("mjpeg", "r")
    decoder.thread_count = 1  # otherwise pictures come out later than they went in
    for picture in contents.pictures:
        try:
            frames = decoder.decode(av.Packet(picture.jpeg))
        except av.error.FFmpegError:
            continue  # the picture before it stays
        for frame in frames:
            assert isinstance(frame, av.VideoFrame)
            # A JPEG's brightness goes from 0 to 255, a video's from 16 to 235.
            yield (
                picture.stamp,
                frame.reformat(
                    format="yuv420p",
                    src_color_range=ColorRange.JPEG,
                    dst_color_range=ColorRange.MPEG,
                ),
            )
