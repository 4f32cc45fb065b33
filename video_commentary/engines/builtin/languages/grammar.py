"""What a language needs so that claims can be said in it: nouns, numbers, templates, and rules.

Adding a language: a file `<code>.yaml` beside this module, made as de.yaml is. One that lacks a
noun or a template, or has a placeholder that nothing fills, is refused when it is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from ....core.facts import EVENT_KINDS, PLACES, STATE_KINDS, Claim
from ..labels import ANIMALS, GENERIC, UNIDENTIFIED, VEHICLES
from .tables import LANGUAGES, by_number, read_table

CAMERA = "camera"
READS = "reads"
"""Kind of a template for text in the picture; `{text}` stands for it."""
KINDS = (*EVENT_KINDS, *STATE_KINDS, READS)
NOUNS = (
    *("person", "cyclist", "motorcyclist", *VEHICLES, *ANIMALS, *GENERIC.values()),
    *(UNIDENTIFIED, "table", "hand", "ball", "sign", "text"),
)
"""What must have a noun in every language; others are "thing" where they have none."""
PLACEHOLDERS = frozenset(("Subject", "subject", "object", "place", "from_", "way", "text", "o"))

_PERSON = "person"
_PEOPLE = frozenset((_PERSON, "cyclist", "motorcyclist"))


@dataclass(frozen=True)
class InflectedNoun:
    """A noun: one, many, its gender, and how one of it is called as an object if that differs.

    `many` is "" if it can't be counted: "something".
    """

    one: str
    many: str
    gender: str
    accusative: str = ""


@dataclass(frozen=True)
class ColourWord:
    """An adjective's stem, the name of its endings, and what is said of who wears that colour."""

    stem: str
    ending: str
    worn: str


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """A language, as its file has it.

    `templates`: ways to say each kind of claim; `[is|are]` for one and for several. They may
    contain `{Subject}` and `{subject}` (who, as the subject), `{object}` (who, as the object),
    `{place}`, `{from_}` (which border it comes from), `{way}` (which way the camera turns),
    `{text}`, and `{o}`: the ending of a participle that agrees with the subject.
    `camera_templates`: of the camera instead.

    By gender: `many` (above the last of `numbers`), `articles` (of one as the subject and as the
    object), `participles` (`{o}` of one and of several), and in `endings` those of adjectives: of
    one as the subject, of one as the object, of several. `personal`: before people as the object.
    """

    code: str
    help: str
    camera_prefix: str
    numbers: Sequence[str]
    many: Mapping[str, str]
    at_least: str
    conjunction: str
    articles: Mapping[str, Sequence[str]]
    adjective_first: bool
    endings: Mapping[str, Mapping[str, Sequence[str]]]
    participles: Mapping[str, Sequence[str]]
    places: Mapping[str, str]
    borders: Mapping[str, str]
    ways: Mapping[str, str]
    colours: Mapping[str, ColourWord]
    nouns: Mapping[str, InflectedNoun]
    templates: Mapping[str, Sequence[str]]
    camera_templates: Mapping[str, str]
    personal: str = ""

    @classmethod
    def from_table(cls, code: str, table: Mapping[str, Any]) -> Grammar:
        """Return the grammar that a language's file describes; raise ValueError if it can't be."""
        unknown = set(table) - {part.name for part in fields(cls)}
        if unknown:
            raise ValueError(f"language {code}: nothing is called {', '.join(sorted(unknown))}")
        try:
            nouns = {name: InflectedNoun(*forms) for name, forms in table["nouns"].items()}
            colours = {name: ColourWord(*forms) for name, forms in table["colours"].items()}
            return cls(code=code, **{**table, "nouns": nouns, "colours": colours})
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"language {code}: {error}") from None

    def __post_init__(self) -> None:
        """Raise ValueError if a noun, a place or a template is missing or can't be filled."""
        missing = [name for name in NOUNS if name not in self.nouns]
        missing += [kind for kind in KINDS if not self.templates.get(kind)]
        for table in (self.places, self.borders, self.ways):
            missing += [place for place in PLACES if place not in table]
        if missing:
            raise ValueError(f"language {self.code}: no {', '.join(missing)}")
        templates = [way for ways in self.templates.values() for way in ways]
        for template in (*templates, *self.camera_templates.values()):
            unknown = set(re.findall(r"{(.*?)}", template)) - PLACEHOLDERS
            if unknown:
                names = ", ".join(sorted(unknown))
                raise ValueError(f"language {self.code}: {template!r}: unknown placeholder {names}")

    def noun(self, name: str) -> InflectedNoun:
        """Return the noun for what the engine calls `name`."""
        return self.nouns.get(name) or self.nouns["thing"]

    def number(self, count: int, gender: str) -> str:
        """Return a number from two on as a word."""
        return self.numbers[count] if count < len(self.numbers) else self.many[gender]

    def phrase(self, claim: Claim, *, is_object: bool) -> str:
        """Return who a claim is about, with number, article and colour."""
        count = 1 if claim.count is None else claim.count
        noun = self.noun(claim.who)
        if not noun.many and count == 1:
            return noun.one
        several, worn = count > 1, claim.who == _PERSON
        colour, adjective = self.colours.get(claim.colour), ""
        if colour:
            ending = self.endings[colour.ending][noun.gender][2 if several else is_object]
            adjective = colour.worn if worn else colour.stem + ending
        before = self.adjective_first and not worn
        article = self.articles[noun.gender][is_object]
        words = [
            self.personal if is_object and claim.who in _PEOPLE else "",
            self.number(count, noun.gender) if several else article,
            adjective if before else "",
            noun.many if several else is_object and noun.accusative or noun.one,
            "" if before else adjective,
        ]
        text = " ".join(word for word in words if word)
        has_number = 1 < count < len(self.numbers)  # "many" is no least number
        return f"{self.at_least} {text}" if claim.at_least and has_number else text

    def listed(self, parts: list[str]) -> str:
        """Join parts: "a, b and c"."""
        if len(parts) == 1:
            return parts[0]
        return f"{', '.join(parts[:-1])} {self.conjunction} {parts[-1]}"

    def filled(self, template: str, claim: Claim, *, objects: str = "", text: str = "") -> str:
        """Return a template filled for a claim; `objects` instead of its own object."""
        noun, several = self.noun(claim.who), (claim.count or 1) > 1
        subject = self.phrase(claim, is_object=False)
        filled = by_number(template, several).format(
            Subject=subject[:1].upper() + subject[1:],
            subject=subject,
            object=objects or self.phrase(claim, is_object=True),
            place=self.places.get(claim.where, ""),
            from_=self.borders.get(claim.where, ""),
            way=self.ways.get(claim.where, ""),
            text=text,
            o=self.participles[noun.gender][several],
        )
        return " ".join(filled.split()).replace(" .", ".").replace(" :", ":")


@cache
def grammar_for(language: str) -> Grammar | None:
    """Return the grammar of a language as espeak-ng names it ("de", "es-419"), None if unknown.

    Raise ValueError if its file is incomplete.
    """
    code = language.lower().split("-")[0]
    return Grammar.from_table(code, read_table(code)) if code in LANGUAGES else None
