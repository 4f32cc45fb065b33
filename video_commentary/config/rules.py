"""What a setting may be: its rule next to its default, checked and read from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from .registry import Registry

ENV_PREFIX = "VIDEO_COMMENTARY_"


@dataclass(frozen=True)
class Rule:
    """What a setting means and allows.

    `low`, `high`: inclusive bounds of a number. `choices`: the only values allowed, if any.
    `live`: may change while the node runs. `plugins`: the registry whose plug-ins it chooses from.
    """

    description: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    live: bool = False
    plugins: Registry | None = None

    @property
    def allowed(self) -> tuple[str, ...]:
        """The values allowed, for people; empty if they are not a list."""
        return self.choices if self.plugins is None else self.plugins.allowed

    def accepts(self, value: Any) -> bool:
        """Return whether `value` is one of those allowed, if they are a list."""
        if not self.allowed:
            return True
        return value in self.choices if self.plugins is None else self.plugins.accepts(value)


def setting(
    default: Any,
    description: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    live: bool = False,
    plugins: Registry | None = None,
) -> Any:
    """Declare a dataclass field with its rule.

    `default` gives the type: bool, int, float, str, or a tuple of str.
    """
    rule = Rule(description, low, high, choices, live, plugins)
    return field(default=default, metadata={"rule": rule})


@dataclass(frozen=True)
class NoSettings:
    """The settings of a plug-in that has none."""


def rules(settings: type) -> dict[str, tuple[Any, Rule]]:
    """Return the default and rule of each setting by name; a plug-in's settings are not included.

    `plugins.all_rules` includes them.
    """
    return {
        f.name: (f.default, f.metadata["rule"]) for f in fields(settings) if "rule" in f.metadata
    }


def check(name: str, value: Any, rule: Rule) -> None:
    """Raise ValueError, saying what is allowed, if `value` breaks its rule."""
    if not rule.accepts(value):
        raise ValueError(f"{name}: {value!r} is not one of {', '.join(rule.allowed)}")
    if rule.low is not None and value < rule.low or rule.high is not None and value > rule.high:
        raise ValueError(f"{name}: {value} is outside {rule.low} to {rule.high}")


def parse(text: str, default: Any) -> Any:
    """Read the text of an argument or environment variable as the type of `default`.

    Lists are separated by commas. Raise ValueError.
    """
    if isinstance(default, bool):
        known = {"1": True, "true": True, "yes": True, "on": True}
        known |= {"0": False, "false": False, "no": False, "off": False}
        if text.strip().lower() not in known:
            raise ValueError(f"{text!r} is neither true nor false")
        return known[text.strip().lower()]
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return type(default)(text)


def as_text(value: Any) -> str:
    """Return what `parse` reads as `value`."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, tuple) else str(value)


def from_environment(name: str, default: Any, rule: Rule, environment: Mapping[str, str]) -> Any:
    """Return a setting's environment variable (VIDEO_COMMENTARY_<NAME>) if set, else its default.

    Raise ValueError that names the variable and what is allowed.
    """
    variable = ENV_PREFIX + name.upper()
    if variable not in environment:
        return default
    try:
        value = parse(environment[variable], default)
        check(name, value, rule)
    except ValueError as error:
        raise ValueError(f"{variable}: {error}") from None
    return value
