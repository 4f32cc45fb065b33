"""Object detection with EfficientDet-Lite0: 80 COCO labels, about 20 ms an image on two cores."""

from __future__ import annotations

import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import BoundingBox
from .labels import group_of

INPUT_SIZE = 320
"""Width and height of the model's square input, in pixels."""

_THREADS = 2
_MIN_SCORE = 0.2  # lower scores are noise, even where an object was detected a moment ago
_PADDING = 114  # grey level
_OUTPUTS = {
    "boxes": "StatefulPartitionedCall:3",
    "classes": "StatefulPartitionedCall:2",
    "scores": "StatefulPartitionedCall:1",
}


@dataclass(frozen=True)
class Detection:
    """An object in one image: its label (COCO's), the confidence `score` (0 to 1), and its box.

    `close`: whether it was found in a part of the image, enlarged.
    """

    label: str
    score: float
    box: BoundingBox
    close: bool = False

    @property
    def group(self) -> str:
        """The label's group; only tracks of the same group are matched."""
        return group_of(self.label)


class ObjectDetector:
    """Runs the model of models/catalogue.yaml's `builtin` entry. Thread-safe."""

    def __init__(self, model: Path) -> None:
        """Load the model.

        Raise ImportError if ai_edge_litert is not installed, OSError or ValueError if the file
        can't be read or is another model.
        """
        from ai_edge_litert.interpreter import Interpreter

        self._lock = threading.Lock()  # a question looks while the next image comes in
        self._labels = _read_labels(model)
        self._interpreter = Interpreter(model_path=str(model), num_threads=_THREADS)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        # By name: the order of outputs differs between converters.
        indices = {out["name"]: out["index"] for out in self._interpreter.get_output_details()}
        missing = set(_OUTPUTS.values()) - set(indices)
        if missing:
            raise ValueError(f"{model} has no outputs {', '.join(sorted(missing))}")
        self._outputs = {name: indices[output] for name, output in _OUTPUTS.items()}

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Return the detections in `image`, the highest score first.

        `image`: uint8 RGB (H, W, 3), neither side longer than `INPUT_SIZE`.
        """
        height, width = image.shape[:2]
        # Padded, not stretched: the model doesn't find people of half their width.
        square = np.full((1, INPUT_SIZE, INPUT_SIZE, 3), _PADDING, np.uint8)
        square[0, :height, :width] = image
        with self._lock:
            self._interpreter.set_tensor(self._input, square)
            self._interpreter.invoke()
            boxes, classes, scores = (
                self._interpreter.get_tensor(self._outputs[name])[0]
                for name in ("boxes", "classes", "scores")
            )
        detections = []
        corners = boxes * INPUT_SIZE / height
        for (top, left, bottom, right), index, score in zip(corners, classes, scores, strict=True):
            label = self._labels[int(index)] if 0 <= int(index) < len(self._labels) else ""
            if score < _MIN_SCORE or not label:
                continue
            box = BoundingBox(float(left), float(top), float(right), float(bottom))
            box = box.clipped(width / height)
            if box.width > 0 and box.height > 0:
                detections.append(Detection(label, float(score), box))
        return detections


def resize_to_input(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale uint8 RGB (H, W, 3) so that its longer side is `INPUT_SIZE`, keeping its aspect."""
    height, width = image.shape[:2]
    scale = INPUT_SIZE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=interpolation), np.uint8)


def _read_labels(model: Path) -> list[str]:
    """Read the labels from the zip archive that TFLite metadata appends to a model."""
    try:
        with zipfile.ZipFile(model) as archive:
            lines = archive.read("labelmap.txt").decode().splitlines()
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError) as error:
        raise ValueError(f"{model} has no labelmap.txt in its metadata: {error}") from None
    return ["" if line.strip() == "???" else line.strip() for line in lines]
