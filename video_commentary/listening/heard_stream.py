"""The chain of one stream, from its sound to what the listener reports of it."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ..config.listener_settings import ListenerSettings
from ..core.audio import Pcm
from ..core.stamp import Stamp, from_seconds
from .barge_in import BargeIn, SpeechSoFar, is_speech
from .echo import PlayedSound
from .intents import ActKind, understand
from .items import BargedIn, Heard, ListeningEvent, Samples, SpeechBegan, Transcript
from .own_words import OwnWords
from .sound_blocks import SoundBlocks
from .speech_detector import SpeechDetector, SpeechStep
from .transcriber import Transcriber, TranscriptionJob
from .utterance import Utterance, UtteranceWords, is_finished
from .utterance_detector import SpeechChange, UtteranceDetector
from .voice_activity import STEP_SECONDS, VoiceActivity
from .wake_word import WakeWord

_LONGEST = 15.0
"""Seconds after which an utterance is cut."""
_SHORTEST = 0.12
"""Seconds of certain speech that an utterance must have to be recognized."""
_PRE_ROLL_STEPS = 10
STALLED = 1.0
"""Seconds without sound, by our clock, after which an utterance has ended."""
_CLEAR = 0.4
"""Confidence from which words are somebody's. Of words that the recognizer made of what was left of
the robot's voice, one in eight had more, of people's who spoke over it four in five."""
_OVERDUE = 3.0
"""Seconds after which the robot is let go on, though an utterance's words are not known yet."""


@dataclass(kw_only=True)
class SharedParts:
    """What all streams of a listener use."""

    settings: ListenerSettings
    network: VoiceActivity
    played: PlayedSound
    own_words: OwnWords
    transcriber: Transcriber
    handle: Callable[[ListeningEvent], None]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))


