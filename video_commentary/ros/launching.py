"""Launch descriptions made from the table in config/launch_plan.py."""

from __future__ import annotations

import os
from functools import partial

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction, UnsetLaunchConfiguration
from launch_ros.actions import Node

from ..config.launch_plan import Argument, arguments, launch_plan, ros_arguments, target_environment
from ..config.paths import PACKAGE, share_dir
from ..config.process_env import for_images


def describe(target: str) -> LaunchDescription:
    """Return what starts `target`: its arguments, and its nodes with those that were given."""
    declared = map(_declare, arguments(target).values())
    return LaunchDescription([*declared, OpaqueFunction(function=partial(_start, target))])


def _declare(argument: Argument) -> DeclareLaunchArgument:
    # Empty means not given: then the parameters file, the environment and the default decide.
    default = f" (default: {argument.default})" if argument.default else ""
    return DeclareLaunchArgument(
        argument.name, default_value="", description=argument.description + default
    )


def _start(target: str, context: LaunchContext) -> list[LaunchDescriptionEntity]:
    configured = context.launch_configurations
    known = arguments(target, configured)
    given = {name: configured[name] for name in known if configured.get(name)}
    # An include isn't a scope: our empty log_level would reach whatever is included after us.
    unset = [UnsetLaunchConfiguration(name) for name in known if name not in given]
    environment = target_environment(target, given, os.environ)
    environment |= for_images({**os.environ, **environment}, share_dir() / "config")
    nodes = [
        Node(
            package=PACKAGE,
            executable=start.node,
            name=start.node,
            namespace=given.get("namespace", ""),
            arguments=ros_arguments(start, given),
            additional_env=environment,
            output="both",
            emulate_tty=True,
            # A node that hangs ends itself (see ros/running.py), and configures itself.
            respawn=True,
            respawn_delay=5.0,
        )
        for start in launch_plan(target, given)
    ]
    return [*nodes, *unset]
