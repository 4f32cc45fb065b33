from __future__ import annotations

import random
from dataclasses import replace

import pytest

from video_commentary.engines.builtin.event_kinds import EventKind
from video_commentary.engines.builtin.events import SceneEvent, merged, still_true
from video_commentary.engines.builtin.geometry import BoundingBox
from video_commentary.engines.builtin.scene_state import SceneObject
from video_commentary.engines.builtin.sentences import sentences

ENTERS = SceneEvent(
    stamp=9.0, kind=EventKind.ENTERS, group="people", name="person", where="left", track_ids=(1,)
)
WALKER = SceneObject(
    track_id=1,
    name="person",
    group="people",
    box=BoundingBox(0, 0, 1, 1),
    heading="left",
    stationary=False,
    side="left",
    depth="",
    age=5.0,
)


def test_people_who_enter_at_once_share_a_sentence() -> None:
    (both,) = merged([ENTERS, replace(ENTERS, stamp=9.4, track_ids=(2,))])
    assert (both.count, both.stamp, both.track_ids) == (2, 9.4, (1, 2))
    for text in sentences(both, False, random.Random(0)):
        assert "wo people" in text
        assert text.count(".") == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(ENTERS, where="right", track_ids=(2,)),
        replace(ENTERS, kind=EventKind.LEAVES, track_ids=(2,)),
        replace(ENTERS, name="dog", group="animals", track_ids=(2,)),
    ],
)
def test_different_events_stay_apart(other: SceneEvent) -> None:
    assert merged([ENTERS, other]) == [ENTERS, other]


def test_kinds_that_do_not_merge_stay_apart() -> None:
    jumps = [replace(ENTERS, kind=EventKind.JUMPS, track_ids=(n,)) for n in (1, 2)]
    assert merged(jumps) == jumps


@pytest.mark.parametrize(
    ("kind", "heading", "holds"),
    [
        (EventKind.ENTERS, "left", True),
        (EventKind.STOPS, "", False),
        (EventKind.STARTS, "right", True),
        (EventKind.CLOSER, "closer", True),
        (EventKind.WALK_TOGETHER, "left", False),
    ],
)
def test_whether_an_event_holds_for_someone_who_walks_left(
    kind: EventKind, heading: str, holds: bool
) -> None:
    event = replace(ENTERS, kind=kind, heading=heading)
    assert still_true(event, [WALKER]) is holds


def test_people_who_walk_together_must_keep_their_direction() -> None:
    pair = [
        replace(WALKER, track_id=n, companions=frozenset({3 - n}), heading="left") for n in (1, 2)
    ]
    event = replace(ENTERS, kind=EventKind.WALK_TOGETHER, heading="left", track_ids=(1, 2), count=2)
    assert still_true(event, pair)
    assert not still_true(event, [replace(person, heading="right") for person in pair])
    assert not still_true(event, pair[:1])
