"""Limits of every voice: the length of its text, and of each chunk of audio."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..core.audio import Pcm
from ..core.cancel import CancelToken

MAX_CHUNK_SECONDS = 0.25
"""Short, so that a cancelled sentence stops within a word."""
MAX_CHARACTERS = 1_000
_MAX_WORD = 40
"""Characters; a longer run isn't a word, and reading it could last for minutes."""


def truncated(text: str) -> str:
    """Return `text` cut at the end of a word to MAX_CHARACTERS, with overlong words cut."""
    text = re.sub(rf"(\S{{{_MAX_WORD}}})\S+", r"\1", text)
    if len(text) <= MAX_CHARACTERS:
        return text
    return text[:MAX_CHARACTERS].rpartition(" ")[0] or text[:MAX_CHARACTERS]


def chunks(pcm: Pcm, cancel: CancelToken) -> Iterator[Pcm]:
    """Yield `pcm` in chunks of at most MAX_CHUNK_SECONDS, until cancelled."""
    step = int(MAX_CHUNK_SECONDS * pcm.format.rate) * pcm.format.channels
    for start in range(0, len(pcm.samples), step):
        if cancel.cancelled:
            return
        yield Pcm(pcm.samples[start : start + step], pcm.format)
