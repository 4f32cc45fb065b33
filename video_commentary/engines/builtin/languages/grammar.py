"""What a language needs so that claims can be said in it: nouns, numbers, templates, and rules.

Adding a language: a module beside this one with a `Grammar`, and its entry in `__init__.py`. The
constructor refuses a grammar that lacks a noun or a template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ....core.facts import EVENT_KINDS, PLACES, STATE_KINDS, Claim
from ..labels import ANIMALS, GENERIC, UNIDENTIFIED, VEHICLES

CAMERA = "camera"
READS = "reads"
"""Kind of a template for text in the picture; `{text}` stands for it."""
KINDS = (*EVENT_KINDS, *STATE_KINDS, READS)
NOUNS = (
    *("person", "cyclist", "motorcyclist", *VEHICLES, *ANIMALS, *GENERIC.values()),
    *(UNIDENTIFIED, "table", "hand", "ball", "sign", "text"),
)
"""What must have a noun in every language; others are "thing" where they have none."""


def ways(*texts: str) -> tuple[tuple[str, str], ...]:
    """Return templates of one and of several, each from "begins |of one|of several| ends"."""
    found = []
    for text in texts:
        start, one, many, end = text.split("|")
        found.append((start + one + end, start + many + end))
    return tuple(found)


@dataclass(frozen=True)
class InflectedNoun:
    """A noun: one, many, its gender, and how one of it is called as an object if that differs."""

    one: str
    many: str
    gender: str
    accusative: str = ""


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """A language.

    `templates`: ways to say each kind of claim, of one and of several. They may contain `{Subject}`
    and `{subject}` (who, as the subject), `{object}` (who, as the object), `{place}`, `{from_}`
    (which border it comes from), `{way}` (which way the camera turns), `{text}`, and `{o}`: the
    ending of a participle that agrees with the subject. `camera_templates`: of the camera instead.
    `amount`: from a noun's name, how many, its colour and whether it is an object, the phrase.
    """

    code: str
    nouns: Mapping[str, InflectedNoun]
    numbers: tuple[str, ...]
    many: str
    at_least: str
    conjunction: str
    places: Mapping[str, str]
    borders: Mapping[str, str]
    ways: Mapping[str, str]
    endings: Mapping[str, tuple[str, str]]
    templates: Mapping[str, tuple[tuple[str, str], ...]]
    camera_templates: Mapping[str, str]
    camera_prefix: str
    help: str
    amount: Callable[[Grammar, InflectedNoun, int, str, bool], str]

    def __post_init__(self) -> None:
        """Raise ValueError if a noun, a place or a template is missing."""
        missing = [name for name in NOUNS if name not in self.nouns]
        missing += [kind for kind in KINDS if not self.templates.get(kind)]
        for table in (self.places, self.borders, self.ways):
            missing += [place for place in PLACES if place not in table]
        if missing:
            raise ValueError(f"language {self.code}: no {', '.join(missing)}")

    def noun(self, name: str) -> InflectedNoun:
        """Return the noun for what the engine calls `name`."""
        return self.nouns.get(name) or self.nouns["thing"]

    def number(self, count: int) -> str:
        """Return a number from two on as a word."""
        return self.numbers[count] if count < len(self.numbers) else self.many

    def phrase(self, claim: Claim, *, is_object: bool) -> str:
        """Return who a claim is about, with number, article and colour."""
        count = 1 if claim.count is None else claim.count
        text = self.amount(self, self.noun(claim.who), count, claim.colour, is_object)
        return f"{self.at_least} {text}" if claim.at_least and count > 1 else text

    def listed(self, parts: list[str]) -> str:
        """Join parts: "a, b and c"."""
        if len(parts) == 1:
            return parts[0]
        return f"{', '.join(parts[:-1])} {self.conjunction} {parts[-1]}"

    def filled(self, template: str, claim: Claim, *, objects: str = "", text: str = "") -> str:
        """Return a template filled for a claim; `objects` instead of its own object."""
        noun, several = self.noun(claim.who), (claim.count or 1) > 1
        subject = self.phrase(claim, is_object=False)
        filled = template.format(
            Subject=subject[:1].upper() + subject[1:],
            subject=subject,
            object=objects or self.phrase(claim, is_object=True),
            place=self.places.get(claim.where, ""),
            from_=self.borders.get(claim.where, ""),
            way=self.ways.get(claim.where, ""),
            text=text,
            o=self.endings[noun.gender][several],
        )
        return " ".join(filled.split()).replace(" .", ".").replace(" :", ":")
