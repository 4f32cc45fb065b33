"""An engine that can be made to say given words."""

from __future__ import annotations

from collections.abc import Iterator

from .cancel import CancelToken
from .engine import Delta, Request
from .engine_wrapper import EngineWrapper


class AnnouncingEngine(EngineWrapper):
    """Answers a request with an announcement itself, with its words; all others go to `inner`."""

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        """Yield the announcement, or the inner engine's comment. Raise EngineError."""
        if request.announcement:
            yield Delta(request.announcement, last=True)
        else:
            yield from self.inner.comment(request, cancel)
