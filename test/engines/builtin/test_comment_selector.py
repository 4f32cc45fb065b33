from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from video_commentary.core.prompting import Profile
from video_commentary.engines.builtin.comment_memory import letters
from video_commentary.engines.builtin.comment_selector import CommentSelector
from video_commentary.engines.builtin.event_kinds import EventKind
from video_commentary.engines.builtin.events import SceneEvent
from video_commentary.engines.builtin.geometry import BoundingBox
from video_commentary.engines.builtin.scene_state import SceneObject, SceneState
from video_commentary.engines.builtin.scene_store import SceneHistory
from video_commentary.engines.builtin.topics import topic_filter

PROFILE = Profile("all", "", ("people", "vehicles", "animals", "motion", "light", "camera"))
ALL = topic_filter("", PROFILE)


def enters(stamp: float, track_id: int, name: str = "person", group: str = "people") -> SceneEvent:
    return SceneEvent(
        stamp=stamp,
        kind=EventKind.ENTERS,
        group=group,
        name=name,
        where="left",
        track_ids=(track_id,),
    )


def thing(name: str, group: str, heading: str = "", age: float = 5.0) -> SceneObject:
    return SceneObject(
        track_id=1,
        name=name,
        group=group,
        box=BoundingBox(0, 0, 1, 1),
        heading=heading,
        stationary=False,
        side="left",
        depth="",
        age=age,
    )


def history(
    *events: SceneEvent, objects: tuple[SceneObject, ...] = (), now: float = 10.0
) -> SceneHistory:
    states = tuple(SceneState(stamp=now - 2 + n / 5, objects=objects) for n in range(11))
    return SceneHistory("camera", states, events)


def test_an_event_is_commented_once() -> None:
    selector, facts = CommentSelector(0), history(enters(9.0, 1))
    first = selector.next_comment(10.0, facts, ALL, ()).text
    assert "person" in first.lower().replace("someone", "person")
    assert selector.next_comment(10.5, facts, ALL, ()).text == ""


def test_past_events_are_forgotten_in_time() -> None:
    selector = CommentSelector(0)
    for number in range(100):
        now = 10.0 * number
        facts = history(enters(now - 0.5, number), now=now)
        assert selector.next_comment(now, facts, ALL, ())
    assert len(selector.memory) < 80


def test_no_sentence_is_repeated_within_ten_seconds() -> None:
    selector = CommentSelector(0)
    said: list[tuple[float, str]] = []
    for number in range(60):
        now = number * 1.5
        facts = history(enters(now - 0.5, number), now=now)
        text = selector.next_comment(now, facts, ALL, [t for _, t in said[-3:]]).text
        if text:
            said.append((now, letters(text)))
    assert len(said) > 10
    for (one, text), (other, same) in itertools.combinations(said, 2):
        assert text != same or other - one > 10


def test_recent_comments_of_the_prompt_are_not_repeated() -> None:
    facts = history(enters(9.0, 1))
    first = CommentSelector(0).next_comment(10.0, facts, ALL, ()).text
    assert CommentSelector(0).next_comment(10.0, facts, ALL, [first]).text not in {first, ""}


def test_the_event_of_more_weight_goes_first_and_the_other_follows() -> None:
    selector = CommentSelector(0)
    facts = history(enters(9.5, 1), SceneEvent(stamp=9.5, kind=EventKind.DARKER))
    first, both = selector.next_comment(10.0, facts, ALL, ()).text.split(" left")
    assert "dark" in both or "light" in both
    assert not ("dark" in first or "light" in first)
    assert selector.next_comment(10.5, facts, ALL, ()).text == ""


@pytest.mark.parametrize(
    ("instruction", "word"),
    [("only vehicles", "bus"), ("ignore vehicles", "person"), ("only animals", "")],
)
def test_instructions_are_obeyed(instruction: str, word: str) -> None:
    facts = history(enters(9.5, 1), enters(9.6, 2, "bus", "vehicles"))
    text = CommentSelector(0).next_comment(10.0, facts, topic_filter(instruction, PROFILE), ()).text
    assert word in text.replace("omeone", "person")
    assert bool(text) == bool(word)


def test_an_event_that_is_over_is_no_comment() -> None:
    stops = SceneEvent(
        stamp=9.0,
        kind=EventKind.STOPS,
        group="people",
        name="person",
        where="left",
        track_ids=(1,),
    )
    facts = history(stops, objects=(thing("person", "people", heading="left"),))
    text = CommentSelector(0).next_comment(10.0, facts, ALL, ()).text
    assert "stop" not in text and "standstill" not in text


def test_a_new_scene_is_named_with_its_objects() -> None:
    cut = SceneEvent(stamp=9.2, kind=EventKind.SCENE_CUT)
    facts = history(cut, objects=(thing("car", "vehicles", age=0.6),))
    assert CommentSelector(0).next_comment(9.5, facts, ALL, ()).text == ""
    assert "a car" in CommentSelector(0).next_comment(10.0, facts, ALL, ()).text


def test_a_new_scene_without_any_state_is_still_a_comment() -> None:
    facts = SceneHistory("camera", (), (SceneEvent(stamp=7.7, kind=EventKind.SCENE_CUT),))
    text = CommentSelector(0).next_comment(10.0, facts, ALL, ()).text
    assert any(word in text for word in ("view", "scene", "shot"))


