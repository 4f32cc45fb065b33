"""A cup on a table that is too small for the whole image to show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from video_commentary.engines.builtin import engine as engine_module
from video_commentary.engines.builtin.detector import Detection
from video_commentary.engines.builtin.engine import BuiltinEngine
from video_commentary.engines.builtin.geometry import BoundingBox

from .conftest import Image, Narration

SIZE = 360, 640  # pixels, height and width
TABLE, CUP, HAND = (0, 0, 250), (250, 0, 0), (120, 90, 60)
SMALLEST = 22  # pixels, of a cup that the detector sees


class ColourDetector:
    """Sees what is blue as a table, and what is red as a cup, unless that is too small."""

    def __init__(self) -> None:
        self.images = 0

    def detect(self, image: Image) -> list[Detection]:
        self.images += 1
        table, cup = _box(image, TABLE), _box(image, CUP)
        found = [Detection("dining table", 0.3, table)] if table else []
        if cup and cup.height * image.shape[0] >= SMALLEST:
            found.append(Detection("cup", 0.55, cup))
        return found


def _box(image: Image, colour: tuple[int, int, int]) -> BoundingBox | None:
    near = np.abs(image.astype(int) - colour).max(axis=2) < 60
    rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    if not rows.size:
        return None
    left, right = columns[0], columns[-1] + 1
    edges = np.array([left, rows[0], right, rows[-1] + 1]) / image.shape[0]
    return BoundingBox(*map(float, edges))


def frames(
    seconds: float, taken: float = 99.0, begin: float = 0.0
) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    random = np.random.default_rng(0)
    wall = random.integers(60, 90, (*SIZE, 1)).repeat(3, 2)
    cup = np.clip(CUP + random.integers(-40, 40, (9, 6, 3)).repeat(4, 0).repeat(5, 1), 0, 255)
    for number in range(round(begin * 10), round(seconds * 10)):
        stamp = number / 10
        image = wall.copy()
        image[240:330, 120:520] = TABLE
        if stamp < taken:
            image[216:252, 300:330] = cup
        if abs(stamp - taken) < 0.8:
            image[60 : round(245 + 20 * np.sin(9 * stamp)), 290:335] = HAND
        yield stamp, np.clip(image + random.normal(0, 2, image.shape), 0, 255).astype(np.uint8)


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> ColourDetector:
    it = ColourDetector()
    monkeypatch.setattr(engine_module, "ObjectDetector", lambda _: it)
    return it


@pytest.fixture
def narration(detector: ColourDetector, tmp_path: Path) -> Narration:
    model = tmp_path / "model.tflite"
    model.touch()
    engine = BuiltinEngine(model)
    engine.load()
    return Narration(engine)


def test_a_small_cup_on_a_table_is_seen_and_missed(narration: Narration) -> None:
    said = narration.show(frames(13.0, taken=8.0))
    assert said[0] in ("A cup stands on a table.", "A cup is on a table.")
    assert len(said) == 2
    assert "taken" in said[1]


def test_a_table_at_rest_is_not_looked_at_for_ever(
    narration: Narration, detector: ColourDetector
) -> None:
    narration.show(frames(9.0))
    before = detector.images
    narration.show(frames(11.0, begin=9.0))
    assert detector.images - before == 12  # no more than the images: six a second are given
    narration.show(frames(12.0, taken=11.5, begin=11.0))
    assert detector.images - before > 12 + 6  # the images, and the table in some of them
