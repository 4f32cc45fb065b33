"""An mp4 file of H.264 pictures, AAC sound and subtitles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

from ..core.audio import OUTPUT_FORMAT
from .captions import Caption, lines

RATE = OUTPUT_FORMAT.rate
MUX_OPTIONS = {"movflags": "+faststart"}
"""For av.open: the index comes first, so that a browser can play the file while it loads."""
Wave = NDArray[np.float32]
_TICKS = Fraction(1, 90_000)
_BLOCK = 1024
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


class Mp4Writer:
    """Puts the streams into an opened container side by side, in the order of time."""

    def __init__(
        self,
        out: Any,
        x264: Mapping[str, str],
        sound: Callable[[int], Wave],
        captions: Sequence[Caption] | None,
    ) -> None:
        """Write into `out`, a container of av.open.

        `x264`: options of the encoder. `sound` returns the next samples at 48 kHz, float32 of
        shape [2, count] within [-1, 1]. `captions`: in the order of time; None for no subtitles.
        """
        self._out = out
        self._x264 = dict(x264)
        self._sound = sound
        self._captions = captions
        self._video: Any = None
        self._audio: Any = None
        self._subtitles: Any = None
        self._samples = 0
        self._next_caption = 0
        self._last_tick = -1

    def add(self, frame: av.VideoFrame, time: float) -> None:
        """Add a picture at `time` seconds, which must grow: others are left out.

        One of another size than the first is scaled to that.
        """
        tick = round(time / _TICKS)
        if tick <= self._last_tick:
            return
        self._last_tick = tick
        if self._video is None:
            self._begin(frame)
        self._sound_until(time)
        self._captions_until(time)
        frame = frame.reformat(self._video.width, self._video.height, "yuv420p")
        frame.pts, frame.time_base = tick, _TICKS
        frame.pict_type = PictureType.NONE  # the encoder chooses again
        self._out.mux(self._video.encode(frame))

    def finish(self, end: float) -> None:
        """Write the sound up to `end` seconds, and what the encoders still hold."""
        self._sound_until(end)
        for stream in (self._video, self._audio):
            self._out.mux(stream.encode(None))

    def _begin(self, frame: av.VideoFrame) -> None:
        # x264 halves the color's resolution, so sides must be even.
        self._video = self._out.add_stream("libx264", rate=30, options=self._x264)
        self._video.width, self._video.height = frame.width // 2 * 2, frame.height // 2 * 2
        self._video.pix_fmt = "yuv420p"
        self._video.codec_context.time_base = _TICKS
        self._audio = self._out.add_stream("aac", rate=RATE, layout="stereo")
        if self._captions is not None:
            self._subtitles = self._out.add_stream("mov_text")
            self._subtitles.codec_context.subtitle_header = _STYLE
            self._subtitles.time_base = Fraction(1, 1000)

    def _sound_until(self, time: float) -> None:
        while self._samples < time * RATE:
            wave = np.ascontiguousarray(self._sound(_BLOCK))
            frame = av.AudioFrame.from_ndarray(wave, "fltp", "stereo")
            frame.sample_rate = RATE
            frame.pts, frame.time_base = self._samples, Fraction(1, RATE)
            self._samples += _BLOCK
            self._out.mux(self._audio.encode(frame))

    def _captions_until(self, time: float) -> None:
        captions = self._captions
        while captions is not None and self._next_caption < len(captions):
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
