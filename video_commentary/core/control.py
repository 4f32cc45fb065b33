"""What users want of the commentator: set on any thread, acted on by the cycle."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass

from .announcement_queue import Announcement, AnnouncementQueue, SpeechPriority
from .audio import Pcm
from .cancel import CancelToken
from .cycle_settings import CycleSettings
from .hold import Hold
from .prompting import Profile, checked_instruction, one_line
from .questions import SPOKEN_OVER, WITHDRAWN, Answer, PendingQuestion

MAX_QUESTIONS = 8
"""Questions that may wait for their answer; more are refused, none is dropped."""


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What holds for the next cycle.

    `instruction`: on one line, without control characters. `steered`: words are wanted at once,
    whatever the scene does. `interrupted`: sound of the previous comment is to be cut off. `cancel`
    is cancelled when these orders no longer hold. `announcement`: said instead of
    a comment.
    """

    settings: CycleSettings
    profile: Profile
    instruction: str
    question: PendingQuestion | None
    steered: bool
    interrupted: bool
    cancel: CancelToken
    announcement: Announcement | None = None


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
        self._announcements = AnnouncementQueue()
        self._running: PendingQuestion | Announcement | None = None  # None for a comment
        self._begun = False  # whether words of what runs have come
        self._steered = False
        self._interrupted = False
        self._dropped = False  # what is cut off now is not said again
        self._held = Hold.NOTHING
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
        return self.ask_pending(PendingQuestion(question, quiet, sound=sound))

    def ask_pending(self, asked: PendingQuestion) -> Future[Answer]:
        """Queue a question; return its `answer`. Raise ValueError if too many are waiting."""
        with self._lock:
            if len(self._questions) >= MAX_QUESTIONS:
                raise ValueError(f"{MAX_QUESTIONS} questions are waiting: ask again later")
            self._questions.append(asked)
            if asked.quiet:
                self.wake.set()
            else:
                self._interrupt(steered=self._steered)
        asked.cancel.on_cancel(lambda: self._withdraw(asked))
        return asked.answer

    def _withdraw(self, asked: PendingQuestion) -> None:
        """End a question that waits, or the answer to it that is being given."""
        with self._lock:
            if asked in self._questions:
                self._questions.remove(asked)
            elif self._running is not asked:
                return
            elif asked.quiet:
                self._cancel.cancel()
                return
            else:
                self._interrupt(steered=self._steered)
                return
        asked.answer.set_result(Answer(False, WITHDRAWN))

    def say(
        self,
        text: str,
        priority: SpeechPriority = SpeechPriority.NORMAL,
        *,
        interrupt: bool = False,
    ) -> None:
        """Have a sentence said before the next comment, and after what is being said.

        With `interrupt`, that is stopped at once, and not said again unless it is an answer. Raise
        ValueError if the text is bad or too many are waiting.
        """
        announcement = Announcement(text, priority)
        with self._lock:
            self._announcements.add(announcement)
            if interrupt:
                if isinstance(self._running, Announcement):
                    self._running = None
                self._interrupt(steered=self._steered)
            else:
                self._hold_back_comment()
                self.wake.set()

    def announce(self, text: str) -> None:
        """Have an alert said next: a comment gives way, an answer or a sentence ends first."""
        with self._lock:
            self._announcements.add(Announcement(text, SpeechPriority.ALERT))
            if self._running:
                self.wake.set()
            else:
                self._interrupt(steered=self._steered)

    def begin_words(self) -> None:
        """Note that words of what runs come now: a comment no longer gives way to a sentence."""
        with self._lock:
            self._begun = not self._cancel.cancelled

    def say_again(self, announcement: Announcement) -> None:
        """Put a sentence that was cut off back at the front, unless it was to be stopped."""
        with self._lock:
            if self._running is announcement and not self._dropped:
                self._announcements.put_back(announcement)
            self.wake.set()

    def requeue(self, question: PendingQuestion) -> None:
        """Put a question whose answer was cut off back at the front.

        If it was cancelled, or somebody spoke, it is over instead.
        """
        with self._lock:
            over = SPOKEN_OVER if self._dropped else ""
            if question.cancel.cancelled:
                over = WITHDRAWN
            if over:
                self._running = None
            else:
                self._questions.appendleft(question)
            self.wake.set()
        if over:
            question.answer.set_result(Answer(False, over))

    def refuse_questions(self, reason: str) -> None:
        """Answer all that wait with the reason why they can't be; drop the sentences that wait."""
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

    @property
    def held(self) -> Hold:
        """What waits at present."""
        return self._held

    def hold(self, held: Hold) -> None:
        """Have comments wait, or everything; then what is being said is dropped at once.

        COMMENTS lasts until an instruction, or until the caller ends it.
        """
        with self._lock:
            if held is Hold.EVERYTHING and self._held is not held:
                self._dropped = True
                self._interrupt(steered=self._steered)
            self._held = held
            self.wake.set()

    def has_question(self) -> bool:
        """Return whether a question waits."""
        with self._lock:
            return bool(self._questions)

    def next_announcement(self) -> Announcement | None:
        """Return the sentence to be said next; None if none waits, or a question is more urgent."""
        with self._lock:
            return self._announcements.first(self._least())

    def urgent(self) -> bool:
        """Return whether an answer or a comment is wanted at once, whatever the scene does."""
        with self._lock:
            return self._steered or bool(self._questions)

    def take_interruption(self) -> bool:
        """Return, once, whether sound that is still playing is to be cut off."""
        with self._lock:
            interrupted, self._interrupted = self._interrupted, False
            return interrupted

    def begin(self, *, announcement: bool = False) -> Orders:
        """Return the orders for the next cycle; what is taken here counts as begun.

        `announcement`: whether what is said now has ended, so that one may begin.
        """
        with self._lock:
            self._cancel = CancelToken()
            self._dropped = False
            said = self._announcements.take(self._least()) if announcement else None
            question = self._questions.popleft() if self._questions and not said else None
            self._running = said or question
            self._begun = False
            if not self._running and self._announcements:
                self._hold_back_comment()  # one has come since the caller looked
            orders = Orders(
                settings=self._settings,
                profile=self._profiles[self._settings.profile],
                instruction=self.instruction,
                question=question,
                steered=self._steered,
                interrupted=self._interrupted,
                cancel=self._cancel,
                announcement=said,
            )
            self._interrupted = False
            if not self._running:
                self._steered = False
            return orders

    def _least(self) -> SpeechPriority:
        """Return the priority from which on a sentence comes before the questions that wait."""
        return SpeechPriority.HIGH if self._questions else SpeechPriority.NORMAL

    def _hold_back_comment(self) -> None:
        """Have a comment that runs give way, unless words of it have come."""
        if not (self._running or self._begun):
            self._cancel.cancel()

    def _check(self, settings: CycleSettings) -> None:
        self.profile(settings.profile)
        checked_instruction(settings.instruction)

    def _interrupt(self, steered: bool) -> None:
        if steered and self._held is Hold.COMMENTS:
            self._held = Hold.NOTHING
        self._steered = steered
        self._interrupted = True
        self._cancel.cancel()
        self.wake.set()


def _topic(settings: CycleSettings) -> tuple[str, str]:
    """Return what to talk about and how: a change of it interrupts the running comment."""
    return one_line(settings.instruction), settings.profile
