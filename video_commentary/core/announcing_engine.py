"""An engine that can be made to say given words, and the memory's."""

from __future__ import annotations

from collections.abc import Iterator

from .cancel import CancelToken
from .engine import Delta, EngineError, Request
from .engine_wrapper import EngineWrapper
from .remembered import Remembered


class AnnouncingEngine(EngineWrapper):
    """Says an announcement and the memory's answer itself; all else is for `inner`.

    `inner` gets an announcement to speak if its own voice can, and a question about the past if it
    has a language model to word the answer. If that fails, the words are still said as text.
    """

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        """Yield the announcement, or the inner engine's comment or answer. Raise EngineError."""
        if request.announcement:
            speaks = request.speak and self.says_given_text and self.voice is not None
            deltas = self.inner.comment(request, cancel) if speaks else iter(())
            yield from _surely(deltas, request.announcement)
        elif request.remembered:
            worded = self.reads_prompt and bool(request.remembered.entries)
            deltas = self.inner.comment(request, cancel) if worded else iter(())
            yield from _naming_entries(deltas, request.remembered)
        else:
            yield from self.inner.comment(request, cancel)


def _surely(deltas: Iterator[Delta], text: str) -> Iterator[Delta]:
    """Yield the words of `deltas`; if there are none, whatever went wrong, yield `text`."""
    said = False
    try:
        for delta in deltas:
            if delta.text or delta.pcm:
                yield Delta(delta.text, delta.pcm, claims=delta.claims)
                said = said or bool(delta.text.strip())
    except EngineError:
        if said:
            raise
    yield Delta("" if said else text, last=True)


def _naming_entries(deltas: Iterator[Delta], remembered: Remembered) -> Iterator[Delta]:
    """Yield an answer, and at its end the times of the entries, unless it names one."""
    text = ""
    for delta in _surely(deltas, remembered.answer):
        text += delta.text
        if delta.last:
            yield Delta(delta.text + remembered.unnamed(text), last=True)
        else:
            yield delta
