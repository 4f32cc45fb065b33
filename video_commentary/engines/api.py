"""What an engine is, for those who write one: the protocol of core/engine.py by one name.

The protocol lives in core because the commentator's cycle, which is core, is written against it.
"""

from __future__ import annotations

from ..core.audio import AudioFormat, Pcm
from ..core.engine import SILENCE, Cancel, Delta, Engine, EngineError, Limits, Request
from ..core.frames import Frame
from ..core.prompting import Profile, Prompt

__all__ = [
    "SILENCE",
    "AudioFormat",
    "Cancel",
    "Delta",
    "Engine",
    "EngineError",
    "Frame",
    "Limits",
    "Pcm",
    "Profile",
    "Prompt",
    "Request",
]
