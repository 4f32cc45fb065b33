"""Conditions that a model judges: what they say, and when its judgements make an alert."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from .engine import Judgement
from .prompting import one_line
from .scene_monitor import CameraWindow
from .stamp import Stamp, from_seconds
from .watch_conditions import seconds_said
from .watch_language import MAX_LENGTH, WatchRefusedError, duration_of
from .watch_words import DURATION, LEAD

PERIOD = 1.0
"""Seconds between two judgements on a condition at the least."""
REFRESH = 10.0
"""Seconds after which a condition is judged again though nothing has changed."""
RELEASE = 0.75
"""Of the threshold: a condition that holds does so until the probability falls below this."""
_EARLY = 0.05
"""Seconds by which a judgement may come before its time: a frame brings it."""
_GAP = from_seconds(15.0)
"""Nanoseconds without a look at the camera after which nobody knows what was so in between."""


@dataclass(frozen=True)
class JudgedCondition:
    """A condition in the user's words, and for how many seconds it must hold."""

    statement: str
    seconds: float = 0.0

    @property
    def meaning(self) -> str:
        """What is watched for, in words for people."""
        lasting = f" for {seconds_said(self.seconds)}" if self.seconds else ""
        return f"{self.statement}{lasting} (judged by the model)"

    @property
    def sentence(self) -> str:
        """The text of an alert."""
        lasting = f" for {seconds_said(self.seconds)}" if self.seconds else ""
        said = self.statement.rstrip(" .!?") + lasting
        return f"{said[:1].upper()}{said[1:]}."


def judged_condition(words: str) -> JudgedCondition:
    """Return what a model is asked for a condition. Raise WatchRefusedError.

    An introduction such as "tell me when" is left out; a duration is kept apart: the model sees a
    few seconds only.
    """
    text = one_line(words)
    if len(text) > MAX_LENGTH:
        raise WatchRefusedError(f"the condition is longer than {MAX_LENGTH} characters")
    text = re.sub(LEAD.pattern, "", f"{text} ", count=1, flags=re.IGNORECASE).strip() or text
    seconds = 0.0
    if found := re.search(DURATION.pattern, text, re.IGNORECASE):
        seconds = duration_of(found)
        text = one_line(f"{text[: found.start()]} {text[found.end() :]}")
    if not any(character.isalnum() for character in text):
        raise WatchRefusedError("say what to watch for")
    return JudgedCondition(text, seconds)


class JudgementHistory:
    """What a model said of one condition in one camera, and whether that makes an alert."""

    def __init__(self) -> None:
        self.judged_at = -math.inf
        self._judgement: Judgement | None = None
        self._newest: Stamp = 0
        self._oldest: Stamp = 0
        self._followed: Stamp = 0
        self._since: Stamp | None = None
        self._fired = False

    def due(self, window: CameraWindow, now: float) -> bool:
        """Return whether to judge again at `now` (monotonic seconds)."""
        newest = window.frames[-1].stamp
        if now - self.judged_at < PERIOD - _EARLY or newest == self._newest:
            return False
        # What has changed stays in the window for a while: an event ends when it leaves that.
        still = self._oldest > window.changed and newest > self._newest
        return not still or now - self.judged_at >= REFRESH

    def waits(self, window: CameraWindow) -> bool:
        """Return whether the condition holds already, but not long enough yet."""
        return (
            self._since is not None
            and not self._fired
            and window.frames[-1].stamp != self._followed
        )

    def add(
        self, judgement: Judgement | None, window: CameraWindow, now: float, threshold: float
    ) -> None:
        """Take a judgement on the frames of `window`, asked for at `now`; None: it is unknown."""
        self.judged_at = now
        self._judgement = judgement
        self._newest, self._oldest = window.frames[-1].stamp, window.frames[0].stamp
        if judgement is None:
            return
        if judgement.probability >= threshold:
            self._follow(self._newest)
            self._since = self._newest if self._since is None else self._since
        elif judgement.probability < RELEASE * threshold:
            self._since, self._fired = None, False

    def found(self, condition: JudgedCondition, window: CameraWindow) -> Judgement | None:
        """Return the judgement that makes an alert now: once each time the condition holds."""
        self._follow(window.frames[-1].stamp)
        if self._judgement is None or self._since is None or self._fired:
            return None
        if window.frames[-1].stamp - self._since < from_seconds(condition.seconds):
            return None
        self._fired = True
        return self._judgement

    def _follow(self, stamp: Stamp) -> None:
        """Forget what held if time went back, or if nobody looked for a while."""
        if not 0 <= stamp - self._followed <= _GAP:
            self._since, self._fired = None, False
        self._followed = stamp
