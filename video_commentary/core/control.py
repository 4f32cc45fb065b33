"""What people want of the commentator, taken in on any thread, acted on by the cycle."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from ..config.settings import CommentatorSettings
from .prompting import Profile, checked_instruction, checked_question

MAX_QUESTIONS = 8
"""Questions that may wait for their answer; more are refused, none is dropped."""


@dataclass(frozen=True)
class Answer:
    """To a question. `stamp`: of the newest frame it is about, seconds; `stamp_ns`: exactly."""

    success: bool
    text: str
    stamp: float = 0.0
    stamp_ns: int = 0


@dataclass(frozen=True, eq=False)
class Question:
    """A question that waits for its answer; with `quiet` that is text only."""

    text: str
    quiet: bool
    answer: Future[Answer] = field(default_factory=Future)


@dataclass(frozen=True)
class Orders:
    """What holds for the next cycle.

    `steered`: wanted at once, whatever the scene does. `interrupted`: sound of the comment before
    is to be cut off. `cancel` is set when these orders no longer hold.
    """

    settings: CommentatorSettings
    profile: Profile
    instruction: str
    question: Question | None
    steered: bool
    interrupted: bool
    cancel: threading.Event


class Control:
    """Holds the orders in force, and interrupts the running comment when they change.

    `wake` is set whenever the cycle has something new to consider.
    """

    def __init__(self, settings: CommentatorSettings, profiles: dict[str, Profile]) -> None:
        """Begin with the settings' profile and instruction. Raise ValueError if they are bad."""
        self.wake = threading.Event()
        self._lock = threading.Lock()
        self._profiles = profiles
        self._questions: deque[Question] = deque()
        self._instruction = checked_instruction(settings.instruction)
        self._steered = False
        self._cancel = threading.Event()
        self._interrupted = False
        self.profile(settings.profile)
        self._settings = settings

    def profile(self, name: str) -> Profile:
        """Return a profile by name. Raise ValueError that names those there are."""
        if name not in self._profiles:
            raise ValueError(f"profile: {name!r} is not one of {', '.join(self._profiles)}")
        return self._profiles[name]

    @property
    def settings(self) -> CommentatorSettings:
        """The settings in force."""
        return self._settings

    @property
    def instruction(self) -> str:
        """The instruction in force."""
        return self._instruction

    def steer(self, instruction: str) -> str:
        """Put an instruction in force; return the one before. Raise ValueError."""
        checked = checked_instruction(instruction)
        with self._lock:
            previous, self._instruction = self._instruction, checked
            self._settings = replace(self._settings, instruction=checked)
            self._interrupt(steered=True)
        return previous

    def ask(self, question: str, quiet: bool = False) -> Future[Answer]:
        """Queue a question. Raise ValueError where it is bad or too many wait already."""
        asked = Question(checked_question(question), quiet)
        with self._lock:
            if len(self._questions) >= MAX_QUESTIONS:
                raise ValueError(f"{MAX_QUESTIONS} questions wait already: ask again later")
            self._questions.append(asked)
            if quiet:
                self.wake.set()
            else:
                self._interrupt(steered=self._steered)
        return asked.answer

    def ask_again(self, question: Question) -> None:
        """Put back, in front, a question whose answer something else has cut off."""
        with self._lock:
            self._questions.appendleft(question)
            self.wake.set()

    def asked(self) -> bool:
        """Return whether a question waits."""
        with self._lock:
            return bool(self._questions)

    def enable(self, enabled: bool) -> None:
        """Comment from now on, or fall silent at once."""
        self.tune(replace(self._settings, enabled=enabled))

    def tune(self, settings: CommentatorSettings) -> None:
        """Put settings in force; instruction, profile and enabled act at once. Raise ValueError."""
        self.profile(settings.profile)
        checked_instruction(settings.instruction)
        with self._lock:
            old, self._settings = self._settings, settings
            before = self._instruction
            self._instruction = checked_instruction(settings.instruction)
            if (self._instruction, settings.profile) != (before, old.profile):
                self._interrupt(steered=True)
            elif settings.enabled != old.enabled:
                self._interrupt(steered=settings.enabled)

    def interrupt(self) -> None:
        """Stop the running comment and its sound."""
        with self._lock:
            self._interrupt(steered=self._steered)

    def _interrupt(self, steered: bool) -> None:
        self._steered = steered
        self._interrupted = True
        self._cancel.set()
        self.wake.set()

    def take_interruption(self) -> bool:
        """Return, once, whether sound that is still playing is to be cut off."""
        with self._lock:
            interrupted, self._interrupted = self._interrupted, False
            return interrupted

    def waiting(self) -> bool:
        """Return whether somebody waits for words now, whatever the scene does."""
        with self._lock:
            return self._steered or bool(self._questions)

    def begin(self) -> Orders:
        """Return the orders for the next cycle; what is taken here counts as begun."""
        with self._lock:
            self._cancel = threading.Event()
            question = self._questions.popleft() if self._questions else None
            steered, interrupted = self._steered, self._interrupted
            self._interrupted = False
            if question is None:
                self._steered = False
            return Orders(
                self._settings,
                self._profiles[self._settings.profile],
                self._instruction,
                question,
                steered,
                interrupted,
                self._cancel,
            )

    def refuse_questions(self, reason: str) -> None:
        """Answer all that wait with the reason why they can't be answered."""
        with self._lock:
            questions, self._questions = list(self._questions), deque()
        for question in questions:
            question.answer.set_result(Answer(False, reason))
