from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from video_commentary.engines.builtin.detector import INPUT_SIZE, ObjectDetector, resize_to_input

from .conftest import Image


def test_people_are_found_where_they_are(
    model: Path, video: Callable[..., list[tuple[float, Image]]]
) -> None:
    image = video("vtest.avi", 0.5)[0][1]
    found = [d for d in ObjectDetector(model).detect(resize_to_input(image)) if d.label == "person"]
    # Three people walk on the path; their places as fractions of the picture's height.
    for x, y in ((0.46, 0.46), (0.89, 0.33), (1.15, 0.48)):
        assert any(d.box.left < x < d.box.right and d.box.top < y < d.box.bottom for d in found), (
            x,
            y,
            found,
        )


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (480, 640), (1080, 1920), (50, 7)])
def test_any_size_is_fitted_without_being_stretched(size: tuple[int, int]) -> None:
    small = resize_to_input(np.zeros((*size, 3), np.uint8))
    assert max(small.shape[:2]) == INPUT_SIZE
    assert min(small.shape[:2]) == pytest.approx(
        max(1, INPUT_SIZE * min(size) / max(size)), abs=0.5
    )


def test_boxes_lie_inside_the_picture(model: Path, landscape: Image) -> None:
    detector = ObjectDetector(model)
    for image in (landscape, np.zeros((1, 1, 3), np.uint8), landscape[:, :100]):
        small = resize_to_input(image)
        aspect = small.shape[1] / small.shape[0]
        for found in detector.detect(small):
            assert 0 <= found.box.left < found.box.right <= aspect
            assert 0 <= found.box.top < found.box.bottom <= 1


def test_a_file_without_labels_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(b"not a model")
    with pytest.raises(ValueError, match="labelmap"):
        ObjectDetector(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other.txt", "")
    with pytest.raises(ValueError, match="labelmap"):
        ObjectDetector(path)
