"""Where the robot was, as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..core.location import Location, location_words


def location_json(location: Location | None) -> dict[str, Any] | None:
    """Return where the robot was, null if unknown; metres, radians and degrees."""
    if location is None:
        return None
    return {
        "text": location_words(location),
        "name": location.name,
        "pose": asdict(location.pose) if location.pose else None,
        "fix": asdict(location.fix) if location.fix else None,
    }
