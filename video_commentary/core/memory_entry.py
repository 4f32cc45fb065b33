"""What the memory keeps: one entry for each comment, event, alert and answer."""

from __future__ import annotations

from dataclasses import dataclass

from .location import Location
from .stamp import Stamp

COMMENT, EVENT, ALERT, ANSWER = "comment", "event", "alert", "answer"
ENTRY_KINDS = (COMMENT, EVENT, ALERT, ANSWER)


@dataclass(frozen=True, kw_only=True)
class MemoryEntry:
    """One thing that was said or seen.

    `kind`: one of `ENTRY_KINDS`. `stamp`: of the newest frame it is about, by the camera's clock;
    `time`: the same by this machine's clock, nanoseconds since 1970. `camera`: the frame's
    frame_id. `text`: what was said, or an event or alert in words. `question`: what an answer
    answers. An event is also kept as data, as a `Claim` has it: `event` is its kind, `count`
    is None if it does not say how many. `location`: where the robot was, None if unknown.
    `thumbnail`: a JPEG, empty without a picture. `id` grows with each entry and is never used
    twice; 0 until the entry is stored.
    """

    kind: str
    stamp: Stamp
    time: Stamp
    camera: str = ""
    text: str = ""
    question: str = ""
    event: str = ""
    who: str = ""
    where: str = ""
    count: int | None = None
    at_least: bool = False
    colour: str = ""
    location: Location | None = None
    thumbnail: bytes = b""
    id: int = 0

    def __post_init__(self) -> None:
        """Raise ValueError if there is no such kind of entry."""
        if self.kind not in ENTRY_KINDS:
            raise ValueError(f"kind: {self.kind!r} is not one of {', '.join(ENTRY_KINDS)}")
