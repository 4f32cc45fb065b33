"""The protocol of a source, and the frames that it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray


class SourceError(Exception):
    """A source gives no frames; the message says what happened and what to do next."""


@dataclass(frozen=True, eq=False)
class SourceFrame:
    """One frame: `image` (uint8 RGB, shape (H, W, 3), read-only) or `jpeg`, never both.

    `time`: seconds since the start of the stream, increasing. `jpeg`: the bytes of a source that
    sends JPEG, not decoded.
    """

    time: float
    image: NDArray[np.uint8] | None = None
    jpeg: bytes | None = None


class Reader(Protocol):
    """Reads the frames of one source; independent of ROS. Used by one thread at a time."""

    @property
    def description(self) -> str:
        """The source in a few words for people, without passwords."""
        ...

    @property
    def live(self) -> bool:
        """Whether frames arrive in real time; otherwise a frame is due at its `time`."""
        ...

    def open(self) -> None:
        """Connect. Raise SourceError."""
        ...

    def read(self) -> SourceFrame | None:
        """Return the next frame, None at the end. Raise SourceError, also after a timeout."""
        ...

    def close(self) -> None:
        """Free all resources; `open` may follow."""
        ...


def shown(url: str) -> str:
    """Return `url` without user name, password and query, for logs."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
