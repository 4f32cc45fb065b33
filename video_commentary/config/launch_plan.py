"""Which nodes launch files and tools/run start, and with what, from name:=value texts.

Both use this one table, so that a node gets the same parameters however it is started.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from .plugins import all_rules, find
from .process_env import LINK_VARIABLE, LINKS, LOCAL, LOSSY
from .rules import ENV_PREFIX, Rule, as_text, check, parse, rules
from .settings import NODE_SETTINGS

DEMO, ROBOT, DESK = "demo", "robot", "desk"
LAUNCH_TARGETS = (*NODE_SETTINGS, DEMO, ROBOT, DESK)
"""What can be started: each node alone, the demo, or one of two machines joined by Wi-Fi."""
_NODES = {
    DEMO: ("source", "commentator", "bridge", "speaker", "listener", "memory"),
    ROBOT: ("source", "speaker", "listener"),
    DESK: ("commentator", "bridge", "speaker", "listener", "memory"),
}
_ROBOT_DEFAULTS = {"publish": "compressed", "latency": "0.3"}
"""Speech has to bear the jitter of Wi-Fi."""
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class Argument:
    """One name:=value: `default` as text; `settings` are the (node, setting) pairs it sets."""

    name: str
    description: str
    default: str = ""
    settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Start:
    """One node to start, with the parameters that were asked for; the rest keep their defaults."""

    node: str
    parameters: dict[str, Any]


_SPEAKER = Argument("speaker", "true: play the speech on this machine's sound card", "false")
_LISTENER = Argument(
    "listener",
    "true: listen to people, who steer the commentary aloud (docs/listening.md)",
    "false",
)
_MEMORY = Argument(
    "memory", "true: keep what is said and seen in a database (docs/memory.md)", "false"
)
_LINK = (
    "Link between the machines: local for one machine or a cable, lossy for Wi-Fi "
    "(docs/network.md); VIDEO_COMMENTARY_LINK sets it too"
)
_COMMON = (
    Argument("namespace", "Namespace of the nodes, such as robot1"),
    Argument("params_file", "ROS parameters file; arguments given here win over it"),
    Argument("log_level", "debug, info, warn, error or fatal", "info"),
)


def arguments(target: str, given: Mapping[str, str] = _NOTHING) -> dict[str, Argument]:
    """Return the arguments of `target` by name: its nodes' settings and a few of its own.

    Those of a plug-in that `given` chooses as package.module:attribute are included.
    """
    found: dict[str, Argument] = {}
    for node in _nodes(target):
        for setting, (default, rule) in all_rules(NODE_SETTINGS[node], given).items():
            sets = (*found[setting].settings, (node, setting)) if setting in found else ()
            own = sets or ((node, setting),)
            found[setting] = Argument(setting, _described(rule), as_text(default), own)
    link = Argument("link", _LINK, _default_link(target))
    for argument in (*_own(target, found), link, *_COMMON):
        found[argument.name] = argument
    return found


def _described(rule: Rule) -> str:
    if all(value in rule.description for value in rule.allowed):
        return rule.description
    return f"{rule.description}: {', '.join(rule.allowed)}"


def _nodes(target: str) -> tuple[str, ...]:
    return _NODES.get(target, (target,))


def _default_link(target: str) -> str:
    return LOSSY if target in (ROBOT, DESK) else LOCAL


def _own(target: str, found: dict[str, Argument]) -> list[Argument]:
    camera = ("commentator", "image_topics")
    remembered = ("memory", "memory_topics")
    if target == "commentator":
        default = found["image_topics"].default
        return [Argument("image_topic", "The one image topic to watch", default, (camera,))]
    if target == DEMO:
        del found["image_topics"], found["audio_topic"], found["view_topic"]
        del found["memory_topics"]
        topic = found["image_topic"]
        all_of = (*topic.settings, camera, remembered, ("bridge", "view_topic"))
        one = Argument("image_topic", topic.description, topic.default, all_of)
        return [one, _SPEAKER, _LISTENER, _MEMORY]
    if target == ROBOT:
        del found["audio_topic"]
        return [
            *(replace(found[name], default=text) for name, text in _ROBOT_DEFAULTS.items()),
            replace(
                found["source"],
                description=f"{found['source'].description}; without it no source is started: the "
                "camera's own driver publishes",
                default="",
            ),
            replace(_SPEAKER, default="true"),
            _LISTENER,
        ]
    if target == DESK:
        del found["audio_topic"]
        default = found["image_topics"].default
        all_of = (camera, remembered, ("bridge", "view_topic"))
        return [
            Argument("image_topic", "The image topic to watch and to show", default, all_of),
            _SPEAKER,
            _LISTENER,
            _MEMORY,
        ]
    return []


def launch_plan(target: str, given: Mapping[str, str]) -> list[Start]:
    """Return the nodes to start for `target`, in order, with the parameters that `given` sets.

    Raise ValueError that names the argument and what is allowed.
    """
    _check_plugins(target, given)
    known = arguments(target, given)
    nodes = {node: all_rules(NODE_SETTINGS[node], given) for node in NODE_SETTINGS}
    parameters: dict[str, dict[str, Any]] = {node: {} for node in NODE_SETTINGS}
    for name, text in given.items():
        if name not in known:
            raise ValueError(f"unknown argument {name}{_similar(name, known)}")
        for node, setting in known[name].settings:
            parameters[node][setting] = _value(name, text, setting, *nodes[node][setting])
    if target not in _NODES:
        return [Start(target, parameters[target])]
    prefix = absolute(given.get("namespace", ""))
    parameters["speaker"]["audio_topic"] = f"{prefix}/commentator/audio_stamped"
    starts = [Start(node, parameters[node]) for node in _NODES[target]]
    switches = {"speaker", "listener", "memory"} & {*_NODES[target]}
    without = {node for node in switches if not _truth(node, given.get(node, known[node].default))}
    if target == ROBOT and not given.get("source"):
        without.add("source")
    if without == set(_NODES[target]):
        raise ValueError("speaker:=false without source:= leaves nothing to start")
    return [start for start in starts if start.node not in without]


def target_environment(
    target: str, given: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, str]:
    """Return variables to add for all nodes of `target`: its link, and other defaults.

    Raise ValueError that says what is allowed.
    """
    link = given.get("link") or environment.get(LINK_VARIABLE) or _default_link(target)
    if link not in LINKS:
        raise ValueError(f"link:={link}: not one of {', '.join(LINKS)}")
    added = {LINK_VARIABLE: link}
    if target == ROBOT:
        # By variables, so that a parameters file wins.
        defaults = {f"{ENV_PREFIX}{name.upper()}": text for name, text in _ROBOT_DEFAULTS.items()}
        added |= {name: text for name, text in defaults.items() if name not in environment}
    return added


def _check_plugins(target: str, given: Mapping[str, str]) -> None:
    """Raise PluginError if a plug-in that is chosen can't be used."""
    for node in _nodes(target):
        for setting, (_, rule) in rules(NODE_SETTINGS[node]).items():
            if rule.plugins and (choice := rule.plugins.choice(given.get(setting, ""))):
                find(rule.plugins, choice)


