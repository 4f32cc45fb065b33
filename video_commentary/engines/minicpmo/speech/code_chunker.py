"""Audio codes gathered into the chunks that the vocoder takes."""

from __future__ import annotations

from .flow_encoder import LOOKAHEAD
from .flow_stream import CHUNK_CODES, SILENT_CODE


class CodeChunker:
    """Chunks of new codes plus `LOOKAHEAD` that are repeated in the next, starting from silence.

    `first_chunk`: new codes of the first chunk; fewer give the first sound sooner.
    """

    def __init__(self, first_chunk: int = CHUNK_CODES) -> None:
        self._wanted = first_chunk
        self._codes = [SILENT_CODE] * LOOKAHEAD
        self._any = False

    def add(self, code: int) -> list[int] | None:
        """Add a code; return a chunk for the vocoder when one is full."""
        self._any = True
        self._codes.append(code)
        if len(self._codes) < self._wanted + LOOKAHEAD:
            return None
        chunk, self._codes = self._codes, self._codes[self._wanted :]
        self._wanted = CHUNK_CODES
        return chunk

    def flush(self) -> list[int] | None:
        """Return the last chunk, None if no code was added."""
        return self._codes if self._any else None
