"""One utterance: its sound, and the words recognized of it while it lasts and when it has ended."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from ..core.audio import AudioFormat, Pcm, to_int16
from ..core.questions import MAX_QUESTION_SECONDS
from ..core.stamp import Stamp
from .items import RATE, Samples, Transcript
from .own_words import words_of
from .transcriber import Transcriber, TranscriptionJob

_FIRST_PARTIAL = 0.6
_NEXT_PARTIAL = 0.8
"""Seconds of an utterance until its first words are recognized, and then between two times."""
EARLY = 0.2
"""Seconds of silence after which an utterance is recognized as if it had ended."""
_UNFINISHED = re.compile(
    r"\b(an?|the|and|or|but|if|when|while|of|to|my|your|his|their|is|are)\W*$", re.IGNORECASE
)
"""Words after which a sentence goes on, whatever mark the recognizer sets after them."""


@dataclass(eq=False)
class Utterance:
    """What is known of one.

    `id`: 0 until something of it was reported. `begin`, `end`: stamps of the speech. `announced`:
    whether it was reported that somebody speaks. `meant`, `addressed`: whether it is for the robot,
    and begins with the wake word. `beside_robot`: whether the robot spoke meanwhile. `own`: whether
    the words are the robot's. `words`: the latest that were reported. `clear`: whether any of them
    are surely somebody's. `sound`: steps of 32 ms.
    """

    number: int
    stream: str
    speaker: str
    begin: Stamp
    end: Stamp = 0
    id: int = 0
    announced: bool = False
    beside_robot: bool = False
    own: bool = False
    meant: bool = False
    addressed: bool = False
    words: str = ""
    clear: bool = False
    sound: list[Samples] = field(default_factory=list)

    def question_sound(self) -> Pcm | None:
        """Return its sound, the newest seconds that ~/ask takes; None if there is none."""
        if not self.sound:
            return None
        newest = np.concatenate(self.sound)[-int(MAX_QUESTION_SECONDS * RATE) :]
        return Pcm(to_int16(newest), AudioFormat(RATE))


class UtteranceWords:
    """Has an utterance recognized in time."""

    def __init__(self, utterance: Utterance, transcriber: Transcriber) -> None:
        self.utterance = utterance
        self._transcriber = transcriber
        self._partial_at = _FIRST_PARTIAL
        self._partial: TranscriptionJob | None = None
        self._whole: TranscriptionJob | None = None
        self.whole: Transcript | None = None
        """What was said, if it has been recognized up to the latest silence."""

    def go_on(self, length: float, silence: float) -> None:
        """Have recognized what is due, `length` seconds after the utterance began."""
        if silence >= EARLY:
            if self._whole is None:
                self._whole = self._submit(whole=True)
            return
        if self._whole is not None:
            self._transcriber.cancel(self._whole)
            self._whole, self.whole = None, None
        if length >= self._partial_at and not self._transcriber.waiting:
            self._partial_at = length + _NEXT_PARTIAL
            self._partial = self._submit(whole=False)

    def finish(self) -> bool:
        """Have the whole utterance recognized if it is not; return whether it is."""
        if self._whole is None:
            self._whole = self._submit(whole=True)
        return self.whole is not None

    def take(self, job: TranscriptionJob, transcript: Transcript | None) -> bool:
        """Take a transcript; return whether it is news."""
        if job is self._whole:
            self.whole = transcript or Transcript("", 0.0)
            return True
        return job is self._partial and transcript is not None

    def cancel(self) -> None:
        """Stop recognizing."""
        for job in (self._partial, self._whole):
            if job is not None:
                self._transcriber.cancel(job)

    def _submit(self, *, whole: bool) -> TranscriptionJob:
        samples = np.concatenate(self.utterance.sound or [np.zeros(RATE // 10, np.float32)])
        job = TranscriptionJob(self.utterance.number, samples, whole)
        self._transcriber.submit(job)
        return job


def is_finished(text: str) -> bool:
    """Return whether a transcript looks like the whole of a sentence, or like nothing."""
    if not words_of(text):
        return True
    return text.rstrip().endswith((".", "?", "!")) and not _UNFINISHED.search(text)
