"""An engine that only writes, given a voice; or another voice than its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..core.audio import AudioFormat
from ..core.engine import SILENCE, Cancel, Delta, Engine, Request
from ..core.engine_wrapper import EngineWrapper
from ..core.voice import Voice, VoiceError
from .clauses import ClauseSplitter


class SpeakingEngine(EngineWrapper):
    """Wraps an engine and a voice: each clause's sound follows its words.

    A voice that fails leaves the rest of that comment unspoken, and is tried again with the next;
    `trouble` says why, and is empty while it works.
    """

    def __init__(self, engine: Engine, voice: Voice, own_first: bool = True) -> None:
        """Let `voice` say what `engine` writes.

        With `own_first`, an engine that has a voice of its own once it is loaded speaks itself.
        """
        super().__init__(engine)
        self._own_first = own_first
        self._voice = voice
        self._loaded = False
        self._failed = False
        self.trouble = ""

    @property
    def voice(self) -> AudioFormat | None:
        """The format of what speaks; None while nothing does."""
        if self._speaks_itself:
            return self.inner.voice
        return self._voice.format if self._loaded else None

    @property
    def voice_description(self) -> str:
        """What speaks, in one line for people."""
        return "the engine's own" if self._speaks_itself else self._voice.description

    @property
    def _speaks_itself(self) -> bool:
        return self._own_first and self.inner.voice is not None

    def load(self) -> None:
        """Load the engine, and the voice if it is needed; without it the engine still writes."""
        self.inner.load()
        if not self._speaks_itself:
            self._load_voice()

    def close(self) -> None:
        """Free both."""
        self.inner.close()
        self._voice.close()
        self._loaded = False

    def comment(self, request: Request, cancel: Cancel) -> Iterator[Delta]:
        """Yield each piece of text at once, and sound clause by clause."""
        if not request.speak or self._speaks_itself:
            yield from self.inner.comment(request, cancel)
            return
        splitter = ClauseSplitter()
        self._failed = False
        for delta in self.inner.comment(replace(request, speak=False), cancel):
            yield Delta(delta.text, claims=delta.claims)
            for clause in splitter.push(delta.text):
                yield from self._say(clause, cancel)
        for clause in splitter.flush():
            yield from self._say(clause, cancel)
        yield Delta(last=True)

    def _say(self, clause: str, cancel: Cancel) -> Iterator[Delta]:
        if clause == SILENCE or self._failed:
            return
        try:
            for pcm in self._voice.say(clause, cancel):
                yield Delta(pcm=pcm)
            self.trouble = ""
        except VoiceError as error:
            self.trouble = str(error)
        except Exception as error:  # noqa: BLE001 - a voice that dies leaves the text
            self.trouble = f"{type(error).__name__}: {error}"
        self._failed = bool(self.trouble)

    def _load_voice(self) -> None:
        try:
            self._voice.load()
            self._loaded = True
            self.trouble = ""
        except VoiceError as error:
            self.trouble = str(error)
