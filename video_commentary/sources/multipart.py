"""Parsing of multipart JPEG streams, tolerant of what cameras send."""

from __future__ import annotations

import re

_START, _END = b"\xff\xd8", b"\xff\xd9"
MAX_JPEG_BYTES = 32 * 2**20
"""Larger data can't be a JPEG of a camera."""
_LENGTH = re.compile(rb"\r?\ncontent-length:\s*(\d+)", re.IGNORECASE)


class JpegStreamParser:
    """Cuts a byte stream into whole JPEGs, and drops everything else.

    Parts end by their Content-Length if it fits, otherwise at the boundary, or without a boundary
    at the end marker of the JPEG.
    """

    def __init__(self, boundary: str) -> None:
        # Some cameras include the dashes in the header's boundary.
        self._boundary = f"--{boundary.removeprefix('--')}".encode() if boundary else b""
        self._buffer = bytearray()

    def push(self, data: bytes) -> list[bytes]:
        """Return the JPEGs that `data` completes. Raise ValueError if one grows without end."""
        self._buffer += data
        jpegs = []
        while (part := self._cut()) is not None:
            if part.startswith(_START) and part.endswith(_END):
                jpegs.append(part)
        if len(self._buffer) > MAX_JPEG_BYTES:
            raise ValueError(
                f"{MAX_JPEG_BYTES // 2**20} MB without the end of a frame; is it MJPEG?"
            )
        return jpegs

    def _cut(self) -> bytes | None:
        """Remove the first part from the buffer; None if it isn't complete yet."""
        start = self._buffer.find(_START)
        if start < 0:
            # Keep the end, which may be half a header; a stream without JPEG must not fill memory.
            del self._buffer[: max(0, len(self._buffer) - 4096)]
            return None
        end = self._end(start)
        if end is None:
            return None
        part = bytes(self._buffer[start:end])
        del self._buffer[:end]
        return part[: part.rfind(_END) + 2] if _END in part else part

    def _end(self, start: int) -> int | None:
        lengths = _LENGTH.findall(bytes(self._buffer[max(0, start - 1024) : start]))
        if lengths:
            end = start + int(lengths[-1])
            if len(self._buffer) < end:
                return None if int(lengths[-1]) <= MAX_JPEG_BYTES else len(self._buffer)
            if self._buffer[end - 2 : end] == _END:
                return end
        mark = self._boundary or _END + b"\r\n"
        found = self._buffer.find(mark, start + 2)
        if found < 0:
            # Don't wait for the boundary: it may come with the next frame only.
            end = len(self._buffer.rstrip(b"\r\n"))
            return end if self._buffer.endswith(_END, start, end) else None
        return found if self._boundary else found + 2
