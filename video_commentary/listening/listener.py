"""The listener: sound of several streams in, who speaks and what was said out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..config.listener_settings import ListenerSettings
from ..core.audio import AudioFormat, Pcm
from ..core.engine import EngineError
from ..core.resample import PcmResampler
from ..core.stamp import Stamp
from .echo import PlayedSound
from .heard_stream import HeardStream, SharedParts
from .inbox import Inbox
from .items import ListeningEvent, Recognizer, RecognizerError, Transcript
from .own_words import OwnWords
from .transcriber import Transcriber, TranscriptionJob
from .voice_activity import VoiceActivity

_TICK = 0.25
"""Seconds between two looks at what has waited too long."""
_MOST_STREAMS = 16
_FORGOTTEN = 60.0
"""Seconds without sound after which a stream is forgotten."""


@dataclass(frozen=True, kw_only=True)
class ListenerState:
    """How the listener does.

    `waiting`: seconds of sound that are not analysed yet. `dropped`: seconds of sound that could
    not be, since the start. `unrecognized`: pieces of speech that wait for the recognizer.
    `streams`: names of those that are heard. `trouble`: what is wrong and what to do, empty if all
    is well.
    """

    waiting: float
    dropped: float
    unrecognized: int
    streams: tuple[str, ...]
    trouble: str


class Listener:
    """Hears several streams of sound and reports speech, words and barging in.

    Thread-safe. `handle` is called by the listener's own thread, one call at a time; what it takes
    long for, sound waits for.
    """

    def __init__(
        self,
        settings: ListenerSettings,
        recognizer: Recognizer,
        handle: Callable[[ListeningEvent], None],
    ) -> None:
        self._recognizer = recognizer
        self._inbox = Inbox()
        self._transcriber = Transcriber(recognizer, self._transcribed)
        self._shared = SharedParts(
            settings=settings,
            network=VoiceActivity(),
            played=PlayedSound(),
            own_words=OwnWords(),
            transcriber=self._transcriber,
            handle=handle,
        )
        self._streams: dict[str, HeardStream] = {}
        self._thread = threading.Thread(target=self._run, name="listening", daemon=True)
        self._ended = threading.Event()
        self._trouble = ""

    @property
    def state(self) -> ListenerState:
        """How the listener does now."""
        return ListenerState(
            waiting=self._inbox.waiting,
            dropped=self._inbox.dropped,
            unrecognized=self._transcriber.waiting,
            streams=tuple(self._streams),
            trouble=self._trouble or self._transcriber.trouble,
        )

    def load(self) -> None:
        """Import and load what is heavy, on this thread, and begin to listen.

        Raise RecognizerError, saying what to install or to fetch; may be called again then.
        """
        try:
            PcmResampler(AudioFormat(48_000), AudioFormat(16_000))
        except EngineError as error:
            raise RecognizerError(str(error)) from error
        self._shared.network.load()
        self._recognizer.load()
        self._transcriber.start()
        self._thread.start()

    def tune(self, settings: ListenerSettings) -> None:
        """Take changed settings: wake word, speakers and barging in."""

        def apply() -> None:
            self._shared.settings = settings
            for stream in self._streams.values():
                stream.tune(settings)

        self._inbox.put(apply)

    def hear(self, stream: str, pcm: Pcm, stamp: Stamp, speaker: str = "") -> None:
        """Take sound of a stream, of any rate and one or more channels; never blocks.

        `stamp`: when its first sample was recorded. `speaker`: who speaks, if known.
        """
        if not len(pcm.samples) or self._ended.is_set() or not self._thread.is_alive():
            return
        self._inbox.put_sound(lambda: self._hear(stream, pcm, stamp, speaker), stream, pcm.duration)

    def played(self, pcm: Pcm, stamp: Stamp) -> None:
        """Take sound that the robot's loudspeaker plays, which is due at `stamp`."""
        self._shared.played.push(pcm, stamp)

    def said(self, text: str, stamp: Stamp) -> None:
        """Take words that the robot is saying from `stamp` on."""
        self._inbox.put(lambda: self._shared.own_words.add(text, stamp))

    def forget(self, stream: str) -> None:
        """End a stream and its utterance."""
        self._inbox.put(lambda: self._forget(stream))

    def close(self) -> None:
        """End all threads and close the recognizer; nothing is reported afterwards."""
        self._ended.set()
        self._inbox.put(lambda: None)
        if self._thread.is_alive():
            self._thread.join()
        self._transcriber.close()
        self._recognizer.close()

    def _run(self) -> None:
        ticked = time.monotonic()
        while not self._ended.is_set():
            self._inbox.run_one(_TICK)
            if (now := time.monotonic()) - ticked >= _TICK:
                ticked = now
                self._tick(now)

    def _tick(self, now: float) -> None:
        for name, stream in list(self._streams.items()):
            stream.tick()
            if now - stream.heard_at > _FORGOTTEN:
                self._forget(name)

    def _hear(self, name: str, pcm: Pcm, stamp: Stamp, speaker: str) -> None:
        allowed = [each for each in self._shared.settings.allowed_speakers if each]
        if allowed and speaker and speaker not in allowed:
            return
        stream = self._streams.get(name) or self._add(name)
        try:
            stream.push(pcm, stamp, speaker)
            self._trouble = ""
        except (EngineError, ValueError) as error:
            self._trouble = f"the sound of {name} can't be used: {error}"

    def _add(self, name: str) -> HeardStream:
        if len(self._streams) >= _MOST_STREAMS:
            self._forget(min(self._streams, key=lambda each: self._streams[each].heard_at))
        stream = self._streams[name] = HeardStream(name, self._shared)
        return stream

    def _forget(self, name: str) -> None:
        if (stream := self._streams.pop(name, None)) is not None:
            stream.close()

    def _transcribed(self, job: TranscriptionJob, transcript: Transcript | None) -> None:
        def take() -> None:
            for stream in self._streams.values():
                stream.transcribed(job, transcript)

        self._inbox.put(take)