def absolute(namespace: str) -> str:
    """Return a namespace as ROS writes it in topic names: /robot1, or nothing."""
    bare = namespace.strip("/")
    return f"/{bare}" if bare else ""


def ros_arguments(start: Start, given: Mapping[str, str]) -> list[str]:
    """Return the --ros-args of one node: the parameters file first, so that arguments win."""
    words = ["--ros-args"]
    if given.get("params_file"):
        words += ["--params-file", given["params_file"]]
    if given.get("log_level"):
        words += ["--log-level", given["log_level"]]
    for name, value in start.parameters.items():
        # JSON is YAML, which ROS reads here: quoted, a text that looks like a number stays text.
        words += ["-p", f"{name}:={json.dumps(value, ensure_ascii=False)}"]
    return words


def _value(name: str, text: str, setting: str, default: Any, rule: Rule) -> Any:
    try:
        value = parse(text, default)
        check(setting, value, rule)
    except ValueError as error:
        raise ValueError(f"{name}:={text}: {error}") from None
    return list(value) if isinstance(value, tuple) else value


def _truth(name: str, text: str) -> bool:
    try:
        return bool(parse(text, False))
    except ValueError as error:
        raise ValueError(f"{name}:={text}: {error}") from None


def _similar(name: str, known: Mapping[str, Argument]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known: {', '.join(sorted(known))}"
