"""Bounding boxes, in units of the image height: x runs from 0 to the aspect ratio, y from 0 to 1.

One unit has the same length across and down, which fractions of width and height would not have.
"""

from __future__ import annotations

from dataclasses import dataclass

BORDER_MARGIN = 0.025
"""Image heights from a border within which a box's edge is the image's, not the object's."""


@dataclass(frozen=True)
class BoundingBox:
    """An axis-aligned rectangle, in image heights."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Width, in image heights."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height, in image heights."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Area, in squared image heights."""
        return self.width * self.height

    @property
    def center_x(self) -> float:
        """The center's x, in image heights."""
        return (self.left + self.right) / 2

    @property
    def center_y(self) -> float:
        """The center's y, in image heights."""
        return (self.top + self.bottom) / 2

    def shifted(self, dx: float, dy: float) -> BoundingBox:
        """Return the box moved by `dx` and `dy`."""
        return BoundingBox(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def expanded(self, margin: float) -> BoundingBox:
        """Return the box grown by `margin` on every side."""
        return BoundingBox(
            self.left - margin, self.top - margin, self.right + margin, self.bottom + margin
        )

    def clipped(self, aspect: float) -> BoundingBox:
        """Return the part of the box inside an image of this aspect ratio (width / height)."""
        return BoundingBox(
            min(max(self.left, 0.0), aspect),
            min(max(self.top, 0.0), 1.0),
            min(max(self.right, 0.0), aspect),
            min(max(self.bottom, 0.0), 1.0),
        )

    def intersection(self, other: BoundingBox) -> float:
        """Return the area that both boxes cover."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, across) * max(0.0, down)

    def iou(self, other: BoundingBox) -> float:
        """Return the intersection over union, 0 to 1."""
        both = self.intersection(other)
        union = self.area + other.area - both
        return both / union if union > 0 else 0.0

    def covered_by(self, other: BoundingBox) -> float:
        """Return the share of this box that `other` covers, 0 to 1."""
        return self.intersection(other) / self.area if self.area > 0 else 0.0


def cut_edges(box: BoundingBox, aspect: float) -> frozenset[str]:
    """Return which of left, right, bottom and top an image of this width / height cuts off."""
    edges = {
        "left": box.left < BORDER_MARGIN,
        "right": box.right > aspect - BORDER_MARGIN,
        "bottom": box.bottom > 1 - BORDER_MARGIN,
        "top": box.top < BORDER_MARGIN,
    }
    return frozenset(edge for edge, cut in edges.items() if cut)
