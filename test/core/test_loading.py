from __future__ import annotations

import threading
import time

from test.fakes import FakeEngine
from video_commentary.core.engine import EngineError
from video_commentary.core.loading import Loader


def test_it_tries_until_it_works() -> None:
    engine = FakeEngine()
    engine.loads = [EngineError("model missing: run fetch_model awq")]
    loader = Loader(engine)
    assert not loader.ready.wait(0.5)
    assert loader.error == "model missing: run fetch_model awq"
    assert loader.ready.wait(5.0)
    assert loader.error == ""
    loader.close()
    assert engine.closed == 1


def test_closing_ends_the_wait_between_tries() -> None:
    engine = FakeEngine()
    engine.loads = [RuntimeError("no")] * 10
    loader = Loader(engine)
    time.sleep(0.1)
    began = time.monotonic()
    loader.close()
    assert time.monotonic() - began < 0.9
    assert engine.closed == 0


def test_closing_does_not_wait_for_a_long_load_which_frees_itself() -> None:
    engine = FakeEngine()
    begun, end = threading.Event(), threading.Event()

    def load() -> None:
        begun.set()
        end.wait(20)

    engine.load = load  # type: ignore[method-assign]
    loader = Loader(engine)
    assert begun.wait(5)
    began = time.monotonic()
    loader.close()
    assert time.monotonic() - began < 1.5
    assert engine.closed == 0
    end.set()
    loader._thread.join(5)
    assert engine.closed == 1
    assert not loader.ready.is_set()
