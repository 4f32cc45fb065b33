"""Small videos made on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

_TICKS = 1000


def picture(index: int) -> NDArray[np.uint8]:
    """Paint 64x48 pixels whose grey level encodes the index: 10 and 8 more for each, 28 of them."""
    return np.full((48, 64, 3), 10 + index % 28 * 8, np.uint8)


def write_video(
    path: Path, frames: int = 10, fps: int = 10, times: Sequence[float] | None = None
) -> Path:
    """Write `frames` pictures at `fps`, or at the `times` given, in s."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=fps)
        stream.width, stream.height = 64, 48
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, _TICKS)
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(index), format="rgb24")
            frame.time_base = Fraction(1, _TICKS)
            frame.pts = round((times[index] if times else index / fps) * _TICKS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
