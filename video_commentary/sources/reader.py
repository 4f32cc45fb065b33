"""What a source of pictures is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray


class SourceError(Exception):
    """No pictures; the message says what happened and what to do next."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture: `image` (uint8 RGB, shape [H, W, 3], not written to) or `jpeg`, never both.

    `time`: seconds within the stream, growing. `jpeg`: as it came, where a source sends JPEG.
    """

    time: float
    image: NDArray[np.uint8] | None = None
    jpeg: bytes | None = None


class Reader(Protocol):
    """Reads pictures from one place. Knows nothing of ROS. Used by one thread at a time."""

    @property
    def description(self) -> str:
        """What is read, in a few words for people, without passwords."""
        ...

    @property
    def live(self) -> bool:
        """Whether pictures come at their own pace; otherwise `time` says when each is due."""
        ...

    def open(self) -> None:
        """Connect. Raise SourceError."""
        ...

    def read(self) -> Picture | None:
        """Return the next picture, None at the end. Raise SourceError after a timeout too."""
        ...

    def close(self) -> None:
        """Free everything; `open` may follow."""
        ...


def shown(url: str) -> str:
    """Return `url` without user name, password and query, fit for logs."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
