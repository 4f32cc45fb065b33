"""Audio codes gathered into the chunks that the vocoder takes."""

from __future__ import annotations

from .flow_encoder import LOOKAHEAD
from .flow_stream import CHUNK_CODES, SILENT_CODE


class CodeChunks:
    """Chunks of new codes plus `LOOKAHEAD` that come again, starting from silence.

    `first`: new codes of the first chunk; fewer give the first sound sooner.
    """

    def __init__(self, first: int = CHUNK_CODES) -> None:
        self._wanted = first
        self._codes = [SILENT_CODE] * LOOKAHEAD
        self._any = False

    def add(self, code: int) -> list[int] | None:
        """Take a code; return a chunk for the vocoder when one is full."""
        self._any = True
        self._codes.append(code)
        if len(self._codes) < self._wanted + LOOKAHEAD:
            return None
        chunk, self._codes = self._codes, self._codes[self._wanted :]
        self._wanted = CHUNK_CODES
        return chunk

    def finish(self) -> list[int] | None:
        """Return the last chunk; None where there never was a code."""
        return self._codes if self._any else None
