"""Print which packages of this environment are not as locked: lock_differences.py LOCK...

What is locked for another Python or machine is left out, and so is what is not installed.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def locked(text: str) -> dict[str, str]:
    """Return the version of each package that the lock file `text` names for this environment."""
    versions: dict[str, str] = {}
    for line in re.findall(r"^\w[^\\\n]*==[^\\\n]*", text, re.MULTILINE):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            versions[canonicalize_name(requirement.name)] = str(requirement.specifier)[2:]
    return versions


def installed() -> dict[str, str]:
    """Return the version of each package that uv or pip put into this environment."""
    return {
        canonicalize_name(it.metadata["Name"]): it.version
        for it in distributions()
        if it.read_text("INSTALLER")  # not what ROS and colcon add about their own packages
    }


def main() -> None:
    """Print how many packages differ, and a line for each: what is locked, what is installed."""
    want: dict[str, str] = {}
    for path in sys.argv[1:]:
        want |= locked(Path(path).read_text(encoding="utf-8"))
    have = installed()
    have.pop("pip", None)  # comes with the environment
    differing = sorted(name for name in have if have[name] != want.get(name))
    print(f"- {len(differing)} of {len(have)} packages differ from the lock (locked -> installed):")
    for name in differing:
        print(f"    {name:32} {want.get(name, 'none'):>18} -> {have[name]}")


if __name__ == "__main__":
    main()
