"""What plug-ins add to the settings of the nodes, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache
from typing import Any, TypeVar

from .node_settings import NodeSettings
from .registry import ENGINES, RECOGNIZERS, SOURCES, VOICES, Plugin, PluginError, Registry
from .rules import NoSettings, Rule, check, rules
from .settings import NODE_SETTINGS

N = TypeVar("N", bound=NodeSettings)
P = TypeVar("P", bound=Plugin[Any])

Value = Callable[[str, Any, Rule], Any]
"""Returns the value of the setting of a name, a default and a rule. Raises ValueError."""


_REGISTRIES = (ENGINES, VOICES, RECOGNIZERS, SOURCES)

_TAKEN = ("link", "listener", "log_level", "namespace", "params_file", "speaker", "use_sim_time")
"""Names of launch arguments and parameters that are not among the settings."""


@dataclass(frozen=True)
class _Survey:
    """All registered plug-ins, loaded and checked.

    `found` and `failed`: by kind and name. `owners`: the dataclass that declares each setting.
    """

    found: dict[tuple[str, str], Any] = field(default_factory=dict)
    failed: dict[tuple[str, str], PluginError] = field(default_factory=dict)
    owners: dict[str, type] = field(default_factory=dict)


@cache
def _survey() -> _Survey:
    survey = _Survey()
    survey.owners.update(dict.fromkeys(_TAKEN, object))
    for node in NODE_SETTINGS.values():
        survey.owners.update(dict.fromkeys(rules(node), node))
    # Ours first, of every kind: what clashes with them is another package's to change.
    choices = [(registry, name) for registry in _REGISTRIES for name in registry.names]
    for registry, name in sorted(choices, key=lambda choice: choice[1] not in choice[0].own):
        try:
            found = _load(registry, name, survey.owners)
        except PluginError as error:
            survey.failed[registry.kind, name] = error
            continue
        survey.found[registry.kind, name] = found
        settings = _settings_of(found)
        survey.owners.update(dict.fromkeys(rules(settings), settings))
    return survey


def _load(registry: Registry, choice: str, owners: Mapping[str, type]) -> Any:
    """Return a plug-in, or a factory, whose settings don't clash with those of `owners`."""
    found = registry.load(choice)
    try:
        if isinstance(found, Plugin):
            if choice not in registry.own:
                _check_name(registry, choice, found.name)
                _check_settings(found, owners)
        elif not callable(found):
            raise ValueError("it is neither a plug-in nor a function that makes one")
    except Exception as error:
        raise PluginError(
            f"{registry.origin(choice)} can't be used: {error}; {registry.remedy(choice)}"
        ) from error
    return found


def _check_name(registry: Registry, choice: str, name: str) -> None:
    if not name.isidentifier() or name != name.lower():
        raise ValueError(f"its name {name!r} is not lower-case letters, digits and underscores")
    if choice in registry.names and name != choice:
        raise ValueError(f"its name is {name}, but its entry point is called {choice}")


def _check_settings(plugin: Plugin[Any], owners: Mapping[str, type]) -> None:
    if not is_dataclass(plugin.settings):
        raise ValueError("its settings are not a dataclass")
    for each in fields(plugin.settings):
        name, rule, default = each.name, each.metadata.get("rule"), each.default
        if not isinstance(rule, Rule):
            raise ValueError(f"its setting {name} was not made with rules.setting")
        if not name.startswith(f"{plugin.name}_"):
            raise ValueError(f"its setting {name} must begin with {plugin.name}_")
        if rule.live or rule.plugins:
            raise ValueError(f"its setting {name} can be neither live nor a choice of plug-ins")
        texts = isinstance(default, tuple) and default and {*map(type, default)} == {str}
        if not (texts or isinstance(default, (bool, int, float, str))):
            raise ValueError(
                f"the default of its setting {name} must be a bool, int, float, str or a tuple "
                f"of one str or more, not {default!r}"
            )
        check(name, default, rule)
        if owners.get(name, plugin.settings) is not plugin.settings:
            raise ValueError(f"its setting {name} has a name that is taken")
    plugin.settings()


def _settings_of(found: Any) -> type:
    return found.settings if isinstance(found, Plugin) else NoSettings


def find(registry: Registry, choice: str) -> Any:
    """Return the plug-in, or the factory, that `choice` names. Raise PluginError."""
    survey, key = _survey(), (registry.kind, choice)
    if key in survey.failed:
        raise survey.failed[key]
    if key in survey.found:
        return survey.found[key]
    return _load(registry, choice, survey.owners)


def find_plugin(registry: Registry, choice: str, kind: type[P], wrap: Callable[[str, Any], P]) -> P:
    """Return the plug-in of a `kind` that `choice` names. Raise PluginError.

    `wrap` makes one of `choice` and a factory.
    """
    found = find(registry, choice)
    if isinstance(found, kind):
        return found
    if isinstance(found, Plugin):
        raise PluginError(
            f"{registry.origin(choice)} can't be used: it is of type {type(found).__name__}, "
            f"not {kind.__name__}; {registry.remedy(choice)}"
        )
    return wrap(choice, found)


def problems() -> list[str]:
    """Return what is wrong with registered plug-ins, a sentence each."""
    clashes = [text for registry in _REGISTRIES for text in registry.clashes()]
    return [*clashes, *map(str, _survey().failed.values())]


def plugin_settings(settings: type, values: Mapping[str, Any]) -> dict[type, str]:
    """Return the settings' dataclasses of all plug-ins of a node, with what they belong to.

    `settings`: the node's own. A plug-in that `values` of these choose as an object is included,
    one that can't be used is left out.
    """
    found: dict[type, str] = {}
    for setting, (_, rule) in rules(settings).items():
        if rule.plugins is None:
            continue
        chosen = rule.plugins.choice(str(values.get(setting, "")))
        names = (*rule.plugins.names, chosen) if chosen else rule.plugins.names
        for name in dict.fromkeys(names):
            with suppress(PluginError):
                its = _settings_of(find(rule.plugins, name))
                found.setdefault(its, f"{rule.plugins.kind} {name}")
    found.pop(NoSettings, None)
    return found


def all_rules(settings: type, values: Mapping[str, Any]) -> dict[str, tuple[Any, Rule]]:
    """Return the default and rule of each setting of a node, its plug-ins' too, by name.

    Arguments as for `plugin_settings`.
    """
    found = rules(settings)
    for its, plugin in plugin_settings(settings, values).items():
        found |= _labelled(its, plugin)
    return found


def _labelled(settings: type, plugin: str) -> dict[str, tuple[Any, Rule]]:
    """Return the rules of a plug-in's settings, whose descriptions say what they belong to."""
    return {
        name: (default, replace(rule, description=f"{rule.description} ({plugin})"))
        for name, (default, rule) in rules(settings).items()
    }


def build(settings: type[N], value: Value) -> N:
    """Return a node's settings with those of its plug-ins; `value` gives each of them."""
    chosen = _values(rules(settings), value)
    others = plugin_settings(settings, chosen).items()
    plugins = tuple(its(**_values(_labelled(its, plugin), value)) for its, plugin in others)
    return settings(**chosen, plugins=plugins)


def _values(found: Mapping[str, tuple[Any, Rule]], value: Value) -> dict[str, Any]:
    return {name: value(name, default, rule) for name, (default, rule) in found.items()}
