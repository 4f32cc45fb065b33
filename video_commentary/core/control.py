"""What users want of the commentator: set on any thread, acted on by the cycle."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field

from .audio import Pcm
from .cancel import CancelToken
from .cycle_settings import CycleSettings
from .prompting import Profile, checked_instruction, checked_question, one_line
from .stamp import Stamp

MAX_ANNOUNCEMENTS = 8
"""Announcements that may wait to be said; of more, the oldest is left out."""
MAX_QUESTIONS = 8
"""Questions that may wait for their answer; more are refused, none is dropped."""


@dataclass(frozen=True)
class Answer:
    """To a question. `stamp`: of the newest frame it is about, 0 if there is none."""

    success: bool
    text: str
    stamp: Stamp = 0


@dataclass(frozen=True, eq=False)
class PendingQuestion:
    """A question that waits for its answer; with `quiet` that is text only.

    `sound`: the question as it was spoken, None if it was written.
    """

    text: str
    quiet: bool
    answer: Future[Answer] = field(default_factory=Future)
    sound: Pcm | None = None


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What holds for the next cycle.

    `instruction`: on one line, without control characters. `steered`: words are wanted at once,
    whatever the scene does. `interrupted`: sound of the previous comment is to be cut off. `cancel`
    is cancelled when these orders no longer hold. `announcement`: words to say as they are, instead
    of a comment; empty if there are none.
    """

    settings: CycleSettings
    profile: Profile
    instruction: str
    question: PendingQuestion | None
    steered: bool
    interrupted: bool
    cancel: CancelToken
    announcement: str = ""


class Control:
    """Holds the settings and questions, and interrupts the running comment when they change.

    `wake` is set whenever the cycle has something new to consider.
    """

    def __init__(self, settings: CycleSettings, profiles: dict[str, Profile]) -> None:
        """Begin with `settings`. Raise ValueError if profile or instruction are bad."""
        self.wake = threading.Event()
        self._lock = threading.Lock()
        self._profiles = profiles
        self._questions: deque[PendingQuestion] = deque()
        self._announcements: deque[str] = deque(maxlen=MAX_ANNOUNCEMENTS)
        self._answering = False  # or announcing: nothing that an announcement may cut off
        self._steered = False
        self._interrupted = False
        self._cancel = CancelToken()
        self._check(settings)
        self._settings = settings

    def profile(self, name: str) -> Profile:
        """Return a profile by name. Raise ValueError that names those there are."""
        if name not in self._profiles:
            raise ValueError(f"profile: {name!r} is not one of {', '.join(self._profiles)}")
        return self._profiles[name]

    @property
    def settings(self) -> CycleSettings:
        """The settings in force: the object that was given."""
        return self._settings

    @property
    def instruction(self) -> str:
        """The instruction in force, on one line, without control characters."""
        return one_line(self._settings.instruction)

    def tune(self, settings: CycleSettings) -> None:
        """Put settings in force; instruction, profile and enabled act at once. Raise ValueError."""
        self._check(settings)
        with self._lock:
            old, self._settings = self._settings, settings
            if _topic(settings) != _topic(old):
                self._interrupt(steered=True)
            elif settings.enabled != old.enabled:
                self._interrupt(steered=settings.enabled)
            self.wake.set()

    def ask(self, question: str, quiet: bool = False, sound: Pcm | None = None) -> Future[Answer]:
        """Queue a question; `sound`: as it was spoken, for an engine that hears.

        Raise ValueError if it is bad or too many are waiting.
        """
        asked = PendingQuestion(checked_question(question), quiet, sound=sound)
        with self._lock:
            if len(self._questions) >= MAX_QUESTIONS:
                raise ValueError(f"{MAX_QUESTIONS} questions are waiting: ask again later")
            self._questions.append(asked)
            if quiet:
                self.wake.set()
            else:
                self._interrupt(steered=self._steered)
        return asked.answer

    def announce(self, text: str) -> None:
        """Have these words said next: a comment gives way, an answer or announcement ends first."""
        with self._lock:
            self._announcements.append(one_line(text))
            if self._answering:
                self.wake.set()
            else:
                self._interrupt(steered=self._steered)

    def announce_again(self, text: str) -> None:
        """Put words that were cut off back at the front of the queue."""
        with self._lock:
            if len(self._announcements) < MAX_ANNOUNCEMENTS:
                self._announcements.appendleft(text)
            self.wake.set()

    def requeue(self, question: PendingQuestion) -> None:
        """Put a question whose answer was cut off back at the front of the queue."""
        with self._lock:
            self._questions.appendleft(question)
            self.wake.set()

    def refuse_questions(self, reason: str) -> None:
        """Answer all that wait with the reason why they can't be; drop what is to be announced."""
        with self._lock:
            questions, self._questions = list(self._questions), deque()
            self._announcements.clear()
        for question in questions:
            question.answer.set_result(Answer(False, reason))

    def interrupt(self) -> None:
        """Stop the running comment and its sound."""
        with self._lock:
            self._interrupt(steered=self._steered)

    def comment_now(self) -> None:
        """Stop the running comment and its sound, and begin another whatever the scene does."""
        with self._lock:
            self._interrupt(steered=True)

    def has_question(self) -> bool:
        """Return whether a question waits."""
        with self._lock:
            return bool(self._questions)

    def has_announcement(self) -> bool:
        """Return whether words wait to be said as they are."""
        with self._lock:
            return bool(self._announcements)

    def urgent(self) -> bool:
        """Return whether words are wanted at once, whatever the scene does."""
        with self._lock:
            return self._steered or bool(self._questions or self._announcements)

    def take_interruption(self) -> bool:
        """Return, once, whether sound that is still playing is to be cut off."""
        with self._lock:
            interrupted, self._interrupted = self._interrupted, False
            return interrupted

    def begin(self) -> Orders:
        """Return the orders for the next cycle; what is taken here counts as begun."""
        with self._lock:
            self._cancel = CancelToken()
            announcement = self._announcements.popleft() if self._announcements else ""
            question = self._questions.popleft() if self._questions and not announcement else None
            self._answering = bool(announcement or question)
            orders = Orders(
                settings=self._settings,
                profile=self._profiles[self._settings.profile],
                instruction=self.instruction,
                question=question,
                steered=self._steered,
                interrupted=self._interrupted,
                cancel=self._cancel,
                announcement=announcement,
            )
            self._interrupted = False
            if not self._answering:
                self._steered = False
            return orders

    def _check(self, settings: CycleSettings) -> None:
        self.profile(settings.profile)
        checked_instruction(settings.instruction)

    def _interrupt(self, steered: bool) -> None:
        self._steered = steered
        self._interrupted = True
        self._cancel.cancel()
        self.wake.set()


def _topic(settings: CycleSettings) -> tuple[str, str]:
    """Return what to talk about and how: a change of it interrupts the running comment."""
    return one_line(settings.instruction), settings.profile
