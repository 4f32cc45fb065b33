"""What the bridge asks of the memory about clips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ..core.clip import RecordedClip


class ClipRequestError(Exception):
    """The memory refuses; the message says why and what to do. `away`: it can't be reached."""

    def __init__(self, message: str, away: bool = False) -> None:
        super().__init__(message)
        self.away = away


@dataclass(frozen=True)
class ClipPage:
    """Clips, the newest first; how many there are in all, and the bytes they take."""

    clips: tuple[RecordedClip, ...]
    total: int
    size: int


@dataclass(frozen=True)
class ClipPart:
    """A part of a clip's file, and the bytes of the whole file."""

    data: bytes
    total: int


@dataclass(frozen=True)
class KeptClip:
    """A clip that was begun. `message`: where it will be."""

    id: str
    message: str


class ClipGateway(Protocol):
    """The memory's clips. Its coroutines may be awaited on any event loop."""

    async def list(self, before: float, limit: int) -> ClipPage:
        """Return clips that begin before a time, in seconds, 0 for any. Raise ClipRequestError."""
        ...

    async def keep(self, name: str, before: float, after: float) -> KeptClip:
        """Begin a clip; `before`, `after`: seconds as in srv/Keep. Raise ClipRequestError."""
        ...

    async def read(self, id: str, format: str, offset: int, length: int) -> ClipPart:
        """Read up to `length` bytes of a clip, at most `MAX_CHUNK`. Raise ClipRequestError."""
        ...
