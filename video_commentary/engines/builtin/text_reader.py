"""Reads text in a picture with RapidOCR, if that is installed."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .geometry import BoundingBox

HOW_TO_INSTALL = "pip install -r requirements/text.txt"

_MIN_SCORE = 0.85  # mean confidence of a line's letters
_MAX_SIDE = 736  # pixels; larger images are made smaller for finding text


@dataclass(frozen=True)
class TextLine:
    """A line of text and its box, in image heights."""

    text: str
    box: BoundingBox


class TextReader:
    """RapidOCR's PP-OCR models, with the weights of its package. Not thread-safe."""

    def __init__(self) -> None:
        """Load the models. Raise ImportError if a package is missing, OSError without weights."""
        import rapidocr

        folder = Path(rapidocr.__file__).parent / "models"
        # By path: a model that is not named so is fetched from the internet if it is missing.
        self._model: Any = rapidocr.RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Det.model_path": _weights(folder, "det"),
                "Rec.model_path": _weights(folder, "rec"),
                "Det.limit_type": "max",
                "Det.limit_side_len": _MAX_SIDE,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )

    def read(self, image: NDArray[np.uint8]) -> list[TextLine]:
        """Return the lines of text in uint8 RGB (H, W, 3), from the top down."""
        height = image.shape[0]
        found = self._model(np.ascontiguousarray(image[:, :, ::-1]))
        if found.boxes is None or not found.txts:
            return []
        lines = []
        for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True):
            if score >= _MIN_SCORE and len(_letters(text)) > 1:
                xs, ys = np.asarray(corners, float).T / height
                box = BoundingBox(
                    float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())
                )
                lines.append(TextLine(" ".join(text.split()), box))
        return sorted(lines, key=lambda line: line.box.top)


def is_installed() -> bool:
    """Return whether RapidOCR and what runs it are installed, without importing them."""
    return all(importlib.util.find_spec(name) for name in ("rapidocr", "onnxruntime"))


def _weights(folder: Path, task: str) -> str:
    found = sorted(folder.glob(f"*_{task}_*.onnx"))
    if not found:
        raise OSError(f"no weights for {task} in {folder}: install rapidocr again")
    return str(found[0])


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())
