"""The built-in test scene: a street where people walk, a car passes and the light changes.

A frame depends on its index alone, so tests know what is visible when.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .frame_counter import draw_clock, draw_index
from .reader import SourceFrame
from .sprites import Colour, PersonColours, Sprite, car, person
from .street import street

CYCLE = 60.0
"""Seconds after which everything but the clock repeats."""
_PERSON_HEIGHT, _CAR_HEIGHT = 0.42, 0.19  # of the image
_GAIT_PHASES = 24  # drawn
_STRIDE = 0.8  # of a person's height, two steps
_NOISE = 2.0  # the camera's, standard deviation in grey levels


Corners = tuple[tuple[float, float], ...]
"""(second, value) pairs, interpolated linearly."""


@dataclass(frozen=True)
class Actor:
    """A person with `clothes`, or without them a car of this `colour`, that crosses the scene.

    `path`: x over time, as a fraction of the image's width. `feet`: y of its lower edge, as a
    fraction of the image's height.
    """

    name: str
    path: Corners
    feet: float
    clothes: PersonColours | None = None
    colour: Colour = (180, 40, 40)


RED = PersonColours(coat=(190, 40, 40), trousers=(45, 55, 85), hair=(60, 40, 25))
BLUE = PersonColours(coat=(40, 90, 150), trousers=(60, 60, 60), hair=(30, 25, 25))
GREEN = PersonColours(coat=(70, 120, 70), trousers=(120, 100, 80), hair=(120, 90, 50))

ACTORS = (
    Actor("car", ((19.0, 1.4), (25.0, -0.4)), feet=0.66),
    Actor(
        "person in green",
        ((28.0, 1.15), (36.0, 0.62), (41.0, 0.62), (49.0, -0.15)),
        feet=0.84,
        clothes=GREEN,
    ),
    Actor("person in red", ((5.0, -0.15), (17.0, 1.15)), feet=0.88, clothes=RED),
    Actor(
        "person in blue",
        ((29.0, -0.15), (36.0, 0.42), (41.0, 0.42), (49.0, 1.15)),
        feet=0.90,
        clothes=BLUE,
    ),
)
"""The farthest from the camera first, because the nearer are drawn over it."""
LIGHT = ((0.0, 1.0), (51.0, 1.0), (52.0, 0.45), (56.0, 0.45), (57.0, 1.0), (CYCLE, 1.0))
"""Brightness over time, 1 for full: a cloud passes."""


class StreetScene:
    """A Reader of the test scene, `width` by `height` pixels at `fps`; `clock` draws the time."""

    live = False

    def __init__(self, width: int, height: int, fps: float, *, clock: bool = False) -> None:
        self._size = width, height
        self._fps = fps
        self._clock = clock
        self._index = 0
        self._street: NDArray[np.uint8] | None = None
        self._noise: list[NDArray[np.int16]] = []
        self._sprites: dict[tuple[str, int, bool], Sprite] = {}

    @property
    def description(self) -> str:
        """The scene's name."""
        return "the built-in test scene"

    def open(self) -> None:
        """Paint the background and the noise."""
        width, height = self._size
        self._street = street(width, height)
        random = np.random.default_rng(2)
        self._noise = [
            random.normal(0, _NOISE, (height, width, 1)).round().astype(np.int16).repeat(3, axis=2)
            for _ in range(4)
        ]
        self._index = 0

    def read(self) -> SourceFrame:
        """Return the next frame; the scene never ends."""
        frame = SourceFrame(self._index / self._fps, self.frame(self._index)[0])
        self._index += 1
        return frame

    def frame(self, index: int) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
        """Return frame `index`, uint8 RGB (H, W, 3), and the names of the actors visible in it."""
        if self._street is None:
            self.open()
        assert self._street is not None
        image = self._street.copy()
        second = index / self._fps % CYCLE
        seen = tuple(actor.name for actor in ACTORS if self._place(actor, second, image))
        brightness = _along(LIGHT, second)
        if brightness < 1:
            cv2.convertScaleAbs(image, image, brightness)
        noise = self._noise[index % len(self._noise)]
        cv2.add(image, noise, image, dtype=cv2.CV_8U)
        draw_index(image, index)
        if self._clock:
            draw_clock(image, index / self._fps)
        return image, seen

    def close(self) -> None:
        """Free the painted images."""
        self._street = None
        self._noise = []
        self._sprites = {}

    def _place(self, actor: Actor, second: float, image: NDArray[np.uint8]) -> bool:
        if not actor.path[0][0] <= second <= actor.path[-1][0]:
            return False
        width, height = self._size
        start, end = actor.path[0][1], actor.path[-1][1]
        x = _along(actor.path, second)
        sprite = self._sprite(actor, abs(x - start) * width, end < start)
        tall, wide = sprite.rest.shape[:2]
        return sprite.onto(image, round(x * width - wide / 2), round(actor.feet * height - tall))

    def _sprite(self, actor: Actor, walked: float, leftwards: bool) -> Sprite:
        tall = round((_PERSON_HEIGHT if actor.clothes else _CAR_HEIGHT) * self._size[1])
        step = int(walked / (_STRIDE * tall) * _GAIT_PHASES) % _GAIT_PHASES if actor.clothes else 0
        key = actor.name, step, leftwards
        if key not in self._sprites:
            self._sprites[key] = (
                person(tall, actor.clothes, 2 * math.pi * step / _GAIT_PHASES, mirrored=leftwards)
                if actor.clothes
                else car(tall, actor.colour, mirrored=leftwards)
            )
        return self._sprites[key]


def _along(corners: Corners, second: float) -> float:
    """Return the value at `second`, interpolated between `corners`."""
    times, values = np.array(corners).T
    return float(np.interp(second, times, values))
