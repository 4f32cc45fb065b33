"""Profiles from a YAML file."""

from __future__ import annotations

from pathlib import Path

import yaml

from ..core.prompting import Profile, parse_profiles
from .paths import share_dir


def load_profiles(path: str = "") -> dict[str, Profile]:
    """Read profiles from `path`, or the package's own.

    Raise ValueError that names the file and what is wrong with it.
    """
    file = Path(path) if path else share_dir() / "config" / "profiles.yaml"
    try:
        return parse_profiles(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        raise ValueError(f"{file}: {error}") from None
