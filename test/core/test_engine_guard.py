from __future__ import annotations

import threading
import time

import pytest

from test.fakes import FakeEngine, frame
from video_commentary.core import engine_guard as guard
from video_commentary.core.engine import EngineError, Limits, Request
from video_commentary.core.engine_guard import EngineGuard
from video_commentary.core.prompting import Profile, build_prompt

FRAMES = (frame(1.0),)
REQUEST = Request(
    FRAMES, build_prompt(Profile("p", "", ()), "", "", [], FRAMES), Limits(10), speak=False
)


def said(engine: EngineGuard, cancel: threading.Event) -> str:
    return "".join(delta.text for delta in engine.comment(REQUEST, cancel))


def test_words_pass_through() -> None:
    assert said(EngineGuard(FakeEngine(), 1.0), threading.Event()) == "Hello there."


@pytest.mark.parametrize("error", [EngineError("out of memory"), RuntimeError("boom")])
def test_errors_pass_as_engine_errors(error: Exception) -> None:
    with pytest.raises(EngineError, match=str(error)):
        said(EngineGuard(FakeEngine(lambda _: ["a", error]), 1.0), threading.Event())


def test_a_hung_engine_is_reported_and_refused_until_it_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "GRACE", 0.05)
    release = threading.Event()
    fake = FakeEngine(lambda _: ["a ", release, "b"])
    engine = EngineGuard(fake, 0.5)
    with pytest.raises(EngineError, match="engine_timeout"):
        said(engine, threading.Event())
    with pytest.raises(EngineError, match="hangs"):
        said(engine, threading.Event())
    engine.close()
    assert fake.closed == 0
    release.set()
    fake.script = lambda _: ["fine"]
    monkeypatch.setattr(guard, "GRACE", 10.0)
    assert said(engine, threading.Event()) == "fine"
    engine.close()
    assert fake.closed == 1


def test_cancel_returns_at_once_though_the_engine_does_not() -> None:
    release = threading.Event()
    engine = EngineGuard(FakeEngine(lambda _: ["a ", release, "b"]), 10.0)
    cancel = threading.Event()
    deltas = engine.comment(REQUEST, cancel)
    assert next(deltas).text == "a "
    cancel.set()
    began = time.monotonic()
    assert list(deltas) == []
    assert time.monotonic() - began < 5  # the engine waits for 10
    release.set()
