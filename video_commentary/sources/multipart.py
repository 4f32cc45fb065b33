"""Taking a multipart stream of JPEGs apart, whatever cameras write into it."""

from __future__ import annotations

import re

_START, _END = b"\xff\xd8", b"\xff\xd9"
MOST_BYTES = 32 * 2**20
"""No picture is larger than this; what is, is no picture."""
_LENGTH = re.compile(rb"\r?\ncontent-length:\s*(\d+)", re.IGNORECASE)


class JpegParts:
    """Takes a stream's bytes, gives whole JPEGs.

    By Content-Length where parts have one that fits, otherwise by the boundary, or without that by
    the next picture's start. What isn't a whole JPEG is left out.
    """

    def __init__(self, boundary: str) -> None:
        # Some cameras write the dashes into the header's boundary too.
        self._boundary = f"--{boundary.removeprefix('--')}".encode() if boundary else b""
        self._buffer = bytearray()

    def push(self, data: bytes) -> list[bytes]:
        """Return the JPEGs that `data` completes. Raise ValueError where none ever ends."""
        self._buffer += data
        jpegs = []
        while (part := self._cut()) is not None:
            if part.startswith(_START) and part.endswith(_END):
                jpegs.append(part)
        if len(self._buffer) > MOST_BYTES:
            raise ValueError(f"{MOST_BYTES // 2**20} MB without the end of a picture; not MJPEG?")
        return jpegs

    def _cut(self) -> bytes | None:
        """Take the first picture out of the buffer; None where it isn't whole yet."""
        start = self._buffer.find(_START)
        if start < 0:
            # Headers may be cut in two: keep them, but no rubbish without end.
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
                return None if int(lengths[-1]) <= MOST_BYTES else len(self._buffer)
            if self._buffer[end - 2 : end] == _END:
                return end
        mark = self._boundary or _END + b"\r\n"
        found = self._buffer.find(mark, start + 2)
        if found < 0:
            # Nothing after the end marker yet: waiting for the boundary would cost a frame's time.
            end = len(self._buffer.rstrip(b"\r\n"))
            return end if self._buffer.endswith(_END, start, end) else None
        return found if self._boundary else found + 2
