from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from dataclasses import replace

import pytest

from video_commentary.core.prompting import TOPICS
from video_commentary.engines.builtin.event_kinds import EventKind
from video_commentary.engines.builtin.event_traits import EventTraits
from video_commentary.engines.builtin.events import SceneEvent
from video_commentary.engines.builtin.languages.english import EventTexts
from video_commentary.engines.builtin.sentences import sentences

TRAITS = EventTraits(weight=1, claim="jumps", texts=EventTexts(("{Subject} jump{s}.",)))
PARTS = ("weight", "claim", "texts")


@pytest.mark.parametrize("missing", PARTS)
def test_a_kind_with_a_missing_part_is_refused(missing: str) -> None:
    parts = {name: getattr(TRAITS, name) for name in PARTS}
    del parts[missing]
    with pytest.raises(TypeError, match=missing):
        EventTraits(**parts)


def test_a_kind_that_claims_what_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="'hops' is no kind"):
        replace(TRAITS, claim="hops")


@pytest.mark.parametrize("templates", [(), {}, {"left": ()}])
def test_a_kind_without_a_sentence_is_refused(templates: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="needs templates"):
        replace(TRAITS, texts=EventTexts(templates))


@pytest.mark.parametrize("templates", [("{Who} jumps.",), {"left": ("{Who} jumps.",)}])
def test_a_template_that_cannot_be_filled_is_refused(templates: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="unknown placeholder Who"):
        replace(TRAITS, texts=EventTexts(templates))


@pytest.mark.parametrize("kind", EventKind)
@pytest.mark.parametrize("count", [1, 2])
def test_every_template_makes_a_sentence(kind: EventKind, count: int) -> None:
    templates = kind.traits.texts.now
    named = isinstance(templates, Mapping)
    headings = [*templates] if named else ["", "left", "closer", "moving"]
    for heading, where in itertools.product(headings, ("left", "right")):
        event = SceneEvent(
            stamp=1.0,
            kind=kind,
            group="people",
            name="person",
            where=where,
            heading=heading,
            track_ids=tuple(range(count)),
            count=count,
        )
        ways = sentences(event, False, random.Random(0))
        assert len(set(ways)) == len(ways) == len(kind.traits.templates_for(heading))
        for text in ways:
            assert text[0].isupper()
            assert text.endswith(".")
            assert not set(text) & set("{}")
            assert "  " not in text and " ." not in text and " ," not in text


@pytest.mark.parametrize("kind", EventKind)
def test_topics_are_those_of_instructions(kind: EventKind) -> None:
    assert kind.traits.topic is None or kind.traits.topic in TOPICS
