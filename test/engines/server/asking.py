"""Asking an engine, the way the commentator does."""

from __future__ import annotations

from dataclasses import replace

from test.core.test_engine_guard import REQUEST
from test.fakes import frame
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import Engine, Limits, Request

FRAMES = tuple(frame(float(i)) for i in range(4))


def request(max_tokens: int = 16, speak: bool = False, start: int = 0) -> Request:
    """Return a request for four frames, of which those of `start` 0 are always the same."""
    frames = FRAMES[start:] + tuple(frame(float(4 + i)) for i in range(start))
    return replace(REQUEST, frames=frames, limits=Limits(max_tokens), speak=speak)


def ask(engine: Engine, asked: Request | None = None) -> list[str]:
    """Return the pieces of text of one comment."""
    deltas = engine.comment(asked or request(), CancelToken())
    return [delta.text for delta in deltas if delta.text]
