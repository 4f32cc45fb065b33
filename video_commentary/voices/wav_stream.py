"""Parsing of a WAV stream while it is being written."""

from __future__ import annotations

import struct

from ..core.audio import AudioFormat


class WavStreamParser:
    """Takes the bytes of a WAV stream and gives whole samples; ignores the data's length."""

    def __init__(self) -> None:
        self.format: AudioFormat | None = None
        self._buffer = b""
        self._in_data = False

    def push(self, data: bytes) -> bytes:
        """Return the int16 samples complete so far. Raise ValueError if it isn't 16-bit PCM WAV."""
        self._buffer += data
        if not self._in_data and not self._find_data():
            return b""
        assert self.format is not None
        whole = len(self._buffer) - len(self._buffer) % (2 * self.format.channels)
        samples, self._buffer = self._buffer[:whole], self._buffer[whole:]
        return samples

    def _find_data(self) -> bool:
        if len(self._buffer) < 12:
            return False
        if self._buffer[:4] != b"RIFF" or self._buffer[8:12] != b"WAVE":
            raise ValueError("not a WAV stream")
        at = 12
        while len(self._buffer) >= at + 8:
            name, size = struct.unpack_from("<4sI", self._buffer, at)
            at += 8
            if name == b"data" and self.format is not None:
                self._buffer = self._buffer[at:]
                self._in_data = True
                return True
            if len(self._buffer) < at + size:
                return False
            if name == b"fmt ":
                coding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", self._buffer, at)
                if (coding, bits) != (1, 16):
                    raise ValueError(f"WAV coding {coding} with {bits} bits; only 16-bit PCM works")
                self.format = AudioFormat(rate, channels)
            at += size + size % 2
        return False
