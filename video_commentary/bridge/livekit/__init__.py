"""The bridge as a participant of a LiveKit room; the library is imported once it is needed."""

from .keeper import LiveKit
from .off import Off, from_environment

__all__ = ["LiveKit", "Off", "from_environment"]
