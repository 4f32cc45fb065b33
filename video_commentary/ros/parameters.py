"""ROS parameters made from a settings dataclass, and back."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from ..config.node_settings import NodeSettings
from ..config.plugins import build, problems
from ..config.rules import Rule, check, from_environment, rules

Settings = TypeVar("Settings", bound=NodeSettings)


def describe(rule: Rule, default: Any) -> ParameterDescriptor:
    """Return the descriptor that rqt and `ros2 param describe` show."""
    descriptor = ParameterDescriptor(description=rule.description, read_only=not rule.live)
    if rule.allowed:
        descriptor.additional_constraints = "one of: " + ", ".join(rule.allowed)
    if rule.low is not None and rule.high is not None:
        if isinstance(default, int):
            descriptor.integer_range = [
                IntegerRange(from_value=int(rule.low), to_value=int(rule.high), step=0)
            ]
        else:
            descriptor.floating_point_range = [
                FloatingPointRange(from_value=rule.low, to_value=rule.high, step=0.0)
            ]
    return descriptor


def declare(node: Node, settings: type[Settings]) -> Settings:
    """Declare every setting as a parameter, those of plug-ins too, and return their values.

    A parameter given at start wins over the environment (VIDEO_COMMENTARY_<NAME>), which wins
    over the default. Raise ValueError saying what is allowed. A plug-in that can't be used is
    logged.
    """

    def value(name: str, default: Any, rule: Rule) -> Any:
        default = from_environment(name, default, rule, os.environ)
        listed = isinstance(default, tuple)
        initial = list(default) if listed else default
        declared = node.declare_parameter(name, initial, describe(rule, default)).value
        given = tuple(declared) if listed else declared
        check(name, given, rule)
        return given

    values = build(settings, value)
    if any(rule.plugins for _, rule in rules(settings).values()):
        for problem in problems():
            node.get_logger().warning(problem)
    return values


class LiveParameters:
    """Holds a node's settings and applies changes while it runs.

    `accept` gets the changed settings before they are in force, and raises ValueError to refuse
    them. Changes of read-only parameters are refused by rclpy itself.
    """

    def __init__(
        self, node: Node, settings: Settings, accept: Callable[[Any], None] = lambda _: None
    ) -> None:
        """Apply changes of the parameters of `node`, starting from `settings`."""
        self.settings: Any = settings
        self._accept = accept
        self._rules = rules(type(settings))
        node.add_on_set_parameters_callback(self._set)

    def _set(self, parameters: list[Parameter]) -> SetParametersResult:
        changes = {p.name: p.value for p in parameters if p.name in self._rules}
        try:
            changed = self._checked(changes)
            self._accept(changed)
        except ValueError as error:
            return SetParametersResult(successful=False, reason=str(error))
        self.settings = changed
        return SetParametersResult(successful=True)

    def _checked(self, changes: Mapping[str, Any]) -> Any:
        for name, value in changes.items():
            check(name, value, self._rules[name][1])
        return replace(self.settings, **changes)
