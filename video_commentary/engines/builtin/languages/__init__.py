"""Other languages than English: one module for each, and what they share."""

from __future__ import annotations

from .german import GERMAN
from .grammar import Grammar
from .spanish import SPANISH

GRAMMARS = {grammar.code: grammar for grammar in (GERMAN, SPANISH)}


def grammar_for(language: str) -> Grammar | None:
    """Return the grammar of a language as espeak-ng names it ("de", "es-419"), None if unknown."""
    return GRAMMARS.get(language.lower().split("-")[0])