def test_a_new_instruction_is_confirmed_with_what_is_in_view() -> None:
    selector, facts = CommentSelector(0), history(objects=(thing("person", "people", "left"),))

    def confirmed(instruction: str) -> str:
        return selector.confirm_instruction(
            10.0, facts, topic_filter(instruction, PROFILE), ()
        ).text

    assert confirmed("tell me about vehicles") == (
        "You asked about vehicles: no vehicles in view that I can make out."
    )
    assert confirmed("tell me about people") == "You asked about people: one person on the left."


def test_the_same_seed_gives_the_same_words() -> None:
    facts = history(enters(9.0, 1))
    words = {CommentSelector(seed).next_comment(10.0, facts, ALL, ()).text for seed in range(20)}
    assert len(words) > 2
    again = [CommentSelector(7).next_comment(10.0, facts, ALL, ()).text for _ in range(2)]
    assert again[0] == again[1]


def leaves(stamp: float, track_id: int, name: str = "car", group: str = "vehicles") -> SceneEvent:
    return SceneEvent(
        stamp=stamp,
        kind=EventKind.LEAVES,
        group=group,
        name=name,
        where="right",
        track_ids=(track_id,),
    )


def test_in_the_pause_only_what_is_weighty_and_new_is_told() -> None:
    selector = CommentSelector(0)
    pause = history(replace(enters(9.5, 1), kind=EventKind.LEANS, heading="left"), now=10.0)
    assert selector.next_comment(10.0, pause, ALL, (), pressing=True).text == ""
    assert selector.next_comment(10.0, pause, ALL, ()).text
    old = history(enters(6.0, 2), now=10.5)
    assert selector.next_comment(10.5, old, ALL, (), pressing=True).text == ""
    assert selector.next_comment(10.5, old, ALL, ()).text.endswith("left.")


def test_events_of_one_moment_become_one_short_sentence() -> None:
    facts = history(enters(9.8, 1), leaves(9.9, 2))
    said = CommentSelector(0).next_comment(10.0, facts, ALL, (), pressing=True)
    assert said.text.count(".") == 1
    assert len(said.text.split()) <= 14
    assert [claim.kind for claim in said.claims] == ["enters", "leaves"]
    same = history(enters(9.8, 1, "car", "vehicles"), leaves(9.9, 2))
    said = CommentSelector(0).next_comment(10.0, same, ALL, (), pressing=True)
    assert ", another " in said.text


def test_who_left_a_second_ago_is_told_only_beside_another_event() -> None:
    gone = leaves(8.8, 2)
    assert CommentSelector(0).next_comment(10.0, history(gone), ALL, ()).text == ""
    both = CommentSelector(0).next_comment(10.0, history(gone, enters(9.8, 1)), ALL, ())
    assert {claim.kind for claim in both.claims} == {"enters", "leaves"}


def test_those_who_were_told_together_are_not_told_again_one_by_one() -> None:
    selector, three = CommentSelector(0), [enters(7.0 + n, n) for n in range(3)]
    assert "hree people" in selector.next_comment(10.0, history(*three), ALL, ()).text
    for now in (13.0, 15.0):
        assert selector.next_comment(now, history(*three, now=now), ALL, ()).text == ""


@pytest.mark.parametrize("last", [EventKind.CLOSER, EventKind.AWAY])
def test_of_opposites_only_the_last_is_told(last: EventKind) -> None:
    first = {EventKind.CLOSER: EventKind.AWAY, EventKind.AWAY: EventKind.CLOSER}[last]
    ways = {EventKind.CLOSER: "closer", EventKind.AWAY: "away"}
    events = [
        replace(leaves(stamp, 1), kind=kind, where="left", heading=ways[kind])
        for stamp, kind in ((9.4, first), (9.8, last))
    ]
    facts = history(*events, objects=(thing("car", "vehicles", ways[last]),))
    claims = CommentSelector(0).next_comment(10.0, facts, ALL, ()).claims
    assert [claim.kind for claim in claims] == [last.traits.claim]


def test_a_turn_of_the_camera_that_only_begins_a_tilt_is_not_told() -> None:
    turns = [
        SceneEvent(stamp=stamp, kind=EventKind.CAMERA_MOVES, heading=way)
        for stamp, way in ((9.4, "PAN_LEFT"), (9.6, "TILT_DOWN"))
    ]
    selector = CommentSelector(0)
    claims = selector.next_comment(10.0, history(*turns), ALL, (), pressing=True).claims
    assert [claim.kind for claim in claims] == ["camera_tilts"]
    assert selector.next_comment(10.2, history(*turns, now=10.2), ALL, ()).text == ""


def test_a_new_scene_says_which_way_somebody_walks() -> None:
    cut = SceneEvent(stamp=9.0, kind=EventKind.SCENE_CUT)
    facts = history(cut, objects=(thing("person", "people", heading="right", age=0.8),))
    said = CommentSelector(0).next_comment(10.0, facts, ALL, ())
    assert "a person walks" in said.text and "right" in said.text
    assert [claim.kind for claim in said.claims] == ["cut", "moves"]