class HeardStream:
    """Not thread-safe: the listener's thread calls everything."""

    def __init__(self, name: str, shared: SharedParts) -> None:
        self._name = name
        self._shared = shared
        self._blocks = SoundBlocks()
        self._detector = SpeechDetector(shared.network, shared.played)
        self._utterances = UtteranceDetector(shared.settings.end_of_utterance_max, _LONGEST)
        self._barge_in = BargeIn()
        self._wake = WakeWord(shared.settings.wake)
        self._latest: deque[Samples] = deque(maxlen=_PRE_ROLL_STEPS)
        self._current: UtteranceWords | None = None
        self._ended: dict[int, UtteranceWords] = {}
        self._now: Stamp = 0
        self.heard_at = time.monotonic()
        self._ended_at = 0.0

    def tune(self, settings: ListenerSettings) -> None:
        """Take changed settings, which the shared parts have already."""
        self._wake = WakeWord(settings.wake)
        if not settings.barge_in:
            self._release()

    def push(self, pcm: Pcm, stamp: Stamp, speaker: str) -> None:
        """Hear sound. Raise EngineError or ValueError for a format that can't be converted."""
        self.heard_at = time.monotonic()
        for block, begin in self._blocks.push(pcm, stamp):
            if abs(self._blocks.gap) > self._shared.settings.end_of_utterance_max:
                self._restart()
                self._blocks.gap = 0.0
            for step in self._detector.push(block, begin):
                self._take_step(step, speaker)

    def tick(self) -> None:
        """End what has waited too long for sound or for words."""
        now = time.monotonic()
        if now - self.heard_at > STALLED and self._utterances.speaking:
            self._utterances.cut()
            self._end()
        if self._ended and not self._utterances.speaking and now - self._ended_at > _OVERDUE:
            self._release()

    def transcribed(self, job: TranscriptionJob, transcript: Transcript | None) -> None:
        """Take what was recognized."""
        words = self._current
        if words is not None and words.utterance.number == job.utterance:
            if words.take(job, transcript):
                self._take_words(words, transcript or Transcript("", 0.0), whole=job.whole)
            return
        ended = self._ended.get(job.utterance)
        if ended is not None and ended.take(job, transcript) and ended.whole is not None:
            self._report(ended.utterance, ended.whole)

    def close(self) -> None:
        """End the stream; an utterance under way is reported without its end."""
        if self._current is not None:
            self._ended[self._current.utterance.number] = self._current
            self._current = None
        for words in list(self._ended.values()):
            words.cancel()
            self._report(words.utterance, Transcript(words.utterance.words, 0.0))
        self._release()

    def _take_step(self, step: SpeechStep, speaker: str) -> None:
        self._now = step.end
        self._latest.append(step.samples)
        change = self._utterances.push(step.probability, step.level)
        if change is SpeechChange.BEGAN:
            self._begin(step.end, speaker)
        elif self._current is not None:
            self._current.utterance.sound.append(step.samples)
        if change is SpeechChange.ENDED:
            self._end()
        elif self._current is not None:
            robot = step.robot or (
                not self._shared.played.known and self._shared.own_words.speaking(step.end)
            )
            self._go_on(self._current, robot, step.sure and self._shared.played.known)

    def _begin(self, end: Stamp, speaker: str) -> None:
        steps = self._utterances.onset_steps() + 1
        utterance = Utterance(
            number=next(self._shared.numbers),
            stream=self._name,
            speaker=speaker,
            begin=end - from_seconds(steps * STEP_SECONDS),
            sound=list(self._latest),
        )
        utterance.meant = self._wake.strip("", utterance.begin) is not None
        self._current = UtteranceWords(utterance, self._shared.transcriber)
        self._utterances.needed_silence = self._shared.settings.end_of_utterance_max

    def _go_on(self, words: UtteranceWords, robot: bool, sure: bool) -> None:
        utterances, utterance = self._utterances, words.utterance
        utterance.beside_robot |= robot
        utterance.end = utterance.begin + from_seconds(utterances.length - utterances.silence)
        speech = SpeechSoFar(
            length=utterances.length,
            certain=utterances.certain,
            meant=utterance.meant and (sure or utterance.clear),
        )
        if is_speech(speech) and not utterance.announced:
            utterance.announced = True
            self._shared.handle(SpeechBegan(self._name, utterance.speaker, utterance.begin))
        if self._shared.settings.barge_in and not utterance.own:
            state = self._barge_in.update(speech, robot)
            if state is not None:
                self._shared.handle(BargedIn(self._name, state, utterance.begin))
        if utterances.active >= _SHORTEST:
            words.go_on(utterances.length, utterances.silence)
        if words.whole is None:
            utterances.needed_silence = self._shared.settings.end_of_utterance_max

    def _take_words(self, words: UtteranceWords, transcript: Transcript, *, whole: bool) -> None:
        utterance, settings = words.utterance, self._shared.settings
        if whole and is_finished(transcript.text):
            self._utterances.needed_silence = settings.end_of_utterance_min
        utterance.own = self._is_own(utterance, transcript.text)
        if utterance.own:
            self._release()
            return
        text = self._wake.strip(transcript.text, utterance.begin)
        utterance.meant = text is not None
        utterance.addressed = self._wake.addressed(transcript.text)
        if not text or text == utterance.words:
            return
        utterance.words = text
        utterance.clear = utterance.clear or _is_clear(text, transcript.confidence)
        self._shared.handle(self._heard(utterance, text, transcript.confidence, final=False))

    def _is_own(self, utterance: Utterance, text: str) -> bool:
        beside = utterance.beside_robot or not self._shared.played.known
        return beside and self._shared.own_words.matches(text, utterance.begin)

    def _end(self) -> None:
        words, self._current = self._current, None
        if words is None:
            return
        self._ended_at = time.monotonic()
        if not words.utterance.announced and not words.utterance.words:
            words.cancel()  # a click or a cough
            self._release()
            return
        self._ended[words.utterance.number] = words
        if words.finish() and words.whole is not None:
            self._report(words.utterance, words.whole)

    def _report(self, utterance: Utterance, transcript: Transcript) -> None:
        """Report the final words of an utterance that has ended, and let the robot go on."""
        self._ended.pop(utterance.number, None)
        text = self._wake.strip(transcript.text, utterance.begin)
        if self._is_own(utterance, transcript.text):
            text = None
        elif text is not None:
            utterance.addressed = self._wake.addressed(transcript.text)
            self._wake.follow_up(utterance.end)
        if text or utterance.id:
            self._shared.handle(
                self._heard(utterance, text or "", transcript.confidence, final=True)
            )
        if not self._ended and self._current is None:
            self._release()

    def _heard(
        self, utterance: Utterance, text: str, confidence: float, *, final: bool
    ) -> ListeningEvent:
        utterance.id = utterance.id or next(self._shared.ids)
        sent = final and text and self._shared.settings.send_sound
        return Heard(
            id=utterance.id,
            stream=self._name,
            speaker=utterance.speaker,
            text=text,
            final=final,
            begin=utterance.begin,
            end=utterance.end if final else 0,
            confidence=confidence,
            addressed=utterance.addressed,
            sound=utterance.question_sound() if sent else None,
        )

    def _release(self) -> None:
        if (state := self._barge_in.end()) is not None:
            self._shared.handle(BargedIn(self._name, state, self._now))

    def _restart(self) -> None:
        """Begin afresh after a gap in the stream."""
        self._detector.reset()
        self._latest.clear()
        if self._utterances.speaking:
            self._utterances.cut()
            self._end()


def _is_clear(text: str, confidence: float) -> bool:
    """Return whether words are surely somebody's: well understood, or asking for something."""
    return confidence >= _CLEAR or understand(text).kind is not ActKind.NONE
