"""Facts to messages and back."""

from __future__ import annotations

from std_msgs.msg import Header

from video_commentary.msg import Event
from video_commentary.msg import Observation as ObservationMessage

from ..core.facts import PLACES, Claim, FrameFacts, NormalizedBox, Observation
from .time import from_stamp, to_stamp


def observation_message(observation: Observation) -> ObservationMessage:
    """Return an observation as a message."""
    message = ObservationMessage(
        header=Header(stamp=from_stamp(observation.stamp), frame_id=observation.camera),
        name=observation.name,
        track=-1 if observation.track is None else observation.track,
        score=-1.0 if observation.score is None else float(observation.score),
        colour=observation.colour,
    )
    if observation.box:
        message.has_box = True
        message.left, message.top = observation.box.left, observation.box.top
        message.right, message.bottom = observation.box.right, observation.box.bottom
    return message


def observation(message: ObservationMessage) -> Observation:
    """Return a message as an observation; without its box if the edges make none."""
    return Observation(
        camera=message.header.frame_id,
        stamp=to_stamp(message.header.stamp),
        box=_box(message),
        name=message.name,
        track=message.track if message.track >= 0 else None,
        score=message.score if message.score >= 0 else None,
        colour=message.colour,
    )


def _box(message: ObservationMessage) -> NormalizedBox | None:
    if not message.has_box:
        return None
    try:
        return NormalizedBox(
            left=message.left, top=message.top, right=message.right, bottom=message.bottom
        )
    except ValueError:  # another package's node may send anything
        return None


def event_messages(facts: FrameFacts) -> list[Event]:
    """Return what was seen to happen in a frame, one message for each event."""
    header = Header(stamp=from_stamp(facts.stamp), frame_id=facts.camera)
    return [
        Event(
            header=header,
            kind=claim.kind,
            who=claim.who,
            where=claim.where,
            count=-1 if claim.count is None else claim.count,
            at_least=claim.at_least,
            colour=claim.colour,
            evidence=[observation_message(seen) for seen in claim.evidence],
        )
        for claim in facts.events
    ]


def event_facts(message: Event) -> FrameFacts:
    """Return a message as facts with that one event; without its place if that is not a place."""
    claim = Claim(
        kind=message.kind,
        who=message.who,
        where=message.where if message.where in PLACES else "",
        count=message.count if message.count >= 0 else None,
        at_least=message.at_least,
        colour=message.colour,
        evidence=tuple(observation(seen) for seen in message.evidence),
    )
    stamp = to_stamp(message.header.stamp)
    return FrameFacts(camera=message.header.frame_id, stamp=stamp, events=(claim,))
