"""Where the robot's frame lies in a fixed one, from the transforms as they come."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from ..core.location import PlanarPose
from ..core.stamp import Stamp
from .location_history import NEAREST, PERIOD, LocationHistory
from .transforms import FrameChain, Transform, TransformTree


class PoseTracker:
    """Follows a frame in the first of the fixed frames that transforms join it to.

    A transform of /tf that is not renewed for 10 s counts no longer: a localization that has ended
    gives way to odometry. Times are this machine's, at arrival: the stamps of one chain differ,
    and may lie in the future. For one thread.
    """

    def __init__(self, fixed: tuple[str, ...], robot: str) -> None:
        """Prefer the earlier ones of `fixed`."""
        self._fixed = tuple(frame.lstrip("/") for frame in fixed)
        self._robot = robot.lstrip("/")
        self._tree = TransformTree()
        self._renewed: dict[str, Stamp] = {}
        self._history: LocationHistory[PlanarPose] = LocationHistory()
        self._patterns: dict[str, re.Pattern[bytes]] = {}
        self._missing: tuple[str, ...] = self._fixed

    def wants(self, message: bytes, time: Stamp) -> bool:
        """Return whether a serialized message of /tf may matter, without reading it.

        Robots publish hundreds of transforms a second; those of the chain matter, a few times a
        second.
        """
        if len(self._missing) == len(self._fixed):
            return True
        return any(
            pattern.search(message)
            for frame, pattern in self._patterns.items()
            if not 0 <= time - self._renewed[frame] < PERIOD
        ) or any(frame.encode() in message for frame in self._missing)

    def add(
        self, transforms: Iterable[tuple[str, str, Transform]], static: bool, time: Stamp
    ) -> None:
        """Take transforms: parent, child, and the child in the parent."""
        for parent, name, transform in transforms:
            child = name.lstrip("/")
            self._tree.set(parent.lstrip("/"), child, transform, static)
            if static:
                self._renewed.pop(child, None)
            else:
                self._renewed[child] = time
        if not self._history.wants(time):
            return
        fixed, chain = self._chain(time)
        if chain is None:
            self._missing = self._fixed
            return
        self._missing = self._fixed[: self._fixed.index(fixed)]
        parents = chain.parents.items()
        self._patterns = {
            frame: _pattern(parent, frame) for frame, parent in parents if frame in self._renewed
        }
        self._history.add(time, _pose(fixed, chain))

    def find(self, time: Stamp) -> PlanarPose | None:
        """Return where the robot was at a time of the last half minute, None if unknown."""
        if pose := self._history.find(time):
            return pose
        fixed, chain = self._chain(time)
        return _pose(fixed, chain) if chain and chain.static else None

    def _chain(self, time: Stamp) -> tuple[str, FrameChain | None]:
        for fixed in self._fixed:
            chain = self._tree.find(fixed, self._robot)
            if chain and all(
                abs(time - self._renewed[frame]) <= NEAREST
                for frame in chain.parents
                if frame in self._renewed
            ):
                return fixed, chain
        return "", None


@lru_cache(maxsize=64)
def _pattern(parent: str, child: str) -> re.Pattern[bytes]:
    """Return what finds a transform in a serialized message: two strings with the second's length.

    Up to 3 bytes align the length.
    """
    names = re.escape(parent.encode()), re.escape(child.encode())
    return re.compile(rb"%b\0.{4,7}/?%b\0" % names, re.DOTALL)


def _pose(frame: str, chain: FrameChain) -> PlanarPose:
    x, y, _ = chain.transform.translation
    return PlanarPose(frame=frame, x=x, y=y, yaw=chain.transform.yaw)
