"""What waits while somebody speaks to the robot."""

from __future__ import annotations

from enum import Enum, auto


class Hold(Enum):
    """What waits because somebody speaks to the robot: comments only, or answers and alerts too."""

    NOTHING = auto()
    COMMENTS = auto()
    EVERYTHING = auto()
