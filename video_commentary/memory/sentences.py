"""Sentences of answers and recaps."""

from __future__ import annotations

from ..core.memory_entry import MemoryEntry

_QUOTED = 160
"""Characters of an entry that an answer quotes."""
_ENDS = tuple(f"{end}{quote}" for end in ".!?…" for quote in ("", "”"))


def quoted(entry: MemoryEntry) -> str:
    """Return an entry's text in quotation marks, its end left out if it is long."""
    text = " ".join(entry.text.split())
    return f"“{text if len(text) <= _QUOTED else text[: _QUOTED - 1] + '…'}”"


def sentence(text: str) -> str:
    """Return a text that begins with a capital and ends as a sentence does."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith(_ENDS) else f"{text}."
