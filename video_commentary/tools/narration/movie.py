"""The narrated recording as an mp4 file: picture, mixed sound, subtitles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from ...recording.captions import Caption
from ...recording.mp4 import MUX_OPTIONS, Mp4Writer
from .burn import Burner
from .footage import Footage, FootageError, Shot
from .mixing import Mix, OwnSound
from .track import SpeechFile
from .video import VideoFootage

_VIDEO = {"preset": "veryfast", "crf": "20"}
"""x264: visually lossless for most footage, and faster than real time on small machines."""


@dataclass(frozen=True)
class Parts:
    """What goes into the movie. `end`: seconds of the recording to take. `burn`: draw subtitles."""

    footage: Footage
    captions: Sequence[Caption]
    track: SpeechFile
    end: float
    burn: bool


def write_movie(path: Path, parts: Parts, progress: Callable[[float], None]) -> None:
    """Write the file. Raise FootageError, OSError, FFmpegError."""
    footage = parts.footage
    has_sound = isinstance(footage, VideoFootage) and footage.has_sound
    own = OwnSound(footage.path if has_sound else None, getattr(footage, "start", 0.0))
    try:
        with av.open(str(path.absolute()), "w", format="mp4", options=MUX_OPTIONS) as out:
            _Movie(out, parts, Mix(own, parts.track, parts.captions)).write(progress)
    finally:
        own.close()


class _Movie:
    def __init__(self, out: Any, parts: Parts, mix: Mix) -> None:
        self._parts = parts
        captions = None if parts.burn else parts.captions
        self._writer = Mp4Writer(out, _VIDEO, mix.read, captions)
        self._burner: Burner | None = None

    def write(self, progress: Callable[[float], None]) -> None:
        end, last = self._parts.end, None
        for shot in self._readable():
            if shot.time > end:
                break
            try:
                self._writer.add(self._frame(shot, shot.time), shot.time)
            except FootageError:
                continue  # the picture before it stays
            last = shot
            progress(shot.time)
        if last is None:
            raise FootageError(f"{self._parts.footage.path}: no picture in it can be read")
        if self._parts.track.end > end:
            # The last sentence may outlast the recording, whose last picture stays then.
            end = self._parts.track.end
            self._writer.add(self._frame(last, end), end)
        self._writer.finish(end)

    def _readable(self) -> Iterator[Shot]:
        """Yield the recording up to where it breaks, as the commentator saw it."""
        with suppress(FootageError):
            yield from self._parts.footage.shots()

    def _frame(self, shot: Shot, time: float) -> av.VideoFrame:
        """Return a picture to encode: unchanged if nothing is to be drawn or rotated."""
        if not self._parts.burn and shot.frame is not None and not shot.frame.rotation:
            frame: av.VideoFrame = shot.frame
            return frame
        image = shot.image()
        if self._parts.burn:
            if self._burner is None:
                height, width, _ = image.shape
                self._burner = Burner(self._parts.captions, width, height)
            image = self._burner.draw(image, time)
        return av.VideoFrame.from_ndarray(image, "rgb24")
