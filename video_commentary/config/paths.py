"""Where the package's files and the models are, in a source tree or installed."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = "video_commentary"


def source_tree() -> Path | None:
    """Return the checkout this module runs from (or is linked to), None when installed."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "package.xml").is_file() and (root / "config").is_dir() else None


def share_dir() -> Path:
    """Return the folder of config/, launch/ and models/catalogue.yaml.

    Raise FileNotFoundError if the package was copied without them.
    """
    root = source_tree()
    if root is not None:
        return root
    for parent in Path(__file__).resolve().parents:
        share = parent / "share" / PACKAGE
        if share.is_dir():
            return share
    raise FileNotFoundError(
        f"no share/{PACKAGE} above {Path(__file__).parent}: install the package with colcon or pip"
    )


def state_dir() -> Path:
    """Return the folder for what nodes keep from one start to the next; it need not exist yet.

    It is in $ROS_HOME, or ~/.ros as ROS has it.
    """
    return Path(os.environ.get("ROS_HOME") or "~/.ros").expanduser() / PACKAGE


def models_dir() -> Path:
    """Return where models are kept: $VIDEO_COMMENTARY_MODELS, models/ of the checkout, or a cache.

    The folder need not exist yet.
    """
    chosen = os.environ.get("VIDEO_COMMENTARY_MODELS")
    if chosen:
        return Path(chosen).expanduser()
    root = source_tree()
    if root is not None:
        return root / "models"
    return cache_dir() / "models"


def cache_dir() -> Path:
    """Return the folder for what can be made again, below the user's; it need not exist yet."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / PACKAGE


def model_file(relative: str) -> Path:
    """Return a file below `models_dir()`, or the package's own if only that exists.

    So a folder of models of the user's own, read-only or empty, hides none of ours.
    """
    own = models_dir() / relative
    try:
        bundled = share_dir() / "models" / relative
    except FileNotFoundError:
        return own
    return bundled if bundled.is_file() and not own.is_file() else own
