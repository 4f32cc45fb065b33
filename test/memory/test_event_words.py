from __future__ import annotations

import pytest

from video_commentary.core.facts import EVENT_KINDS
from video_commentary.memory.event_words import event_sentence, event_summary


@pytest.mark.parametrize(
    ("kind", "who", "where", "count", "colour", "sentence"),
    [
        ("enters", "person", "left", None, "red", "A person in red comes in from the left."),
        ("enters", "person", "", None, "dark", "A person in dark clothes comes in."),
        ("enters", "person", "", 2, "red", "Two people in red come in."),
        ("stops", "car", "right", 1, "blue", "A blue car stops on the right."),
        ("leaves", "airplane", "near", None, "", "An airplane leaves at the front."),
        ("passes", "bus", "", 13, "", "13 buses go past."),
        ("moves", "something", "middle", None, "", "Something moves in the middle."),
        ("picks_up", "wine glass", "", 2, "", "Two wine glasses are picked up."),
        ("light", "camera", "", None, "", "The light changes."),
        ("camera_pans", "camera", "left", None, "", "The camera turns to the left."),
        ("present", "car", "", 3, "", "Three cars are in view."),
        ("wags_tail", "dog", "", None, "", "A dog wags tail."),
    ],
)
def test_an_event_is_a_sentence(
    kind: str, who: str, where: str, count: int | None, colour: str, sentence: str
) -> None:
    assert event_sentence(kind, who, where, count, colour) == sentence


@pytest.mark.parametrize(
    ("kind", "who", "count", "at_least", "words"),
    [
        ("enters", "person", 5, False, "five people came in"),
        ("stops", "car", 1, True, "at least one car stopped"),
        ("picks_up", "knife", 2, False, "two knives were picked up"),
        ("moves", "something", 3, False, "three things moved"),
        ("light", "camera", 2, False, "the light changed twice"),
        ("present", "car", 3, True, "at least three cars were in view"),
    ],
)
def test_events_are_summed_up(kind: str, who: str, count: int, at_least: bool, words: str) -> None:
    assert event_summary(kind, who, count, at_least) == words


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_every_kind_has_words_of_its_own(kind: str) -> None:
    who = "camera" if kind in {"cut", "light"} or kind.startswith("camera") else "dog"
    assert event_summary(kind, who, 2, False) != f"two {who}s {kind}"
