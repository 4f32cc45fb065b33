"""Subtitles drawn into the pictures, for players that show no subtitle tracks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ...recording.captions import Caption, lines
from .footage import Rgb

_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial.ttf")


class Burner:
    """Draws the caption of the time into each picture."""

    def __init__(self, captions: Sequence[Caption], width: int, height: int) -> None:
        """Choose a font size for pictures of `width` x `height` pixels."""
        self._captions = captions
        # A line of 42 letters, each about half as wide as high, fits into nine tenths of it.
        self._size = max(8, min(height // 20, width // 24))
        self._font = _font(self._size)

    def draw(self, image: Rgb, time: float) -> Rgb:
        """Return the picture with the caption of `time` seconds."""
        text = next((c.text for c in self._captions if c.start <= time < c.end), "")
        if not text:
            return image
        picture = Image.fromarray(image)
        place = (image.shape[1] / 2, image.shape[0] - self._size * 0.6)
        ImageDraw.Draw(picture).multiline_text(
            place,
            lines(text),
            fill="white",
            font=self._font,
            anchor="md",
            align="center",
            stroke_width=max(1, self._size // 10),
            stroke_fill="black",
        )
        return np.asarray(picture, np.uint8)


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    for name in _FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)  # Latin letters only, but always there
