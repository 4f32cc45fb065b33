"""What the tools that run an engine without a node share: settings from the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ..config.launch_plan import plan
from ..config.rules import from_environment
from ..config.settings import CommentatorSettings

_OF_NODES = ("namespace", "params_file", "log_level")


def settings_of(arguments: Sequence[str]) -> CommentatorSettings:
    """Return settings from the environment and, above it, name:=value texts; of one camera.

    Raise ValueError that names what is wrong.
    """
    given = {}
    for argument in arguments:
        name, mark, value = argument.partition(":=")
        if not mark:
            raise ValueError(f"{argument}: write settings as name:=value")
        if name in _OF_NODES:
            raise ValueError(f"{name}: that is for nodes; give single settings")
        given[name] = value
    (start,) = plan("commentator", given)
    values = from_environment(CommentatorSettings, os.environ) | start.parameters
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return CommentatorSettings(**(values | lists | {"image_topics": ("recording",)}))


def command_line(words: Sequence[str] | None) -> list[str]:
    """Return the program's own arguments, without what `ros2 run` adds for ROS itself."""
    given = list(sys.argv[1:] if words is None else words)
    return given[: given.index("--ros-args")] if "--ros-args" in given else given
