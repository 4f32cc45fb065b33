"""Facts as ROS messages, there and back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from video_commentary.msg import Event
from video_commentary.msg import Observation as ObservationMessage

from video_commentary.core.comment import Comment
from video_commentary.core.facts import Claim, FrameFacts, NormalizedBox, Observation
from video_commentary.ros import messages
from video_commentary.ros.fact_messages import (
    event_facts,
    event_messages,
    observation,
    observation_message,
)

STAMP = 1_700_000_000_123_456_789
DOG = Observation(
    camera="eye",
    stamp=STAMP,
    box=NormalizedBox(left=0.0, top=0.125, right=0.5, bottom=1.0),
    name="dog",
    track=0,
    score=0.75,
    colour="brown",
)
FRAME = Observation(camera="eye", stamp=STAMP)


@pytest.mark.parametrize("seen", [DOG, FRAME, replace(DOG, track=None), replace(DOG, score=None)])
def test_an_observation_survives(seen: Observation) -> None:
    assert observation(observation_message(seen)) == seen


def test_events_survive_one_message_each() -> None:
    enters = Claim(
        kind="enters", who="dog", where="left", count=2, at_least=True, evidence=(DOG, FRAME)
    )
    light = Claim(kind="light", who="camera", colour="red")
    facts = FrameFacts(camera="eye", stamp=STAMP, things=(DOG,), events=(enters, light))
    sent = event_messages(facts)
    assert [event_facts(message).events for message in sent] == [(enters,), (light,)]
    assert all((event_facts(m).camera, event_facts(m).stamp) == ("eye", STAMP) for m in sent)
    assert sent[1].count == -1


def test_a_comment_keeps_its_evidence() -> None:
    comment = Comment(
        sequence=1,
        camera="eye",
        newest=STAMP,
        oldest=STAMP,
        instruction="",
        question="",
        requested=STAMP,
        evidence=(DOG, FRAME),
    )
    assert messages.comment(messages.commentary(comment)) == comment


def test_what_no_engine_states_is_left_out() -> None:
    inverted = observation(ObservationMessage(has_box=True, left=0.5, right=0.25, name="dog"))
    assert (inverted.box, inverted.name) == (None, "dog")
    nowhere = observation(ObservationMessage(has_box=True, right=float("nan")))
    assert nowhere.box is None
    (claim,) = event_facts(Event(kind="enters", who="dog", where="upstairs")).events
    assert (claim.kind, claim.where) == ("enters", "")
