"""Where one frame is in another: the newest transforms of /tf and /tf_static, composed.

What tf2's buffer does, for the newest time only and without its C++ extension.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MAX_FRAMES = 2000
"""Frames kept; of more, those that came last are left out."""
Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]


@dataclass(frozen=True)
class Transform:
    """A frame in its parent: where its origin is, metres, and its rotation, x y z w.

    The rotation is made one of length 1. Raise ValueError if that can't be done.
    """

    translation: Vector
    rotation: Quaternion

    def __post_init__(self) -> None:
        length = math.hypot(*self.rotation)
        if not all(map(math.isfinite, (*self.translation, length))) or length < 1e-9:
            raise ValueError(f"{self}: no transform has these numbers")
        x, y, z, w = self.rotation
        object.__setattr__(self, "rotation", (x / length, y / length, z / length, w / length))

    @property
    def yaw(self) -> float:
        """The rotation about the z axis, radians."""
        x, y, z, w = self.rotation
        return math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))

    def of(self, inner: Transform) -> Transform:
        """Return a frame, given in this one, in the parent of this one."""
        moved = _rotated(self.rotation, inner.translation)
        x, y, z = (a + b for a, b in zip(self.translation, moved, strict=True))
        return Transform((x, y, z), _product(self.rotation, inner.rotation))

    def inverse(self) -> Transform:
        """Return the parent in this frame."""
        x, y, z, w = self.rotation
        back = (-x, -y, -z, w)
        dx, dy, dz = _rotated(back, self.translation)
        return Transform((-dx, -dy, -dz), back)


IDENTITY = Transform((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))


@dataclass(frozen=True)
class _Edge:
    parent: str
    transform: Transform
    static: bool


@dataclass(frozen=True)
class FrameChain:
    """How one frame lies in another: `transform`, and the parents of the frames it is made of.

    `static`: all of their transforms are.
    """

    transform: Transform
    parents: dict[str, str]
    static: bool


class TransformTree:
    """The newest transform of each frame; names without a leading "/". For one thread."""

    def __init__(self) -> None:
        self._edges: dict[str, _Edge] = {}

    def set(self, parent: str, child: str, transform: Transform, static: bool) -> None:
        """Place a frame, `child`, in another one. What can't be is left out."""
        known = child in self._edges or len(self._edges) < MAX_FRAMES
        if parent and child and parent != child and known:
            self._edges[child] = _Edge(parent, transform, static)

    def find(self, target: str, source: str) -> FrameChain | None:
        """Return how `source` lies in `target`; None if nothing joins them."""
        up, down = self._path(source), self._path(target)
        common = next((frame for frame in up if frame in down), None)
        if common is None:
            return None
        up, down = up[: up.index(common)], down[: down.index(common)]
        transform = self._composed(down).inverse().of(self._composed(up))
        edges = {frame: self._edges[frame] for frame in (*up, *down)}
        parents = {frame: edge.parent for frame, edge in edges.items()}
        return FrameChain(transform, parents, all(edge.static for edge in edges.values()))

    def _path(self, frame: str) -> list[str]:
        """Return a frame and those that it lies in, the root last."""
        path = [frame]
        while (edge := self._edges.get(path[-1])) and edge.parent not in path:
            path.append(edge.parent)
        return path

    def _composed(self, path: list[str]) -> Transform:
        """Return the first frame of a path in the parent of its last."""
        whole = IDENTITY
        for frame in path:
            whole = self._edges[frame].transform.of(whole)
        return whole


def _product(a: Quaternion, b: Quaternion) -> Quaternion:
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def _rotated(rotation: Quaternion, vector: Vector) -> Vector:
    x, y, z, w = rotation
    rx, ry, rz, _ = _product(_product(rotation, (*vector, 0.0)), (-x, -y, -z, w))
    return rx, ry, rz
