"""Doing what a sentence asks for, and undoing it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..core.audio import Pcm
from .intents import Act, ActKind

UNDO_WITHIN = 60.0
"""Seconds after an act in which "no" undoes it; later it is an answer to somebody else."""
VOLUMES = (0.1, 4.0)
"""Bounds of the volume that can be asked for."""
_LOUDER = 1.5
SLOW = frozenset((ActKind.QUESTION, ActKind.RECALL))
"""Questions, which take as long as an answer does."""


class ActFailedError(Exception):
    """What was asked for was not done; the message says why and what to do."""


class SteeredRobot(Protocol):
    """What can be asked of the robot. Each method waits for it, and raises ActFailedError."""

    def set_instruction(self, instruction: str) -> str:
        """Set what to talk about, and have it talked about now; return the one before."""
        ...

    def instruction(self) -> str:
        """Return the instruction in force."""
        ...

    def ask(self, question: str, sound: Pcm | None = None) -> str:
        """Have a question about now or the past answered aloud; return the answer.

        `sound`: the question as it was spoken.
        """
        ...

    def add_watch(self, condition: str) -> tuple[int, str]:
        """Watch for a condition; return the watch's id, and what is watched for."""
        ...

    def remove_watch(self, number: int) -> str:
        """Watch for this no longer; return what for."""
        ...

    def set_enabled(self, enabled: bool) -> bool:
        """Pause the commentary or go on with it; return whether it was on."""
        ...

    def volume(self) -> float:
        """Return the gain of the speech."""
        ...

    def set_volume(self, volume: float) -> None:
        """Set the gain of the speech."""
        ...


@dataclass(frozen=True)
class ActOutcome:
    """`text`: what was done, or why nothing was, in a sentence. `done`: whether something was."""

    text: str
    done: bool


NOTHING_DONE = ActOutcome("", False)
Schedule = Callable[[float, Callable[[], None]], Callable[[], None]]
"""Calls a function after some seconds; what it returns cancels that."""


def schedule(seconds: float, function: Callable[[], None]) -> Callable[[], None]:
    """Call `function` on a thread of its own, unless what is returned is called before."""
    timer = threading.Timer(seconds, function)
    timer.daemon = True
    timer.start()
    return timer.cancel


class ActPerformer:
    """Does one act after the other; answers may overlap them.

    Thread-safe: quick acts wait for each other, so that "no" undoes the one before it.
    """

    def __init__(
        self,
        robot: SteeredRobot,
        clock: Callable[[], float] = time.monotonic,
        schedule: Schedule = schedule,
    ) -> None:
        self._robot = robot
        self._clock = clock
        self._schedule = schedule
        self._lock = threading.Lock()
        self._undo: Callable[[], str] | None = None
        self._undo_until = 0.0
        self._wake: Callable[[], None] = lambda: None
        self._actions: dict[ActKind, Callable[[str], str]] = {
            ActKind.INSTRUCTION: self._instruct,
            ActKind.WATCH: self._watch,
            ActKind.STOP: self._stop,
            ActKind.GO_ON: self._go_on,
            ActKind.LOUDER: lambda _: self._scale(_LOUDER),
            ActKind.QUIETER: lambda _: self._scale(1 / _LOUDER),
        }

    @property
    def can_undo(self) -> bool:
        """Whether "no" means an act that was just done."""
        return self._undo is not None and self._clock() < self._undo_until

    def perform(self, act: Act, sound: Pcm | None = None) -> ActOutcome:
        """Do it; wait until it is done. `sound`: of the sentence, which goes with a question."""
        try:
            if act.kind in SLOW:
                return ActOutcome(self._robot.ask(act.argument, sound), True)
            with self._lock:
                if act.kind is ActKind.UNDO:
                    return self._undone()
                if act.kind is ActKind.NONE:
                    return NOTHING_DONE
                self._undo = None
                return ActOutcome(self._actions[act.kind](act.argument), True)
        except ActFailedError as error:
            return ActOutcome(str(error), False)

    def close(self) -> None:
        """Do nothing any more that was asked for later."""
        self._wake()

    def _undoes(self, undo: Callable[[], str]) -> None:
        self._undo, self._undo_until = undo, self._clock() + UNDO_WITHIN

    def _undone(self) -> ActOutcome:
        undo = self._undo if self.can_undo else None
        self._undo = None
        if undo is None:
            return ActOutcome("there is nothing to undo", False)
        return ActOutcome(f"undone: {undo()}", True)

    def _instruct(self, instruction: str) -> str:
        previous = self._robot.set_instruction(instruction)

        def restore() -> str:
            self._robot.set_instruction(previous)
            return f"the instruction is {previous!r} again" if previous else "no instruction again"

        self._undoes(restore)
        return f"instruction: {instruction}"

    def _watch(self, condition: str) -> str:
        number, meaning = self._robot.add_watch(condition)
        self._undoes(lambda: self._robot.remove_watch(number))
        return meaning

    def _stop(self, seconds: str) -> str:
        was_on = self._robot.set_enabled(False)
        if was_on:
            self._undoes(self._on_again)
        self._wake()
        if not seconds:
            return "quiet until somebody says go on"
        self._wake = self._schedule(float(seconds), self._end_of_quiet)
        return f"quiet for {float(seconds):g} s"

    def _end_of_quiet(self) -> None:
        with self._lock:
            try:
                self._robot.set_enabled(True)
            except ActFailedError:
                return  # the commentator has gone, and begins enabled when it comes back

    def _on_again(self) -> str:
        self._wake()
        self._robot.set_enabled(True)
        return "the commentary goes on"

    def _off_again(self) -> str:
        self._robot.set_enabled(False)
        return "quiet again"

    def _go_on(self, _: str) -> str:
        self._wake()
        if self._robot.set_enabled(True):
            # It was on: have it comment now, which the same instruction does.
            self._robot.set_instruction(self._robot.instruction())
        else:
            self._undoes(self._off_again)
        return "the commentary goes on"

    def _scale(self, factor: float) -> str:
        before = self._robot.volume()
        low, high = VOLUMES
        after = round(min(high, max(low, before * factor)), 2)
        self._robot.set_volume(after)

        def restore() -> str:
            self._robot.set_volume(before)
            return f"volume {before:g}"

        self._undoes(restore)
        return f"volume {after:g}" + (", the limit" if after in VOLUMES else "")
