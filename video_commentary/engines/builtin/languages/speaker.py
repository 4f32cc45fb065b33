"""Says the engine's sentences in another language, from what they claim."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ....core.facts import Claim
from ..claims import Sentence
from .grammar import CAMERA, READS, Grammar

_LISTED = frozenset(("present", "opens"))
"""Kinds of claims that one sentence may list: "I see two people and a dog."."""


class Speaker:
    """Words claims in one language; of several ways, the one that was used longest ago."""

    def __init__(self, grammar: Grammar) -> None:
        """Start without anything said."""
        self._grammar = grammar
        self._used: dict[str, int] = {}  # by template
        self._count = itertools.count(1)

    def say(self, said: Sentence, *, names_camera: bool = False) -> Sentence:
        """Return the sentence in this language; one that claims nothing says what can be asked for.

        `names_camera`: say which camera it is about.
        """
        if said and not said.claims:
            return Sentence(self._grammar.help)
        parts = [self._one(group, said.quote) for group in _groups(said.claims)]
        words = " ".join(part for part in parts if part)
        if words and names_camera and said.claims[0].evidence:
            camera = said.claims[0].evidence[0].camera
            words = self._grammar.camera_prefix.format(camera=camera) + words
        return replace(said, text=words)

    def _one(self, claims: Sequence[Claim], text: str) -> str:
        claim, grammar = claims[0], self._grammar
        if claim.who == CAMERA and claim.kind in grammar.camera_templates:
            return grammar.filled(grammar.camera_templates[claim.kind], claim)
        objects = grammar.listed([grammar.phrase(c, is_object=True) for c in claims])
        if len({c.where for c in claims}) > 1:
            claim = replace(claim, where="")
        templates = grammar.templates[READS if text else claim.kind]
        chosen = min(templates, key=lambda template: self._used.get(template, 0))
        self._used[chosen] = next(self._count)
        return grammar.filled(chosen, claim, objects=objects, text=text)


def _groups(claims: Sequence[Claim]) -> Iterator[list[Claim]]:
    """Yield the claims of each sentence: those of what is in view together."""
    for listed, group in itertools.groupby(claims, key=lambda claim: claim.kind in _LISTED):
        if listed:
            yield list(group)
        else:
            yield from ([claim] for claim in group)
