"""The colour of a thing from its pixels, if one is clear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import BoundingBox

_HUES = {  # OpenCV's, 0 to 179
    "red": ((0, 8), (170, 179)),
    "orange": ((9, 19),),
    "yellow": ((20, 34),),
    "green": ((35, 85),),
    "blue": ((86, 128),),
    "purple": ((129, 152),),
    "pink": ((153, 169),),
}
_MIN_SATURATION, _MIN_VALUE = 90, 55  # of a pixel that has a hue
_GREYS = (
    (0.27, "black"),
    (0.38, "black or dark grey"),
    (0.55, "grey"),
    (0.72, "light grey or white"),
    (float("inf"), "white"),
)
"""Up to which share of the image's bright level, the name of a grey; near a limit, both names."""
_BRIGHT_PERCENTILE = 96
_MAX_BROWN_VALUE = 120  # an orange darker than this is brown
_MAX_PINK_SATURATION = 140
_MIN_HUE_SHARE = 0.35  # of the pixels; the others are glass, tyres, skin, background
_MIN_GREY_SHARE = 0.45
_CLEAR = 1.4  # times the share of the second colour
_MIN_PIXELS = 30
_LAMPS = {"red": ((0, 12), (168, 179)), "yellow": ((13, 34),), "green": ((40, 95),)}
_MIN_LAMP, _MIN_LAMP_SHARE = 140, 0.02  # saturation and value; of the box's pixels
_MIN_VOTES_SHARE = 0.5

REGIONS = {
    "vehicle": (0.2, 0.3, 0.8, 0.72),
    "top": (0.3, 0.22, 0.7, 0.48),
    "legs": (0.3, 0.58, 0.7, 0.86),
    "bust": (0.2, 0.86, 0.8, 1.0),
    "thing": (0.25, 0.25, 0.75, 0.75),
}
"""The part of a box that shows the colour: left, top, right, bottom, as shares of it."""


def colour_of(
    views: Iterable[tuple[NDArray[np.uint8], BoundingBox]], region: tuple[float, ...]
) -> str:
    """Return the colour of a thing that is seen in several images, "" if none is clear.

    `views`: uint8 RGB images (H, W, 3) and its box in each. `region`: one of `REGIONS`' values.
    """
    votes = Counter(_colour(image, _region(box, region)) for image, box in views)
    total = sum(votes.values())
    if not total:
        return ""
    name, count = votes.most_common(1)[0]
    return name if count > _MIN_VOTES_SHARE * total else ""


def lamp_colour(views: Iterable[tuple[NDArray[np.uint8], BoundingBox]]) -> str:
    """Return the colour of the lamp of a traffic light that shines: red, yellow, green or ""."""
    votes: Counter[str] = Counter()
    for image, box in views:
        pixels = _pixels(image, box)
        if pixels.size == 0:
            continue
        hsv = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV))
        hue, saturation, value = np.moveaxis(hsv, 2, 0)
        shines = (saturation > _MIN_LAMP) & (value > _MIN_LAMP)
        shares = {
            name: float(np.mean(shines & _is_hue(hue, ranges))) for name, ranges in _LAMPS.items()
        }
        name = max(shares, key=shares.__getitem__)
        votes[name if shares[name] > _MIN_LAMP_SHARE else ""] += 1
    return votes.most_common(1)[0][0] if votes else ""


def _pixels(image: NDArray[np.uint8], box: BoundingBox) -> NDArray[np.uint8]:
    height = image.shape[0]
    top, bottom = round(max(0.0, box.top) * height), round(box.bottom * height)
    left, right = round(max(0.0, box.left) * height), round(box.right * height)
    return image[top:bottom, left:right]


def _is_hue(hue: NDArray[np.uint8], ranges: tuple[tuple[int, int], ...]) -> NDArray[np.bool_]:
    return np.asarray(np.any([(hue >= a) & (hue <= b) for a, b in ranges], axis=0), np.bool_)


def _region(box: BoundingBox, region: tuple[float, ...]) -> BoundingBox:
    left, top, right, bottom = region
    return BoundingBox(
        box.left + left * box.width,
        box.top + top * box.height,
        box.left + right * box.width,
        box.top + bottom * box.height,
    )


def _colour(image: NDArray[np.uint8], box: BoundingBox) -> str:
    pixels = _pixels(image, box)
    if pixels.shape[0] * pixels.shape[1] < _MIN_PIXELS:
        return ""
    hue, saturation, value = np.moveaxis(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)), 2, 0)
    bright = float(np.percentile(image.max(axis=2)[::4, ::4], _BRIGHT_PERCENTILE))
    vivid = (saturation > _MIN_SATURATION) & (value > _MIN_VALUE)
    shares: dict[str, float] = {}
    for name, ranges in _HUES.items():
        within = vivid & _is_hue(hue, ranges)
        if name == "pink":  # a strong pink is a red in cold light
            strong = within & (saturation > _MAX_PINK_SATURATION)
            shares["red"] += float(np.mean(strong))
            within &= ~strong
        if name == "orange":
            shares["brown"] = float(np.mean(within & (value < _MAX_BROWN_VALUE)))
            within &= value >= _MAX_BROWN_VALUE
        shares[name] = float(np.mean(within))
    named = _clear(shares)
    if named or np.mean(~vivid) < _MIN_GREY_SHARE:
        return named
    level = float(np.median(value[~vivid])) / max(bright, 1.0)
    return next(name for limit, name in _GREYS if level <= limit)


def _clear(shares: dict[str, float]) -> str:
    (name, share), (_, second) = sorted(shares.items(), key=lambda item: -item[1])[:2]
    return name if share >= _MIN_HUE_SHARE and share >= _CLEAR * second else ""
