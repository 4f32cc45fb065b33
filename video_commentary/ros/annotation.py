"""Pictures with the boxes and names of what is seen in them, for rqt and Foxglove."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..core.facts import Observation

_COLOURS = ((86, 180, 233), (230, 159, 0), (0, 200, 140), (240, 228, 66), (213, 94, 0))
"""By track, so that a thing keeps its colour; people with colour blindness can distinguish them."""
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_DARK = (20, 20, 20)


def annotated(image: NDArray[np.uint8], things: Sequence[Observation]) -> NDArray[np.uint8]:
    """Return a copy of a picture, uint8 RGB (H, W, 3), with a box and a name for each thing."""
    drawn = image.copy()
    height, width = image.shape[:2]
    line = max(1, round(height / 300))
    for thing in things:
        if thing.box is None:
            continue
        corner = round(thing.box.left * width), round(thing.box.top * height)
        opposite = round(thing.box.right * width), round(thing.box.bottom * height)
        colour = _COLOURS[(thing.track or 0) % len(_COLOURS)]
        cv2.rectangle(drawn, corner, opposite, colour, line, cv2.LINE_AA)
        _write(drawn, _caption(thing), corner, colour)
    return drawn


def _caption(thing: Observation) -> str:
    words = [thing.name] if thing.track is None else [thing.name, str(thing.track)]
    return " ".join(words + ([] if thing.score is None else [f"{thing.score:.0%}"]))


def _write(
    image: NDArray[np.uint8], text: str, corner: tuple[int, int], colour: tuple[int, int, int]
) -> None:
    """Write on a filled label above a box, or inside if there is no room above."""
    scale = max(0.4, image.shape[0] / 800)
    (width, height), below = cv2.getTextSize(text, _FONT, scale, 1)
    tall = height + below + 2
    left = max(0, min(corner[0], image.shape[1] - width - 2))
    top = corner[1] - tall if corner[1] >= tall else corner[1]
    cv2.rectangle(image, (left, top), (left + width + 2, top + tall), colour, cv2.FILLED)
    cv2.putText(image, text, (left + 1, top + height + 1), _FONT, scale, _DARK, 1, cv2.LINE_AA)
