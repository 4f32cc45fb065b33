"""How much, and where, the scene changed: tile by tile, so that a hand counts as much as a crowd.

A mean over the whole picture drowns small things in noise. Here the picture is reduced to small
cells; each is compared with what it showed before, after the drift of the exposure is taken out,
and the difference is measured in multiples of the cell's own noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from .frames import Frame
from .stamp import Stamp

Box = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions of the picture."""

Cells = NDArray[np.float32]
"""Mean colours, shape [rows, columns, 3], 0 to 255."""

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)

_COLUMNS = 80  # cells across: 8 pixels of a picture 640 wide, half of a face at 5 m
_SAMPLES = 4  # pixels a cell is sampled at, each way
_SIGMAS = 7.0  # of noise that score 1 stands for: not reached by chance in a day of frames
_LEVELS = 4.0  # grey levels that score 1 stands for at least, without noise
_MIN_NOISE, _MAX_NOISE = 0.3, 5.0  # grey levels: bounds of a cell's noise
_SUBSAMPLE = 7  # every 7th value is enough for a median; prime to the colours and columns
_WIDE = 0.02  # of the tiles: more than this is no small change
_LIGHT = 0.25  # of the brightness from frame to frame: a lamp, not an automatic exposure
_HALF = np.float32(0.5)


class Intensity(IntEnum):
    """How much there is to say, by how much changed."""

    NONE = 0
    BRIEF = 1
    NORMAL = 2


@dataclass(frozen=True)
class Change:
    """What differs from before.

    `score`: the most changed tile, 1 where a change is certain at the default threshold.
    `box`: around all changed tiles; None if nothing changed.
    """

    score: float
    intensity: Intensity
    box: Box | None


class ChangeDetector:
    """Compares each frame of one camera with those before.

    `threshold`: the score that counts as change; may be set at any time. Pure numpy.
    """

    def __init__(self, threshold: float = 1.0) -> None:
        """Start empty: the first frame is all change."""
        self.threshold = threshold
        self._cells: Cells | None = None
        self._shape: tuple[int, ...] = ()
        self._stamp: Stamp = 0
        self._noise: float | None = None
        self._flicker: NDArray[np.float32] | None = None

    def observe(self, frame: Frame) -> Change:
        """Add the next frame and return what changed since the previous one.

        After a stamp that jumps backwards, or with another picture size, it starts over.
        """
        seen = cells(frame.image)
        before, shape, stamp = self._cells, self._shape, self._stamp
        self._shape, self._stamp = frame.image.shape, frame.stamp
        if before is None or shape != frame.image.shape or frame.stamp < stamp:
            self._cells = seen
            self._flicker = np.zeros(seen.shape[:2], np.float32)
            return Change(float("inf"), Intensity.NORMAL, WHOLE)
        gain, offset = drift(before, seen)
        # What is black or white on one side says nothing about the gain there.
        expected = np.clip(before * gain + offset, 0, 255)
        scores = self._scores(seen, expected)
        self._follow(seen, expected, scores)
        return self._change(scores, abs(float(np.log((seen.mean() + 8) / (before.mean() + 8)))))

    def _scores(self, seen: Cells, expected: Cells) -> NDArray[np.float32]:
        """Return each tile's score; a tile is two by two cells, and they overlap."""
        assert self._flicker is not None
        differences = seen - expected
        # At least half of the cells are still unless the camera moves; then noise says nothing.
        spread = 1.4826 * float(np.median(np.abs(differences.ravel()[::_SUBSAMPLE])))
        noise = spread if self._noise is None else self._noise
        noise += (0.3 if spread < noise else 0.02) * (spread - noise)
        self._noise = min(max(noise, _MIN_NOISE), _MAX_NOISE)
        tiles = np.abs(_tiles(differences)).max(axis=2)
        noise_here = np.maximum(self._noise / 2, _tiles(self._flicker))
        scores: NDArray[np.float32] = tiles / np.maximum(_SIGMAS * noise_here, _LEVELS)
        return scores

    def _follow(self, seen: Cells, expected: Cells, scores: NDArray[np.float32]) -> None:
        """Learn what the scene looks like now, and which cells are never quiet (leaves, water)."""
        assert self._flicker is not None and self._noise is not None
        changed = np.zeros(seen.shape[:2], bool)
        _spread(changed, scores >= min(1.0, self.threshold))
        # Slow changes add up against a slow memory; what has changed is known from now on.
        rate = np.where(changed, 1.0, 0.3).astype(np.float32)[:, :, None]
        self._cells = expected + rate * (seen - expected)
        busy = np.minimum(np.abs(seen - expected).max(axis=2), 3 * self._noise)
        self._flicker += 0.05 * (busy / 3 - self._flicker)

    def _change(self, scores: NDArray[np.float32], light: float) -> Change:
        score = max(float(scores.max()), light / _LIGHT)
        if score < self.threshold:
            return Change(score, Intensity.NONE, None)
        changed = scores >= self.threshold
        wide = light / _LIGHT >= self.threshold or float(changed.mean()) >= _WIDE
        intensity = Intensity.NORMAL if wide else Intensity.BRIEF
        return Change(score, intensity, _box(changed) if changed.any() else WHOLE)


