"""What is remembered stays small, however long a robot runs."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from video_commentary.core.facts import Claim
from video_commentary.engines.builtin.claims import Sentence
from video_commentary.engines.builtin.comment_selector import CommentSelector
from video_commentary.engines.builtin.detector import Detection
from video_commentary.engines.builtin.ego_motion import EgoMotion
from video_commentary.engines.builtin.event_kinds import EventKind
from video_commentary.engines.builtin.events import SceneEvent
from video_commentary.engines.builtin.geometry import BoundingBox
from video_commentary.engines.builtin.languages.grammar import grammar_for
from video_commentary.engines.builtin.languages.speaker import Speaker
from video_commentary.engines.builtin.scene_state import SceneState
from video_commentary.engines.builtin.text_comments import TextCommenter
from video_commentary.engines.builtin.text_reader import TextLine
from video_commentary.engines.builtin.text_watch import ReadText
from video_commentary.engines.builtin.things import ThingInventory
from video_commentary.engines.builtin.totals import Totals

from .test_comment_selector import ALL, enters, history

PLACE = BoundingBox(0.4, 0.4, 0.6, 0.8)


def arrivals() -> tuple[object, Callable[[int], object]]:
    totals = Totals()

    def step(number: int) -> None:
        now = 5.0 * number
        totals.observe(now, history(enters(now - 0.5, number), now=now))

    return totals, step


def cuts() -> tuple[object, Callable[[int], object]]:
    selector = CommentSelector(0)

    def step(number: int) -> None:
        now = 15.0 * number
        begin = now - 1.8
        seen = history(SceneEvent(stamp=begin, kind=EventKind.SCENE_CUT), now=now)
        states = tuple(replace(state, scene_start=begin) for state in seen.states)
        selector.next_comment(now, replace(seen, states=states), ALL, ())

    return selector, step


def signs() -> tuple[object, Callable[[int], object]]:
    commenter = TextCommenter()

    def step(number: int) -> None:
        read = ReadText(TextLine(f"Platform {number}", PLACE), 20.0 * number)
        assert commenter.comment("camera", [read], SceneState(stamp=20.0 * number, objects=()))

    return commenter, step


def translations() -> tuple[object, Callable[[int], object]]:
    grammar = grammar_for("de")
    assert grammar is not None
    speaker = Speaker(grammar)

    def step(number: int) -> None:
        claim = Claim(kind="present", who="sign", where="left")
        assert speaker.say(Sentence("in English", (claim,), f"Platform {number}"))

    return speaker, step


def things() -> tuple[object, Callable[[int], object]]:
    """Bottles are put down, and go out of view while the camera moves."""
    inventory = ThingInventory()
    table = np.full((120, 160), 120, np.uint8)
    bottle = table.copy()
    bottle[48:96:2, 48:72] = 10
    seen = Detection("bottle", 0.62, PLACE)

    def step(number: int) -> None:
        events = []
        for image in range(40):
            there, moves = 10 <= image < 18, image >= 18
            events += inventory.observe(
                8.0 * number + image / 5,
                bottle if there else table,
                [seen] if there else [],
                EgoMotion(known=not moves),
            )
        kinds = [event.kind for event in events]
        assert kinds == [EventKind.PUT_DOWN] or not number

    return inventory, step


@pytest.mark.parametrize("part", [arrivals, cuts, signs, translations, things])
def test_what_is_remembered_does_not_grow(
    part: Callable[[], tuple[object, Callable[[int], object]]],
) -> None:
    memory, step = part()
    sizes = []
    for number in range(140):
        step(number)
        if number in (69, 139):
            sizes.append(len(pickle.dumps(memory)))
    assert sizes[1] < sizes[0] + 100


def test_a_text_is_news_again_after_minutes_out_of_view() -> None:
    commenter = TextCommenter()

    def said(stamp: float, *texts: str) -> bool:
        read = [ReadText(TextLine(text, PLACE), stamp) for text in texts]
        return bool(commenter.comment("camera", read, SceneState(stamp=stamp, objects=())))

    assert [said(10.0 * n, "EXIT") for n in range(60)] == [True] + 59 * [False]
    assert not said(800.0, "exit"), "out of view for less than five minutes"
    assert said(1110.0, "EXIT")
    assert said(5.0, "EXIT"), "a recording begins again"


def test_another_subject_gets_the_way_that_was_used_longest_ago() -> None:
    grammar = grammar_for("de")
    assert grammar is not None
    speaker = Speaker(grammar)
    texts = [
        speaker.say(Sentence("in English", (Claim(kind="leaves", who=who, where="right"),))).text
        for who in ("car", "bus")
    ]
    assert texts[0].replace("Auto", "Bus").split()[2:] != texts[1].split()[2:]
