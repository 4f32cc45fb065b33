"""Write config/<node>.yaml from the settings, those of installed plug-ins too: `make config`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ..config.paths import share_dir
from ..config.plugins import plugin_settings
from ..config.rules import Rule, rules
from ..config.settings import NODE_SETTINGS

_HEAD = """\
# Every parameter of the {node} node with its default. Written by `make config`: copy it, keep
# what you change, and name the copy with params_file:=.
/**/{node}:
  ros__parameters:
"""


def render(node: str) -> str:
    """Return the parameters file of `node`: each parameter below its description."""
    settings = NODE_SETTINGS[node]
    lines = [_HEAD.format(node=node).rstrip(), *_entries(settings)]
    for its, plugin in plugin_settings(settings, {}).items():
        lines += ["", f"    ## {plugin}", *_entries(its)]
    return "\n".join(lines) + "\n"


def _entries(settings: type) -> list[str]:
    lines = []
    for name, (default, rule) in rules(settings).items():
        value = list(default) if isinstance(default, tuple) else default
        lines.append(f"    # {_comment(default, rule)}")
        lines.append(f"    {name}: {json.dumps(value, ensure_ascii=False)}")
    return lines


def _comment(default: Any, rule: Rule) -> str:
    notes = []
    if not all(choice in rule.description for choice in rule.allowed):
        notes.append(f"one of {', '.join(rule.allowed)}")
    if rule.low is not None and rule.high is not None:
        number = int if isinstance(default, int) else float
        notes.append(f"{number(rule.low)} to {number(rule.high)}")
    if rule.live:
        notes.append("may change at run time")
    return rule.description + (f" ({'; '.join(notes)})" if notes else "")


def path_of(node: str) -> Path:
    """Return where the package keeps the parameters file of `node`."""
    return share_dir() / "config" / f"{node}.yaml"


def main() -> int:
    """Write all of them."""
    for node in NODE_SETTINGS:
        path_of(node).write_text(render(node), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
