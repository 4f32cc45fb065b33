"""Print which packages of this environment are not what a lock file says: lock_differences.py LOCK.

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
    """Return the version of each package of this environment."""
    return {canonicalize_name(it.metadata["Name"]): it.version for it in distributions()}


def main() -> None:
    """Print one line a package that differs, or that none does."""
    path = Path(sys.argv[1])
    want, have = locked(path.read_text(encoding="utf-8")), installed()
    differing = sorted(name for name in want.keys() & have.keys() if want[name] != have[name])
    new = sorted(have.keys() - want.keys() - {"pip", "video-commentary", "audio-common-msgs"})
    print(f"- {len(differing)} of {len(want.keys() & have.keys())} packages differ from {path}:")
    for name in differing:
        print(f"    {name:32} {want[name]:>18} -> {have[name]}")
    for name in new:
        print(f"    {name:32} {'-':>18} -> {have[name]}")


if __name__ == "__main__":
    main()
