"""EfficientDet-Lite0: finds 80 kinds of things (COCO) in a picture, about 20 ms on two cores."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .geometry import Box

SIDE = 320
"""Pixels; the model looks at a square of this side."""

_THREADS = 2
_LEAST_SCORE = 0.2  # below this is noise, even where something was a moment ago
_OUTPUTS = {
    "boxes": "StatefulPartitionedCall:3",
    "classes": "StatefulPartitionedCall:2",
    "scores": "StatefulPartitionedCall:1",
}


@dataclass(frozen=True)
class Detection:
    """One thing in one picture: its COCO `label`, how sure (`score`, 0 to 1), and where."""

    label: str
    score: float
    box: Box


class Detector:
    """Runs the model of models/catalogue.yaml's `builtin` entry."""

    def __init__(self, model: Path) -> None:
        """Load it.

        Raise ImportError without ai_edge_litert, OSError or ValueError where the file can't be
        read or isn't the model.
        """
        from ai_edge_litert.interpreter import Interpreter

        self._labels = _labels(model)
        self._interpreter = Interpreter(model_path=str(model), num_threads=_THREADS)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        # By name: the order of outputs differs between converters.
        places = {out["name"]: out["index"] for out in self._interpreter.get_output_details()}
        missing = set(_OUTPUTS.values()) - set(places)
        if missing:
            raise ValueError(f"{model} has no outputs {', '.join(sorted(missing))}")
        self._outputs = {name: places[output] for name, output in _OUTPUTS.items()}

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Return what is in uint8 RGB [H, W, 3] of at most `SIDE` pixels a side, surest first."""
        height, width = image.shape[:2]
        square = np.full((1, SIDE, SIDE, 3), 114, np.uint8)
        # Not stretched: people half as wide are not found.
        square[0, :height, :width] = image
        self._interpreter.set_tensor(self._input, square)
        self._interpreter.invoke()
        boxes, classes, scores = (
            self._interpreter.get_tensor(self._outputs[name])[0]
            for name in ("boxes", "classes", "scores")
        )
        found = []
        for corners, kind, score in zip(boxes * SIDE / height, classes, scores, strict=True):
            label = self._labels[int(kind)] if 0 <= int(kind) < len(self._labels) else ""
            if score < _LEAST_SCORE or not label:
                continue
            top, left, bottom, right = (float(corner) for corner in corners)
            box = Box(left, top, right, bottom).clipped(width / height)
            if box.width > 0 and box.height > 0:
                found.append(Detection(label, float(score), box))
        return found


def fitted(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shrink (or enlarge) uint8 RGB to `SIDE` pixels on its longer side."""
    height, width = image.shape[:2]
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)


def _labels(model: Path) -> list[str]:
    """Read the names of the classes out of the zip archive that TFLite metadata appends."""
    try:
        with zipfile.ZipFile(model) as archive:
            lines = archive.read("labelmap.txt").decode().splitlines()
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError) as error:
        raise ValueError(f"{model} has no labelmap.txt in its metadata: {error}") from None
    return ["" if line.strip() == "???" else line.strip() for line in lines]
