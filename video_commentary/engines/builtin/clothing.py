"""The colour of people's clothes, if it is clear: "a person in red"."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import BoundingBox

_MIN_PIXELS = 24  # of a torso
_HUES = {  # OpenCV's, 0 to 179; hues between these ranges are hard to name
    "red": ((0, 7), (172, 179)),
    "orange": ((9, 17),),
    "yellow": ((22, 33),),
    "green": ((42, 82),),
    "blue": ((98, 126),),
    "purple": ((132, 155),),
}
_MIN_SATURATION, _MIN_VALUE = 105, 65  # of a pixel whose hue has a name
_MIN_SHARE = 0.5  # of the torso's pixels; the others are arms, bags and background
_DARK_VALUE, _MIN_DARK_SHARE = 62, 0.75
_MIN_VOTES, _MAJORITY = 4, 0.7
_MIN_BRIGHTNESS = 90  # mean grey level of an image in which dark clothes stand out


def torso_colour(image: NDArray[np.uint8], person: BoundingBox) -> str:
    """Return the colour of a person's torso in `image`, uint8 RGB (H, W, 3).

    A hue's name, "dark", or "" if no colour is clear.
    """
    height = image.shape[0]
    left = round((person.left + 0.28 * person.width) * height)
    right = round((person.right - 0.28 * person.width) * height)
    top = round((person.top + 0.2 * person.height) * height)
    bottom = round((person.top + 0.48 * person.height) * height)
    torso = image[max(0, top) : bottom, max(0, left) : right]
    if torso.shape[0] * torso.shape[1] < _MIN_PIXELS:
        return ""
    hue, saturation, value = np.moveaxis(np.asarray(cv2.cvtColor(torso, cv2.COLOR_RGB2HSV)), 2, 0)
    vivid = (saturation > _MIN_SATURATION) & (value > _MIN_VALUE)
    for name, ranges in _HUES.items():
        within = sum((hue >= low) & (hue <= high) for low, high in ranges)
        if np.mean(vivid & (within > 0)) > _MIN_SHARE:
            return name
    return "dark" if np.mean(value < _DARK_VALUE) > _MIN_DARK_SHARE else ""


def clothing_phrase(votes: Mapping[str, int], brightness: float) -> str:
    """Return "in red", "in dark clothes" or "", from how often each colour was seen.

    `brightness`: mean grey level of the image, 0 to 255.
    """
    total = sum(votes.values())
    if total < _MIN_VOTES:
        return ""
    name = max(votes, key=lambda key: votes[key])
    if not name or votes[name] < _MAJORITY * total:
        return ""
    if name == "dark":
        return "in dark clothes" if brightness > _MIN_BRIGHTNESS else ""
    return f"in {name}"
