"""What the tools that run an engine without a node share: settings from the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..config.launch_plan import launch_plan
from ..config.plugins import build
from ..config.rules import Rule, from_environment
from ..config.settings import CommentatorSettings

_NODES_ONLY = ("namespace", "params_file", "log_level")


def settings_of(arguments: Sequence[str]) -> CommentatorSettings:
    """Return settings from the environment and, above it, name:=value texts; of one camera.

    Raise ValueError that names what is wrong.
    """
    given = {}
    for argument in arguments:
        name, mark, text = argument.partition(":=")
        if not mark:
            raise ValueError(f"{argument}: write settings as name:=value")
        if name in _NODES_ONLY:
            raise ValueError(f"{name}: only nodes have it; give single settings")
        given[name] = text
    (start,) = launch_plan("commentator", given)

    def value(name: str, default: Any, rule: Rule) -> Any:
        chosen = start.parameters.get(name)
        if chosen is None:
            return from_environment(name, default, rule, os.environ)
        return tuple(chosen) if isinstance(chosen, list) else chosen

    return replace(build(CommentatorSettings, value), image_topics=("recording",))


def command_line(words: Sequence[str] | None) -> list[str]:
    """Return the program's own arguments, without what `ros2 run` adds for ROS itself."""
    given = list(sys.argv[1:] if words is None else words)
    return given[: given.index("--ros-args")] if "--ros-args" in given else given
