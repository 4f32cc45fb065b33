"""The Range header of HTTP (RFC 9110, 14.1): which bytes of a file are wanted."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True)
class ByteRange:
    """A range as requested; it has no end if `last` is None.

    `suffix`: instead of that, the last so many bytes.
    """

    first: int = 0
    last: int | None = None
    suffix: int | None = None

    def within(self, total: int, most: int) -> tuple[int, int] | None:
        """Return the first byte and the one after the last, of `total`; None if there are none.

        A range of more than `most` bytes is cut short, as a server may do.
        """
        first = self.first if self.suffix is None else max(0, total - self.suffix)
        end = total if self.last is None else min(total, self.last + 1)
        return (first, min(end, first + most)) if first < end else None


def byte_range(header: str | None) -> ByteRange | None:
    """Read a Range header; None for none, for several ranges, and for what is not understood.

    The whole file is the answer to those.
    """
    match = _RANGE.fullmatch(header.replace(" ", "")) if header else None
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        return ByteRange(suffix=int(last))
    if last and int(last) < int(first):
        return None
    return ByteRange(int(first), int(last) if last else None)
