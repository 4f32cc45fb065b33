"""Settings of the built-in engine."""

from __future__ import annotations

from dataclasses import dataclass

from ...config.rules import setting


@dataclass(frozen=True)
class BuiltinSettings:
    """What can be set of the built-in engine."""

    builtin_read_text: bool = setting(
        True, "Read signs and other text while the camera rests, if RapidOCR is installed"
    )
