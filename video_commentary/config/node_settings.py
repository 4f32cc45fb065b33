"""What the settings of all nodes have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

S = TypeVar("S")


@dataclass(frozen=True)
class NodeSettings:
    """The base of each node's settings.

    `plugins`: the settings of the engines, voices or sources that the node can use, one object
    each.
    """

    plugins: tuple[object, ...] = field(default=(), kw_only=True)

    def of(self, kind: type[S]) -> S:
        """Return the plug-in settings of this class; its defaults if there are none."""
        for its in self.plugins:
            if isinstance(its, kind):
                return its
        return kind()
