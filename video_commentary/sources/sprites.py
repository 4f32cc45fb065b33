"""Sprites of the test scene, drawn so that the built-in detector recognizes them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]
"""RGB, 0 to 255."""
_SCALE = 4  # sprites are drawn larger by this factor and shrunk, for smooth edges


@dataclass(frozen=True, eq=False)
class Sprite:
    """An image with opacity.

    `paint`: RGB times opacity, uint16 (H, W, 3), 0 to 65025. `rest`: 255 minus opacity, uint16
    (H, W, 1).
    """

    paint: NDArray[np.uint16]
    rest: NDArray[np.uint16]

    def onto(self, image: NDArray[np.uint8], x: int, y: int) -> bool:
        """Blend into `image`, upper left corner at x, y; return whether any of it is inside."""
        height, width = self.rest.shape[:2]
        left, top = max(0, x), max(0, y)
        right, bottom = min(image.shape[1], x + width), min(image.shape[0], y + height)
        if left >= right or top >= bottom:
            return False
        part = np.s_[top - y : bottom - y, left - x : right - x]
        under = image[top:bottom, left:right]
        under[:] = (self.paint[part] + under * self.rest[part]) // 255
        return True


class _Canvas:
    """Draws shapes with coordinates in `unit` pixels, x from the middle and y from the top."""

    def __init__(self, height: int, width: int, unit: int) -> None:
        self._unit = unit * _SCALE
        self._middle = width * _SCALE / 2
        shape = (height * _SCALE, width * _SCALE)
        self._rgb = np.zeros((*shape, 3), np.uint8)
        self._opacity = np.zeros(shape, np.uint8)

    def _pixel(self, point: tuple[float, float]) -> tuple[int, int]:
        return round(self._middle + point[0] * self._unit), round(point[1] * self._unit)

    def polygon(self, points: list[tuple[float, float]], colour: Colour) -> None:
        corners = [np.array([self._pixel(point) for point in points], np.int32)]
        cv2.fillPoly(self._rgb, corners, colour)
        cv2.fillPoly(self._opacity, corners, (255,))

    def ellipse(
        self,
        at: tuple[float, float],
        axes: tuple[float, float],
        colour: Colour,
        arc: tuple[float, float] = (0, 360),
    ) -> None:
        size = round(axes[0] * self._unit), round(axes[1] * self._unit)
        cv2.ellipse(self._rgb, self._pixel(at), size, 0, *arc, colour, -1)
        cv2.ellipse(self._opacity, self._pixel(at), size, 0, *arc, (255,), -1)

    def limb(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        widths: tuple[float, float],
        colour: Colour,
    ) -> None:
        """Draw a line with round ends, whose width changes from the first to the second."""
        along = np.subtract(end, start)
        across = np.array([-along[1], along[0]]) / (np.hypot(*along) or 1.0) / 2
        corners = [
            np.add(start, across * widths[0]),
            np.add(end, across * widths[1]),
            np.subtract(end, across * widths[1]),
            np.subtract(start, across * widths[0]),
        ]
        self.polygon([(float(x), float(y)) for x, y in corners], colour)
        for point, width in ((start, widths[0]), (end, widths[1])):
            self.ellipse(point, (width / 2, width / 2), colour)

    def sprite(self, *, mirrored: bool) -> Sprite:
        """Return the drawing, lit from the upper left, and mirrored if asked for."""
        height, width = self._opacity.shape
        size = width // _SCALE, height // _SCALE
        rgb = np.asarray(cv2.resize(self._rgb, size, interpolation=cv2.INTER_AREA))
        opacity = np.asarray(cv2.resize(self._opacity, size, interpolation=cv2.INTER_AREA))
        across, down = np.linspace(1.1, 0.8, size[0]), np.linspace(1.05, 0.9, size[1])
        light = np.outer(down, across)[:, :, None]
        rgb = np.clip(rgb * light, 0, opacity[:, :, None]).astype(np.uint8)
        if mirrored:
            rgb, opacity = rgb[:, ::-1], opacity[:, ::-1]
        # rgb is multiplied by opacity already: it fades to the black canvas at the edges.
        paint = rgb.astype(np.uint16) * np.uint16(255)
        return Sprite(paint, (255 - opacity)[:, :, None].astype(np.uint16))


@dataclass(frozen=True)
class PersonColours:
    """The colours of a person."""

    coat: Colour
    trousers: Colour
    hair: Colour
    skin: Colour = (214, 170, 140)


def _dim(colour: Colour, by: float) -> Colour:
    return int(colour[0] * by), int(colour[1] * by), int(colour[2] * by)


def _from(point: tuple[float, float], angle: float, length: float) -> tuple[float, float]:
    """Return the end of a limb: `length` below `point`, swung forward by `angle` radians."""
    return point[0] + float(np.sin(angle)) * length, point[1] + float(np.cos(angle)) * length


def person(height: int, clothes: PersonColours, phase: float, *, mirrored: bool = False) -> Sprite:
    """Draw a person `height` pixels tall who walks right, at `phase` radians of the gait."""
    canvas = _Canvas(height, round(height * 0.7), height)
    hip, shoulder, head = (0.0, 0.50), (0.01, 0.215), (0.03, 0.09)

    def leg(at: float, shade: float) -> None:
        swing = 0.40 * float(np.sin(at))
        bend = 0.10 + 0.85 * max(0.0, float(np.cos(at)))  # the foot is lifted on its way forward
        knee = _from(hip, swing, 0.235)
        foot = _from(knee, swing - bend, 0.215)
        canvas.limb(hip, knee, (0.105, 0.075), _dim(clothes.trousers, shade))
        canvas.limb(knee, foot, (0.075, 0.05), _dim(clothes.trousers, shade))
        heel = (foot[0] - 0.01, foot[1] + 0.012)
        canvas.limb(heel, (heel[0] + 0.07, heel[1] + 0.006), (0.04, 0.03), (35, 30, 30))

    def arm(at: float, shade: float) -> None:
        swing = -0.55 * float(np.sin(at))
        top = (shoulder[0], shoulder[1] + 0.02)
        elbow = _from(top, swing, 0.15)
        hand = _from(elbow, swing + 0.45, 0.13)
        canvas.limb(top, elbow, (0.06, 0.05), _dim(clothes.coat, shade))
        canvas.limb(elbow, hand, (0.05, 0.04), _dim(clothes.coat, shade))
        canvas.limb(hand, (hand[0] + 0.006, hand[1] + 0.018), (0.034, 0.03), clothes.skin)

    arm(phase + np.pi, 0.7)
    leg(phase + np.pi, 0.7)
    leg(phase, 1.0)
    canvas.limb(hip, (0.0, 0.46), (0.115, 0.125), clothes.trousers)
    canvas.limb((0.0, 0.47), (shoulder[0], shoulder[1] + 0.02), (0.125, 0.145), clothes.coat)
    canvas.limb((0.02, 0.18), (0.025, 0.13), (0.05, 0.05), _dim(clothes.skin, 0.85))
    canvas.ellipse(head, (0.052, 0.066), clothes.skin)
    canvas.ellipse((head[0] - 0.012, head[1] - 0.02), (0.056, 0.056), clothes.hair, (150, 330))
    arm(phase, 1.0)
    return canvas.sprite(mirrored=mirrored)


def car(height: int, colour: Colour, *, mirrored: bool = False) -> Sprite:
    """Draw a saloon car `height` pixels high that faces right."""
    canvas = _Canvas(height, round(height * 3.4), height)
    glass, dark = (70, 90, 105), (25, 25, 28)
    body = [(-1.55, 0.80), (-1.58, 0.50), (-1.45, 0.40), (-0.95, 0.36), (-0.55, 0.06)]
    body += [(0.35, 0.06), (0.75, 0.38), (1.35, 0.47), (1.55, 0.58), (1.58, 0.80)]
    canvas.polygon(body, colour)
    canvas.polygon([(-0.80, 0.36), (-0.50, 0.12), (-0.10, 0.12), (-0.10, 0.36)], glass)
    canvas.polygon([(-0.03, 0.36), (-0.03, 0.12), (0.32, 0.12), (0.60, 0.36)], glass)
    canvas.polygon([(-1.58, 0.72), (1.58, 0.72), (1.58, 0.82), (-1.58, 0.82)], _dim(colour, 0.55))
    canvas.limb((-0.065, 0.38), (-0.065, 0.72), (0.012, 0.012), _dim(colour, 0.6))
    canvas.limb((-0.32, 0.45), (-0.22, 0.45), (0.03, 0.03), _dim(colour, 0.5))
    canvas.ellipse((1.50, 0.58), (0.07, 0.05), (250, 245, 215))
    canvas.ellipse((-1.54, 0.52), (0.05, 0.06), (150, 20, 20))
    for x in (-0.95, 0.98):
        canvas.ellipse((x, 0.78), (0.235, 0.235), _dim(colour, 0.35))
        canvas.ellipse((x, 0.79), (0.20, 0.20), dark)
        canvas.ellipse((x, 0.79), (0.11, 0.11), (165, 168, 172))
        canvas.ellipse((x, 0.79), (0.04, 0.04), dark)
    return canvas.sprite(mirrored=mirrored)
