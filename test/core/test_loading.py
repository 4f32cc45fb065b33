from __future__ import annotations

import threading
import time

import pytest

from test.fakes import FakeEngine
from video_commentary.core import loading
from video_commentary.core.backoff import Backoff
from video_commentary.core.engine import EngineError
from video_commentary.core.loading import Loader


def failed(loader: Loader) -> str:
    """Wait for the error of a try and return it."""
    end = time.monotonic() + 10
    while not loader.error and time.monotonic() < end:
        time.sleep(0.01)
    return loader.error


def test_it_tries_until_it_works() -> None:
    engine = FakeEngine()
    errors = [EngineError("model missing: run fetch_model awq")]
    repaired = threading.Event()

    def load() -> None:
        if errors:
            raise errors.pop()
        repaired.wait(20)

    engine.load = load  # type: ignore[method-assign]
    loader = Loader(engine)
    loader.start()
    assert failed(loader) == "model missing: run fetch_model awq"
    assert not loader.ready.is_set()
    repaired.set()
    assert loader.ready.wait(10)
    assert loader.error == ""
    loader.close()
    assert engine.closed == 1


def test_what_only_a_setting_can_cure_is_tried_again_when_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "Backoff", lambda: Backoff(0.01, 0.01))
    engine = FakeEngine()
    tried = threading.Semaphore(0)
    errors: list[Exception] = [EngineError("server_url is empty: name a server", retry=False)] * 2

    def load() -> None:
        tried.release()
        if errors:
            raise errors.pop()

    engine.load = load  # type: ignore[method-assign]
    took: list[float] = []
    loader = Loader(engine, on_ready=took.append)
    loader.start()
    assert failed(loader) == "server_url is empty: name a server"
    for _ in range(2):
        assert tried.acquire(timeout=10)
        assert not tried.acquire(timeout=0.1)  # not by itself
        loader.try_again()
    assert loader.ready.wait(10)
    loader._thread.join(10)
    assert len(took) == 1
    assert loader.error == ""
    loader.close()


def test_closing_ends_the_wait_for_a_setting() -> None:
    engine = FakeEngine()
    engine.loads = [EngineError("server_url is empty: name a server", retry=False)]
    loader = Loader(engine)
    loader.start()
    failed(loader)
    loader.close()
    loader._thread.join(10)
    assert not loader._thread.is_alive()
    assert engine.closed == 0


def test_closing_ends_the_wait_between_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "Backoff", lambda: Backoff(60.0, 60.0))
    engine = FakeEngine()
    engine.loads = [RuntimeError("no")] * 10
    loader = Loader(engine)
    loader.start()
    assert failed(loader) == "RuntimeError: no"
    loader.close()
    loader._thread.join(10)
    assert not loader._thread.is_alive()
    assert engine.closed == 0


def test_closing_does_not_wait_for_a_long_load_which_frees_itself() -> None:
    engine = FakeEngine()
    begun, end = threading.Event(), threading.Event()

    def load() -> None:
        begun.set()
        end.wait(20)

    engine.load = load  # type: ignore[method-assign]
    loader = Loader(engine)
    loader.start()
    assert begun.wait(5)
    began = time.monotonic()
    loader.close()
    assert time.monotonic() - began < 5  # the load waits for 20
    assert engine.closed == 0
    end.set()
    loader._thread.join(5)
    assert engine.closed == 1
    assert not loader.ready.is_set()
