"""The narrated recording as an mp4 file: picture, mixed sound, subtitles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.frame import PictureType

from .burn import Burner
from .captions import Caption, lines
from .footage import Footage, FootageError, Shot
from .mixing import Mix, OwnSound
from .track import RATE, SpeechFile
from .video import VideoFootage

_TICKS = Fraction(1, 90_000)
_BLOCK = 1024
_VIDEO = {"preset": "veryfast", "crf": "20"}
"""x264: visually lossless for most footage, and faster than real time on small machines."""
_STYLE = b"""\
[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, \
Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,0

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
"""FFmpeg's encoder takes the track's style from a header in the format of SubStation Alpha."""


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
        # The index comes first, so that a browser can play the file while it loads.
        options = {"movflags": "+faststart"}
        with av.open(str(path.absolute()), "w", format="mp4", options=options) as out:
            _Writer(out, parts, Mix(own, parts.track, parts.captions)).run(progress)
    finally:
        own.close()


class _Writer:
    """Puts the three streams into the file side by side, in the order of time."""

    def __init__(self, out: Any, parts: Parts, mix: Mix) -> None:
        self._out = out
        self._parts = parts
        self._mix = mix
        self._video: Any = None
        self._audio: Any = None
        self._subtitles: Any = None
        self._burner: Burner | None = None
        self._samples = 0
        self._next_caption = 0
        self._last_tick = -1

    def run(self, progress: Callable[[float], None]) -> None:
        end, last = self._parts.end, None
        for shot in self._readable():
            if shot.time > end:
                break
            try:
                self._picture(shot, shot.time)
            except FootageError:
                continue  # the picture before it stays
            last = shot
            progress(shot.time)
        if last is None:
            raise FootageError(f"{self._parts.footage.path}: no picture in it can be read")
        if self._parts.track.end > end:
            # The last sentence may outlast the recording, whose last picture stays then.
            end = self._parts.track.end
            self._picture(last, end)
        self._sound_until(end)
        for stream in (self._video, self._audio):
            self._out.mux(stream.encode(None))

    def _readable(self) -> Iterator[Shot]:
        """Yield the recording up to where it breaks, as the commentator saw it."""
        with suppress(FootageError):
            yield from self._parts.footage.shots()

    def _begin(self, frame: av.VideoFrame) -> None:
        # x264 halves the color's resolution, so sides must be even.
        width, height = frame.width // 2 * 2, frame.height // 2 * 2
        self._video = self._out.add_stream("libx264", rate=30, options=_VIDEO)
        self._video.width, self._video.height = width, height
        self._video.pix_fmt = "yuv420p"
        self._video.codec_context.time_base = _TICKS
        self._audio = self._out.add_stream("aac", rate=RATE, layout="stereo")
        if self._parts.burn:
            self._burner = Burner(self._parts.captions, width, height)
        else:
            self._subtitles = self._out.add_stream("mov_text")
            self._subtitles.codec_context.subtitle_header = _STYLE
            self._subtitles.time_base = Fraction(1, 1000)

    def _picture(self, shot: Shot, time: float) -> None:
        tick = round(time / _TICKS)
        if tick <= self._last_tick:
            return
        self._last_tick = tick
        frame = self._frame(shot, time)
        if self._video is None:
            self._begin(frame)
            frame = self._frame(shot, time)  # with the subtitles
        self._sound_until(time)
        self._captions_until(time)
        # Another size than the first picture's is scaled to that.
        frame = frame.reformat(self._video.width, self._video.height, "yuv420p")
        frame.pts, frame.time_base = tick, _TICKS
        frame.pict_type = PictureType.NONE  # the encoder chooses again
        self._out.mux(self._video.encode(frame))

    def _frame(self, shot: Shot, time: float) -> av.VideoFrame:
        """Return a picture to encode: unchanged if nothing is to be drawn or rotated."""
        if self._burner is None and shot.frame is not None and not shot.frame.rotation:
            frame: av.VideoFrame = shot.frame
            return frame
        image = shot.image()
        if self._burner is not None:
            image = self._burner.draw(image, time)
        return av.VideoFrame.from_ndarray(image, "rgb24")

    def _sound_until(self, time: float) -> None:
        while self._samples < time * RATE:
            wave = self._mix.read(_BLOCK)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave), "fltp", "stereo")
            frame.sample_rate = RATE
            frame.pts, frame.time_base = self._samples, Fraction(1, RATE)
            self._samples += _BLOCK
            self._out.mux(self._audio.encode(frame))

    def _captions_until(self, time: float) -> None:
        captions = self._parts.captions
        while self._subtitles is not None and self._next_caption < len(captions):
            caption = captions[self._next_caption]
            if caption.start > time:
                return
            self._next_caption += 1
            text = lines(caption.text).encode()
            # A sample of 3GPP timed text: its length in 16 bits, then UTF-8 (TS 26.245, 5.17).
            packet = av.Packet(len(text).to_bytes(2, "big") + text)
            packet.stream, packet.time_base = self._subtitles, Fraction(1, 1000)
            packet.pts = packet.dts = round(caption.start * 1000)
            packet.duration = round((caption.end - caption.start) * 1000)
            self._out.mux(packet)
