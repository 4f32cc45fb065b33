"""The empty street of the test scene."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

ROAD = 0.46, 0.68
"""Upper and lower edge of the road, as fractions of the image's height."""


def street(width: int, height: int) -> NDArray[np.uint8]:
    """Paint sky, houses, road and pavement: uint8 RGB, shape (height, width, 3)."""
    random = np.random.default_rng(1)
    image = np.empty((height, width, 3), np.float32)

    def rows(top: float, bottom: float, first: tuple[int, ...], last: tuple[int, ...]) -> None:
        start, end = round(top * height), round(bottom * height)
        image[start:end] = np.linspace(first, last, end - start)[:, None]

    rows(0, 0.40, (150, 180, 215), (205, 215, 225))
    _houses(image, random)
    rows(0.40, ROAD[0], (170, 168, 164), (178, 175, 170))
    rows(*ROAD, (92, 93, 97), (106, 106, 109))
    rows(ROAD[1], 1, (168, 166, 160), (186, 183, 176))
    for edge in ROAD:
        rows(edge, edge + 0.01, (205, 205, 200), (205, 205, 200))
    middle = round(0.57 * height)
    for x in range(0, width, max(1, width // 5)):
        image[middle : middle + max(1, height // 80), x : x + width // 10] = 215, 215, 210
    grain = random.normal(0, 9, image.shape).astype(np.float32)
    image += 2 * np.asarray(cv2.GaussianBlur(grain, (0, 0), max(0.5, height / 480)), np.float32)
    return np.clip(image, 0, 255).astype(np.uint8)


def _houses(image: NDArray[np.float32], random: np.random.Generator) -> None:
    height, width = image.shape[:2]
    ground = round(0.40 * height)
    left = 0
    while left < width:
        right = left + max(2, round(width * random.uniform(0.12, 0.22)))
        top = round(height * random.uniform(0.06, 0.2))
        wall = random.uniform(110, 185) * np.array([1, 0.94, 0.88]) + random.uniform(-10, 10, 3)
        image[top:ground, left:right] = wall
        window = max(1, round(0.02 * width)), max(1, round(0.04 * height))
        for y in range(top + window[1], ground - window[1], 2 * window[1]):
            for x in range(left + window[0], min(right, width) - window[0], 2 * window[0]):
                glass = np.array([70, 80, 95]) + random.uniform(-20, 25)
                image[y : y + window[1], x : x + window[0]] = glass
        left = right
