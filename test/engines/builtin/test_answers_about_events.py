from __future__ import annotations

import numpy as np
import pytest

from test.engines.builtin.asking import WALKER, states
from video_commentary.engines.builtin.answers import answer
from video_commentary.engines.builtin.event_kinds import EventKind
from video_commentary.engines.builtin.events import SceneEvent
from video_commentary.engines.builtin.evidence import Evidence
from video_commentary.engines.builtin.wording import CANNOT


def test_numbers_so_far_come_from_what_was_counted() -> None:
    counted = Evidence(states(WALKER), so_far=lambda group: {"people": 7}.get(group, 0))
    assert answer("How many people have come so far?", counted) == "At least seven people so far."
    assert "can't tell" in answer("How many dogs have come so far?", counted)


@pytest.mark.parametrize(
    ("count", "reply"),
    [
        (13, "At least twelve people so far."),
        (15, "More than twelve people so far."),
        (49, "More than 30 people so far."),
    ],
)
def test_a_high_number_so_far_is_one_that_is_certain(count: int, reply: str) -> None:
    evidence = Evidence(states(WALKER), so_far=lambda _: count)
    assert answer("How many people have come so far?", evidence) == reply


def test_what_somebody_does_is_told_from_events() -> None:
    jump = SceneEvent(stamp=1.5, kind=EventKind.JUMPS, group="people", name="person", where="left")
    evidence = Evidence(states(WALKER), events=(jump,))
    assert "jump" in answer("What is the person doing?", evidence)
    assert answer("Is the person jumping?", evidence).startswith("Yes.")
    assert answer("Is the person sitting?", evidence) == CANNOT


def test_outside_is_told_by_leaves_and_sky() -> None:
    random = np.random.default_rng(5)
    hedge = np.zeros((240, 320, 3), np.uint8)
    hedge[..., 1] = random.integers(40, 200, (240, 320))
    evidence = Evidence(states(), images=[(1.8, hedge)])
    assert answer("Are we inside or outside?", evidence) == "Outside, it seems."
    assert answer("Is it day or night?", evidence).startswith("Day")
    room = np.full((240, 320, 3), 180, np.uint8)
    assert "can't tell" in answer("Are we outdoors?", Evidence(states(), images=[(1.8, room)]))


def test_what_happened_is_told_from_events() -> None:
    came = SceneEvent(stamp=1.0, kind=EventKind.ENTERS, group="people", name="person", where="left")
    evidence = Evidence(states(WALKER), events=(came,))
    assert "left" in answer("Who came in?", evidence)
    assert answer("Did anyone leave?", evidence) == "Nothing that I noticed in the last seconds."
