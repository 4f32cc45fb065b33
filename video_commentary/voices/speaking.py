"""Gives a voice to an engine that only writes, or replaces the engine's own voice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..core.audio import OUTPUT_FORMAT, AudioFormat
from ..core.cancel import CancelToken
from ..core.engine import Delta, Engine, EngineError, Request
from ..core.engine_wrapper import EngineWrapper
from ..core.resample import PcmResampler
from ..core.voice import Voice, VoiceError
from .clauses import ClauseSplitter


class SpeakingEngine(EngineWrapper):
    """Wraps an engine and a voice: each clause's sound follows its words.

    A sentence that is given goes to `voice` where the engine's own can't say it.

    If the voice fails, the rest of that comment stays unspoken, and the next comment tries again.
    `trouble` says why; it is empty while the voice works.
    """

    def __init__(self, engine: Engine, voice: Voice, own_first: bool = True) -> None:
        """Speak what `engine` writes with `voice`.

        With `own_first`, an engine that has its own voice after loading uses that.
        """
        super().__init__(engine)
        self._own_first = own_first
        self._voice = voice
        self._loaded = False
        self._failed = False
        self._replaces = False  # whether it has said what the engine's own can't
        self.trouble = ""

    @property
    def voice(self) -> AudioFormat | None:
        """The format of the audio; None while no voice is loaded."""
        if self.speaks_itself:
            return self.inner.voice
        return self._voice.format if self._loaded else None

    @property
    def voice_description(self) -> str:
        """The voice in use, in one line for people."""
        return "the engine's own" if self.speaks_itself else self._voice.description

    @property
    def speaks_itself(self) -> bool:
        """Whether the engine's own voice is in use."""
        return self._own_first and self.inner.voice is not None

    def load(self) -> None:
        """Load the engine, and the voice if needed; if that fails, comments are text only.

        An engine's own voice may come and go between comments: the other is freed or loaded then.
        """
        self.inner.load()
        if self.speaks_itself:
            self._close_voice()
        else:
            self._load_voice()

    def close(self) -> None:
        """Free the engine and the voice."""
        self.inner.close()
        self._close_voice()

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        """Yield text as the engine writes it, and audio after each clause."""
        replaces = self.speaks_itself and bool(request.announcement) and not self.says_given_text
        if self.speaks_itself and self._loaded and not self._replaces:
            self._close_voice()
        self._replaces = self._replaces or replaces
        if not request.speak or (self.speaks_itself and not replaces):
            yield from self.inner.comment(request, cancel)
            return
        if not (self._loaded or self.trouble):
            self._load_voice()
        splitter = ClauseSplitter()
        self._failed = False
        for delta in self.inner.comment(replace(request, speak=False), cancel):
            yield Delta(delta.text, silent=delta.silent, claims=delta.claims)
            for clause in splitter.push(delta.text):
                yield from self._say(clause, cancel)
        for clause in splitter.flush():
            yield from self._say(clause, cancel)
        yield Delta(last=True)

    def _say(self, clause: str, cancel: CancelToken) -> Iterator[Delta]:
        if self._failed:
            return
        format = self.voice or self._voice.format
        try:
            # to itself, unless it stands in for the engine's own
            resampler = PcmResampler(self._voice.format, format)
            for pcm in self._voice.say(clause, cancel):
                yield Delta(pcm=resampler.push(pcm))
            if format != self._voice.format:
                yield Delta(pcm=resampler.flush())
            self.trouble = ""
        except VoiceError as error:
            self.trouble = str(error)
        except Exception as error:  # noqa: BLE001 - text must survive a failing voice
            self.trouble = f"{type(error).__name__}: {error}"
        self._failed = bool(self.trouble)

    def _close_voice(self) -> None:
        self._voice.close()
        self._loaded = False
        self.trouble = ""

    def _load_voice(self) -> None:
        try:
            self._voice.load()
            PcmResampler(self._voice.format, OUTPUT_FORMAT)  # its library may be missing
            self._loaded = True
            self.trouble = ""
        except (VoiceError, EngineError) as error:
            self.trouble = str(error)
