"""What clients send to steer the robot and to ask it: the same over HTTP, MCP and LiveKit.

Each field has its bounds and a description in plain words, which clients can read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from ..core.prompting import MAX_INSTRUCTION
from ..core.watch_language import MAX_LENGTH
from ..core.watches import DEFAULT_COOLDOWN, MAX_COOLDOWN
from .items import SayPriority

_LATEST = 2_000_000_000.0
"""Seconds since 1970; the seconds of a ROS message end in 2038."""
MAX_PAGE = 200
"""Entries of the memory in one reply."""
_MAX_ALERTS = 50
_MAX_WAIT = 50.0
"""Seconds; many clients give up on a call after a minute."""

_Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_INSTRUCTION)
]
Time = Annotated[float, Field(ge=0.0, le=_LATEST, description="seconds since 1970, 0 for any")]
Kind = Literal["comment", "event", "alert", "answer"]
WatchId = Annotated[int, Field(ge=1, lt=2**32, description="the watch's id")]


class NothingRequest(BaseModel):
    """No arguments."""


class InstructionRequest(BaseModel):
    """What to talk about from now on."""

    instruction: Annotated[_Text, Field(description="in plain words")]


class OptionalInstructionRequest(BaseModel):
    """What to talk about from now on; an empty text clears it."""

    instruction: Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=MAX_INSTRUCTION),
        Field(description="in plain words, such as: only mention vehicles; empty for everything"),
    ]


class AskRequest(BaseModel):
    """A question about what the camera sees now; `quiet`: answer in text only."""

    question: Annotated[_Text, Field(description="such as: how many people are there?")]
    quiet: Annotated[
        bool, Field(description="true: answer in text only; false: say the answer aloud, too")
    ] = False


class SayRequest(BaseModel):
    """A sentence for the commentator to say; `interrupt`: stop what is being said."""

    text: Annotated[_Text, Field(description="what to say, as it is")]
    priority: Annotated[
        SayPriority,
        Field(description="high: before other sentences that wait to be said"),
    ] = "normal"
    interrupt: Annotated[bool, Field(description="true: stop what is being said, at once")] = False


class RecallBody(BaseModel):
    """A question about the past. `from`, `to`: bounds of the time, seconds since 1970."""

    question: Annotated[
        _Text,
        Field(description="may name a time itself, such as: how many people came in since noon?"),
    ]
    start: Annotated[Time, Field(alias="from")] = 0.0
    end: Annotated[Time, Field(alias="to")] = 0.0
    limit: Annotated[int, Field(ge=1, le=100, description="entries to return at most")] = 10


class RecapBody(BaseModel):
    """A time: `period` in plain words, or else `from` and `to`, seconds since 1970."""

    period: Annotated[
        str,
        Field(
            max_length=200,
            description="in plain words, such as: the last hour, today, since noon; "
            "empty for the time given by from and to, or else the last hour",
        ),
    ] = ""
    start: Annotated[Time, Field(alias="from")] = 0.0
    end: Annotated[Time, Field(alias="to")] = 0.0


class HistoryBody(BaseModel):
    """Which entries of the memory are wanted; as the query of GET /api/history."""

    start: Annotated[Time, Field(alias="from")] = 0.0
    end: Annotated[Time, Field(alias="to")] = 0.0
    kind: Annotated[list[Kind], Field(max_length=4, description="empty for all")] = []
    q: Annotated[str, Field(max_length=200, description="words that must occur")] = ""
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE, description="entries at most")] = 50
    cursor: Annotated[str, Field(max_length=50, description="of the page before")] = ""
    after: Annotated[
        int, Field(ge=0, lt=2**63, description="an id: only what was stored later")
    ] = 0


class WatchRequest(BaseModel):
    """What to watch for, in plain words; `camera`: a frame_id, empty for every camera.

    `cooldown`: seconds from one alert of a camera to its next.
    """

    condition: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_LENGTH),
        Field(description="such as: a person enters, more than three people, nobody for a minute"),
    ]
    name: Annotated[str, Field(max_length=100, description="shown with its alerts")] = ""
    camera: Annotated[
        str, Field(max_length=200, description="frame_id of one camera, empty for every camera")
    ] = ""
    cooldown: Annotated[
        float,
        Field(
            gt=0.0, le=MAX_COOLDOWN, description="seconds from one alert of a camera to its next"
        ),
    ] = DEFAULT_COOLDOWN
    speak: Annotated[bool, Field(description="true: say each alert aloud, at once")] = False


class UnwatchRequest(BaseModel):
    """The watch to remove."""

    id: WatchId


class AlertsRequest(BaseModel):
    """Which alerts are wanted; the newest come last."""

    after: Annotated[
        int, Field(ge=0, lt=2**63, description="an alert's id: only those after it; 0 for any")
    ] = 0
    limit: Annotated[int, Field(ge=1, le=_MAX_ALERTS, description="alerts to return at most")] = 10
    wait: Annotated[
        float,
        Field(
            ge=0.0,
            le=_MAX_WAIT,
            description="seconds to wait for one if there is none after `after`",
        ),
    ] = 0.0


def explain(errors: Sequence[Any], whole: str) -> str:
    """Return the first of pydantic's errors in a sentence; `whole`: what was sent, as a noun."""
    first = errors[0]
    if first["type"] == "json_invalid":
        return f"{whole} is not valid JSON"
    where = ".".join(str(part) for part in first["loc"] if part != "body")
    return f"{where or whole}: {first['msg']}"
