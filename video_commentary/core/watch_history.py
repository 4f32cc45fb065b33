"""What a watch over facts knows of one camera."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .facts import Claim, FrameFacts
from .stamp import Stamp, from_seconds
from .watch_conditions import Condition, EventCondition, WatchFinding

_PERIOD = from_seconds(1.0) - 1_000_000
"""Nanoseconds between two looks for a state, less the jitter of a camera."""
_GAP = from_seconds(5.0)
"""Nanoseconds without facts after which nobody knows what was so in between."""


@dataclass
class CameraHistory:
    """What a watch knows of one camera."""

    newest: Stamp = 0
    looked: FrameFacts | None = None
    since: Stamp | None = None
    fired: bool = False
    alerted: Stamp | None = None
    events: list[Claim] = field(default_factory=list)

    def reset(self) -> None:
        """Forget what was so: time went back, or nobody looked for a while."""
        self.looked, self.since, self.fired = None, None, False
        self.events.clear()

    def cooled(self, stamp: Stamp, cooldown: float) -> bool:
        """Return whether another alert may come, and note that it does."""
        if self.alerted is not None and 0 <= stamp - self.alerted < from_seconds(cooldown):
            return False
        self.alerted = stamp
        return True

    def look(self, condition: Condition, facts: FrameFacts) -> WatchFinding | None:
        """Return what is found in the facts of a frame, in the light of those before."""
        if facts.stamp < self.newest:
            self.reset()
            self.alerted = None
        elif facts.stamp - self.newest > _GAP:
            self.reset()
        self.newest = facts.stamp
        if isinstance(condition, EventCondition):
            return condition.find(facts)
        self.events += facts.events
        if self.looked and facts.stamp - self.looked.stamp < _PERIOD:
            return None
        now = replace(facts, events=tuple(self.events))
        self.events.clear()
        before, self.looked = self.looked, now
        if not condition.holds(now, before):
            self.since, self.fired = None, False
            return None
        if self.since is None:
            self.since = facts.stamp
        if self.fired or facts.stamp - self.since < from_seconds(condition.seconds):
            return None
        self.fired = True
        return condition.finding(now)
