"""Boxes, in units of the picture's height: x runs from 0 to its aspect ratio, y from 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle; one unit is as long across as down, unlike fractions of width and height."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """How wide."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """How high."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Width times height."""
        return self.width * self.height

    @property
    def x(self) -> float:
        """The middle, across."""
        return (self.left + self.right) / 2

    @property
    def y(self) -> float:
        """The middle, down."""
        return (self.top + self.bottom) / 2

    def moved(self, dx: float, dy: float) -> Box:
        """Return it shifted."""
        return Box(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def grown(self, by: float) -> Box:
        """Return it larger by `by` on every side."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def clipped(self, aspect: float) -> Box:
        """Return what of it lies inside the picture."""
        return Box(
            min(max(self.left, 0.0), aspect),
            min(max(self.top, 0.0), 1.0),
            min(max(self.right, 0.0), aspect),
            min(max(self.bottom, 0.0), 1.0),
        )

    def common(self, other: Box) -> float:
        """Return the area both cover."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, across) * max(0.0, down)

    def iou(self, other: Box) -> float:
        """Return intersection over union, 0 to 1."""
        both = self.common(other)
        either = self.area + other.area - both
        return both / either if either > 0 else 0.0

    def covered(self, other: Box) -> float:
        """Return how much of this box `other` covers, 0 to 1."""
        return self.common(other) / self.area if self.area > 0 else 0.0