def cells(image: NDArray[np.uint8]) -> Cells:
    """Reduce uint8 RGB [H, W, 3] of any size to some 80 columns of square cells' means."""
    step = max(1, round(image.shape[1] / (_COLUMNS * _SAMPLES)))
    side = max(1, min(_SAMPLES, image.shape[0] // step, image.shape[1] // step))
    sampled = image[::step, ::step]
    rows, columns = sampled.shape[0] // side, sampled.shape[1] // side
    whole = sampled[: rows * side, : columns * side]
    # Rows first, in integers that can't overflow: many times faster than a mean over two axes.
    lines = whole.reshape(rows, side, -1).sum(axis=1, dtype=np.uint16)
    sums = lines.reshape(rows, columns, side, 3).sum(axis=2, dtype=np.uint16)
    means: Cells = sums.astype(np.float32) / np.float32(side * side)
    return means


def drift(before: Cells, after: Cells) -> tuple[float, float]:
    """Return the gain and offset that take most of `before` to `after`.

    Least squares over what agrees (three rounds), so that moving things are ignored.
    """
    x, y = before.ravel()[::_SUBSAMPLE], after.ravel()[::_SUBSAMPLE]
    usable = (x > 4) & (x < 251) & (y > 4) & (y < 251)
    x, y = x[usable], y[usable]
    if len(x) < 8:
        return 1.0, 0.0
    gain, offset = 1.0, float(np.median(y - x))
    for _ in range(3):
        errors = np.abs(y - gain * x - offset)
        agree = errors <= 3 * float(np.median(errors)) + 0.5
        near_x, near_y = x[agree], y[agree]
        middle_x, middle_y = float(near_x.mean()), float(near_y.mean())
        centred = near_x - middle_x
        power = float(centred @ centred)
        if power < len(near_x):  # of one colour: only the offset can be measured
            gain = 1.0
        else:
            gain = min(max(float(centred @ (near_y - middle_y)) / power, 0.25), 4.0)
        offset = middle_y - gain * middle_x
    return gain, offset


def _tiles(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the means of two by two neighbours; a line of one is taken as it is."""
    if len(values) > 1:
        values = (values[:-1] + values[1:]) * _HALF
    if values.shape[1] > 1:
        values = (values[:, :-1] + values[:, 1:]) * _HALF
    return values


def _spread(cells_: NDArray[np.bool_], tiles: NDArray[np.bool_]) -> None:
    """Mark in `cells_` all cells of the marked tiles."""
    rows, columns = tiles.shape
    for down in range(cells_.shape[0] - rows + 1):
        for across in range(cells_.shape[1] - columns + 1):
            cells_[down : down + rows, across : across + columns] |= tiles


def _box(changed: NDArray[np.bool_]) -> Box:
    rows, columns = changed.shape
    across, down = np.flatnonzero(changed.any(axis=0)), np.flatnonzero(changed.any(axis=1))
    # A tile overlaps its right and lower neighbours: n tiles cover n + 1 cells.
    return (
        float(across[0]) / (columns + 1),
        float(down[0]) / (rows + 1),
        min(1.0, float(across[-1] + 2) / (columns + 1)),
        min(1.0, float(down[-1] + 2) / (rows + 1)),
    )
