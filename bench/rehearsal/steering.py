"""Steering many times, a second wish in the middle of a comment, questions."""

from __future__ import annotations

import random
import time
from typing import Any

from bench.rehearsal.figures import Row
from bench.rehearsal.session import Session, first, ros_offset
from video_commentary.ros.time import to_seconds

SUBJECTS = ("camera", "robot", "door", "people", "light")
QUESTIONS = ("How many people are there?", "What colour is the wall?", "Is anything moving?")
PAUSE = (0.8, 2.5)
"""Seconds between a comment's beginning and the next wish."""


class SteeringTimes:
    """Steers, and collects how long each effect took, in ms."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._graph = session.graph
        self._times: dict[str, list[float]] = {
            name: []
            for name in ("response", "drop what is not played", "first new words", "new sound due")
        }
        self.cut = 0

    def steer(self, text: str) -> None:
        """Steer and wait for the first words. Raise AssertionError if none come."""
        graph = self._graph
        start = {topic: len(messages) for topic, messages in graph.got.items()}
        began = time.monotonic()
        answer = graph.steer(text)
        if not answer.success:
            raise AssertionError(f"steering was refused: {answer.message}")
        self._add("response", time.monotonic() - began)
        limit = self._session.plan.limit

        def words() -> float | None:
            return first(
                graph,
                "commentary_events",
                lambda event: event.instruction == text and bool(event.text),
                start.get("commentary_events", 0),
            )

        self._add("first new words", graph.until(words, limit, f"words on {text!r}") - began)
        silence = first(
            graph,
            "audio_stamped",
            lambda message: len(message.audio.data) == 0,
            start.get("audio_stamped", 0),
        )
        if silence is not None:
            self._add("drop what is not played", silence - began)
        if self._session.setup.voice:
            due = graph.until(lambda: self._sound_due(text), limit, f"sound on {text!r}")
            self._add("new sound due", due - began - ros_offset())
        events = graph.got["commentary_events"][start.get("commentary_events", 0) :]
        self.cut += any(event.cancelled for event in events)

    def _add(self, name: str, seconds: float) -> None:
        self._times[name].append(1e3 * seconds)

    def _sound_due(self, text: str) -> float:
        """Return when the first sound on `text` is due by ROS's clock, 0 if that is not known."""
        events = self._graph.got["commentary_events"]
        dues = (to_seconds(e.first_sound) for e in events if e.instruction == text)
        return next((due for due in dues if due), 0.0)

    def series(self, call: str) -> dict[str, list[float]]:
        """Return the times, named after what was called."""
        return {f"{call} to {name}, ms": times for name, times in self._times.items()}


def steer(session: Session, row: Row) -> None:
    """Steer at random moments while it speaks."""
    chance, times = random.Random(0), SteeringTimes(session)
    for number in range(session.plan.steers):
        _wait_for_comment(session)
        session.graph.spin(0.3 if session.plan.tiny else chance.uniform(*PAUSE))
        _try(row, lambda n=number: times.steer(f"look at the {chance.choice(SUBJECTS)}, {n}"))
    session.graph.steer("")
    row.add(times.series("call"))
    row.values["comments cut"] = times.cut


def second_wish(session: Session, row: Row) -> None:
    """Steer, and again as soon as the first wish has words."""
    second = SteeringTimes(session)
    for number in range(session.plan.wishes):
        _wait_for_comment(session)

        def twice(n: int = number) -> None:
            SteeringTimes(session).steer(f"talk about the floor, {n}")
            second.steer(f"no, about the ceiling, {n}")

        _try(row, twice)
    session.graph.steer("")
    row.add(second.series("second call"))
    row.values["comments cut"] = second.cut


def ask(session: Session, row: Row) -> None:
    """Ask while it comments."""
    times = []
    for number in range(session.plan.questions):
        _wait_for_comment(session)
        began = time.monotonic()
        answer = session.graph.ask(QUESTIONS[number % len(QUESTIONS)])
        if answer.success:
            times.append(1e3 * (time.monotonic() - began))
        else:
            row.notes.append(f"no answer: {answer.answer}")
    row.add({"call to whole answer, ms": times})


def _wait_for_comment(session: Session) -> None:
    graph = session.graph
    states = ("commenting", "speaking")
    graph.until(
        lambda: graph.status() and graph.status().state in states, session.plan.limit, "a comment"
    )


def _try(row: Row, action: Any) -> None:
    """Do it; what fails is a note, and the next one is tried."""
    try:
        action()
    except AssertionError as error:
        row.notes.append(str(error))
