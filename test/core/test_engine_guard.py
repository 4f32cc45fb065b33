from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from test.fakes import FakeEngine, frame
from video_commentary.core import engine_guard as guard
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import Delta, EngineError, Limits, Request
from video_commentary.core.engine_guard import EngineGuard
from video_commentary.core.prompting import Profile, build_prompt

FRAMES = (frame(1.0),)
REQUEST = Request(
    FRAMES, build_prompt(Profile("p", "", ()), "", "", [], FRAMES), Limits(10), speak=False
)


def said(engine: EngineGuard, cancel: CancelToken) -> str:
    return "".join(delta.text for delta in engine.comment(REQUEST, cancel))


def test_words_pass_through() -> None:
    assert said(EngineGuard(FakeEngine(), 1.0), CancelToken()) == "Hello there."


@pytest.mark.parametrize(
    ("error", "said_of_it"),
    [
        (EngineError("load it again"), "^load it again$"),
        (RuntimeError("boom"), "^RuntimeError: boom$"),
        (MemoryError(), "out of memory: end other programs"),
    ],
)
def test_errors_pass_as_engine_errors(error: Exception, said_of_it: str) -> None:
    with pytest.raises(EngineError, match=said_of_it):
        said(EngineGuard(FakeEngine(lambda _: ["a", error]), 1.0), CancelToken())


def test_a_hung_engine_is_reported_and_refused_until_it_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "GRACE", 0.05)
    release = threading.Event()
    fake = FakeEngine(lambda _: ["a ", release, "b"])
    engine = EngineGuard(fake, 0.5)
    with pytest.raises(EngineError, match="engine_timeout"):
        said(engine, CancelToken())
    with pytest.raises(EngineError, match="hangs"):
        said(engine, CancelToken())
    engine.close()
    assert fake.closed == 0
    release.set()
    fake.script = lambda _: ["fine"]
    monkeypatch.setattr(guard, "GRACE", 10.0)
    assert said(engine, CancelToken()) == "fine"
    engine.close()
    assert fake.closed == 1


def test_cancel_returns_at_once_though_the_engine_does_not() -> None:
    release = threading.Event()
    engine = EngineGuard(FakeEngine(lambda _: ["a ", release, "b"]), 10.0)
    cancel = CancelToken()
    deltas = engine.comment(REQUEST, cancel)
    assert next(deltas).text == "a "
    cancel.cancel()
    began = time.monotonic()
    assert list(deltas) == []
    assert time.monotonic() - began < 5  # the engine waits for 10
    release.set()


def test_cancel_reaches_the_engine_while_nobody_asks_for_more() -> None:
    release, stopped = threading.Event(), threading.Event()

    class Watching(FakeEngine):
        def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
            cancel.on_cancel(stopped.set)
            yield from super().comment(request, cancel)

    engine = EngineGuard(Watching(lambda _: ["a ", release]), 10.0)
    cancel = CancelToken()
    deltas = engine.comment(REQUEST, cancel)
    assert next(deltas).text == "a "
    cancel.cancel()
    assert stopped.is_set()
    release.set()


def test_an_error_after_cancelling_is_nobodys_business() -> None:
    engine = EngineGuard(FakeEngine(lambda _: ["a ", EngineError("too late")]), 10.0)
    cancel = CancelToken()
    deltas = engine.comment(REQUEST, cancel)
    assert next(deltas).text == "a "
    assert engine._thread is not None
    engine._thread.join(10)
    cancel.cancel()
    assert list(deltas) == []
