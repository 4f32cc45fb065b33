"""Write config/<node>.yaml from the settings: `make config`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ..config.launch_plan import SETTINGS
from ..config.paths import share_dir
from ..config.rules import Rule, rules

_HEAD = """\
# Every parameter of the {node} node with its default. Written by `make config` from
# config/settings.py: copy it, keep what you change, and name the copy with params_file:=.
/**/{node}:
  ros__parameters:
"""


def render(node: str) -> str:
    """Return the parameters file of `node`: each parameter below its description."""
    lines = [_HEAD.format(node=node).rstrip()]
    for name, (default, rule) in rules(SETTINGS[node]).items():
        value = list(default) if isinstance(default, tuple) else default
        lines.append(f"    # {_comment(default, rule)}")
        lines.append(f"    {name}: {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def _comment(default: Any, rule: Rule) -> str:
    notes = []
    if rule.choices and not all(choice in rule.description for choice in rule.choices):
        notes.append(f"one of {', '.join(rule.choices)}")
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
    for node in SETTINGS:
        path_of(node).write_text(render(node), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
