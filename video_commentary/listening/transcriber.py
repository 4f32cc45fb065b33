"""The thread that recognizes: one utterance at a time, what is wanted most first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ..core.cancel import CancelToken
from .items import Recognizer, RecognizerError, Samples, Transcript
from .repetition import without_loop

_MOST = 8
"""Pieces of work that wait; the oldest is given up for a newer one."""


@dataclass(eq=False)
class TranscriptionJob:
    """Sound to recognize. `whole`: an utterance that has probably ended, not its beginning."""

    utterance: int
    samples: Samples
    whole: bool
    token: CancelToken = field(default_factory=CancelToken)


class Transcriber:
    """Runs the recognizer on a thread of its own.

    `done` gets each job that was not cancelled, with its transcript, or None if it failed or was
    given up; on that thread or the submitting one.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        done: Callable[[TranscriptionJob, Transcript | None], None],
    ) -> None:
        self._recognizer = recognizer
        self._done = done
        self._changed = threading.Condition()
        self._waiting: list[TranscriptionJob] = []
        self._running: TranscriptionJob | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="recognizing", daemon=True)
        self.trouble = ""
        """Why the latest recognition failed; empty if it did not."""

    @property
    def waiting(self) -> int:
        """The number of jobs that are not done."""
        with self._changed:
            return len(self._waiting) + (self._running is not None)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def submit(self, job: TranscriptionJob) -> None:
        """Queue `job`, in place of those of the same utterance that still wait."""
        with self._changed:
            if self._closed:
                return
            self._waiting = [each for each in self._waiting if each.utterance != job.utterance]
            self._waiting.append(job)
            given_up = self._waiting.pop(0) if len(self._waiting) > _MOST else None
            running = self._running
            self._changed.notify()
        if job.whole and running is not None and not running.whole:
            running.token.cancel()
        if given_up is not None:
            self._done(given_up, None)

    def cancel(self, job: TranscriptionJob) -> None:
        """Forget `job`, and stop it if it runs: its `done` is not called by us any more."""
        with self._changed:
            if job in self._waiting:
                self._waiting.remove(job)
        job.token.cancel()

    def close(self) -> None:
        """End the thread; a recognition under way is cancelled."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            running = self._running
            self._changed.notify()
        if running is not None:
            running.token.cancel()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            transcript: Transcript | None = None
            try:
                heard = self._recognizer.transcribe(job.samples, job.token)
                transcript = replace(heard, text=without_loop(heard.text))
                self.trouble = ""
            except RecognizerError as error:
                self.trouble = str(error)
            except Exception as error:  # noqa: BLE001 - another package's recognizer may raise any
                self.trouble = f"the recognizer failed ({type(error).__name__}: {error})"
            if not job.token.cancelled:
                self._done(job, transcript)
            with self._changed:
                self._running = None

    def _next(self) -> TranscriptionJob | None:
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            whole = next((each for each in self._waiting if each.whole), self._waiting[0])
            self._waiting.remove(whole)
            self._running = whole
            return whole
