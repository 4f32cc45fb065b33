"""Bounds that every voice keeps: how much text, and how much sound at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..core.audio import Pcm
from ..core.cancel import CancelToken

PIECE = 0.25
"""Most seconds of sound in one piece, so that a cancelled sentence stops in mid-word."""
MOST_CHARACTERS = 1_000
_MOST_WORD = 40
"""A longer run of letters isn't a word; read whole, it would last for minutes."""


def capped(text: str) -> str:
    """Return `text` cut to MOST_CHARACTERS at the end of a word, each word cut to a length."""
    text = re.sub(rf"(\S{{{_MOST_WORD}}})\S+", r"\1", text)
    if len(text) <= MOST_CHARACTERS:
        return text
    return text[:MOST_CHARACTERS].rpartition(" ")[0] or text[:MOST_CHARACTERS]


def pieces(pcm: Pcm, cancel: CancelToken) -> Iterator[Pcm]:
    """Cut `pcm` into pieces of at most PIECE seconds until `cancel`."""
    step = int(PIECE * pcm.format.rate) * pcm.format.channels
    for start in range(0, len(pcm.samples), step):
        if cancel.cancelled:
            return
        yield Pcm(pcm.samples[start : start + step], pcm.format)
