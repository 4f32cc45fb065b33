"""What a setting may be: its rule beside its default, checked and read from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

ENV_PREFIX = "VIDEO_COMMENTARY_"


@dataclass(frozen=True)
class Rule:
    """What a setting means and allows.

    `low`, `high`: inclusive bounds of a number. `choices`: the only values allowed, if any.
    `live`: may change while the node runs.
    """

    description: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    live: bool = False


def setting(
    default: Any,
    description: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    live: bool = False,
) -> Any:
    """Declare a dataclass field with its rule."""
    rule = Rule(description, low, high, choices, live)
    return field(default=default, metadata={"rule": rule})


def rules(settings: type) -> dict[str, tuple[Any, Rule]]:
    """Return each setting's default and rule by name."""
    return {f.name: (f.default, f.metadata["rule"]) for f in fields(settings)}


def check(name: str, value: Any, rule: Rule) -> None:
    """Raise ValueError, saying what is allowed, where `value` breaks its rule."""
    if rule.choices and value not in rule.choices:
        raise ValueError(f"{name}: {value!r} is not one of {', '.join(rule.choices)}")
    if rule.low is not None and value < rule.low or rule.high is not None and value > rule.high:
        raise ValueError(f"{name}: {value} is outside {rule.low} to {rule.high}")


def parse(text: str, default: Any) -> Any:
    """Read an environment variable's text as the type of `default`.

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


def from_environment(settings: type, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the defaults, each replaced by its environment variable where that is set.

    Raise ValueError that names the variable and what is allowed.
    """
    values: dict[str, Any] = {}
    for name, (default, rule) in rules(settings).items():
        variable = ENV_PREFIX + name.upper()
        values[name] = default
        if variable in environment:
            try:
                values[name] = parse(environment[variable], default)
                check(name, values[name], rule)
            except ValueError as error:
                raise ValueError(f"{variable}: {error}") from None
    return values
