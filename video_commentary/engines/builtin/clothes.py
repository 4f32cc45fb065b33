"""The colour that people wear, where it is plain to see: "a person in red"."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import Box

_LEAST = 24  # pixels of a torso
_HUES = {  # OpenCV's, 0 to 179; what lies between is hard to name
    "red": ((0, 7), (172, 179)),
    "orange": ((9, 17),),
    "yellow": ((22, 33),),
    "green": ((42, 82),),
    "blue": ((98, 126),),
    "purple": ((132, 155),),
}
_VIVID, _LIT = 105, 65  # saturation and value of a colour that has a name
_SHARE = 0.5  # of the torso; more than half is arms, bags and background
_DARK, _DARK_SHARE = 62, 0.75
_VOTES, _MAJORITY = 4, 0.7


def colour(image: NDArray[np.uint8], person: Box) -> str:
    """Return the colour of a torso in uint8 RGB: a hue, "dark", or "" for none plain to see."""
    height = image.shape[0]
    left = round((person.left + 0.28 * person.width) * height)
    right = round((person.right - 0.28 * person.width) * height)
    top = round((person.top + 0.2 * person.height) * height)
    bottom = round((person.top + 0.48 * person.height) * height)
    torso = image[max(0, top) : bottom, max(0, left) : right]
    if torso.shape[0] * torso.shape[1] < _LEAST:
        return ""
    hue, saturation, value = np.moveaxis(np.asarray(cv2.cvtColor(torso, cv2.COLOR_RGB2HSV)), 2, 0)
    vivid = (saturation > _VIVID) & (value > _LIT)
    for name, ranges in _HUES.items():
        within = sum((hue >= low) & (hue <= high) for low, high in ranges)
        if np.mean(vivid & (within > 0)) > _SHARE:
            return name
    return "dark" if np.mean(value < _DARK) > _DARK_SHARE else ""


def worn(votes: Mapping[str, int], level: float) -> str:
    """Return what to say of a person's clothes: "in red", "in dark clothes" or ""."""
    total = sum(votes.values())
    if total < _VOTES:
        return ""
    name = max(votes, key=lambda key: votes[key])
    if not name or votes[name] < _MAJORITY * total:
        return ""
    if name == "dark":
        return "in dark clothes" if level > 90 else ""
    return f"in {name}"
