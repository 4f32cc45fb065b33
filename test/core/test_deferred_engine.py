from __future__ import annotations

import threading
from typing import ClassVar

import pytest

from test.fakes import FORMAT, FakeEngine, FakeVoice, frame, tone
from video_commentary.core.audio import Pcm
from video_commentary.core.cancel import CancelToken
from video_commentary.core.deferred_engine import DeferredEngine
from video_commentary.core.engine import EngineError, Limits, Request, hear, hears, voice_trouble
from video_commentary.core.engine_guard import EngineGuard
from video_commentary.core.engine_wrapper import EngineWrapper
from video_commentary.core.facts import FrameFacts
from video_commentary.core.frames import Frame
from video_commentary.core.load_progress import LoadProgress
from video_commentary.core.prompting import Profile, Prompt
from video_commentary.core.stamp import Stamp
from video_commentary.voices.speaking import SpeakingEngine

REQUEST = Request((frame(1.0),), Prompt("", "", Profile("p", "", ())), Limits(9), False)


def test_the_engine_is_made_on_the_thread_that_loads_it() -> None:
    made_on: list[threading.Thread] = []

    def create() -> FakeEngine:
        made_on.append(threading.current_thread())
        return FakeEngine(voice=FORMAT, look_fps=5.0)

    engine = DeferredEngine("heavy", create, LoadProgress())
    assert engine.description == "heavy, not loaded"
    assert (engine.look_fps, engine.voice, voice_trouble(engine)) == (0.0, None, "")
    engine.look(frame(0.0))
    engine.close()
    with pytest.raises(EngineError, match="not loaded"):
        engine.comment(REQUEST, CancelToken())
    loader = threading.Thread(target=engine.load)
    loader.start()
    loader.join(10)
    assert made_on == [loader]
    assert (engine.description, engine.look_fps, engine.voice) == ("fake", 5.0, FORMAT)
    said = list(engine.comment(REQUEST, CancelToken()))
    assert "".join(delta.text for delta in said) == "Hello there."


def test_it_is_made_once_however_often_it_is_loaded() -> None:
    engines = [FakeEngine()]
    engines[0].loads = [EngineError("no model yet")]
    engine = DeferredEngine("heavy", engines.pop, LoadProgress())
    with pytest.raises(EngineError, match="no model yet"):
        engine.load()
    engine.load()
    engine.close()
    engine.load()
    assert not engines


def test_what_can_not_be_made_is_tried_again() -> None:
    missing = [EngineError("install torch")]

    def create() -> FakeEngine:
        if missing:
            raise missing.pop()
        return FakeEngine()

    engine = DeferredEngine("heavy", create, LoadProgress())
    with pytest.raises(EngineError, match="install torch"):
        engine.load()
    engine.load()
    assert engine.description == "fake"


def test_why_an_engine_has_no_voice_passes_through() -> None:
    class Short(FakeEngine):
        voice_trouble = "no room for the voice"

    engine = DeferredEngine("heavy", Short, LoadProgress())
    engine.load()
    assert voice_trouble(EngineWrapper(engine)) == "no room for the voice"
    assert voice_trouble(EngineWrapper(FakeEngine())) == ""


def test_what_the_engine_sees_comes_through_all_that_wraps_it() -> None:
    def stated(shown: Frame) -> FrameFacts:
        return FrameFacts(camera=shown.camera, stamp=shown.stamp)

    deferred = DeferredEngine("seeing", lambda: FakeEngine(facts=stated), LoadProgress())
    wrapped = EngineGuard(SpeakingEngine(deferred, FakeVoice()), timeout=5.0)
    assert wrapped.look(frame(1.0)) is None, "it is not made yet"
    wrapped.load()
    assert wrapped.look(frame(2.0)) == stated(frame(2.0))
    assert EngineGuard(FakeEngine(), timeout=5.0).look(frame(2.0)) is None


def test_sound_comes_through_all_that_wraps_an_engine() -> None:
    class Hearing(FakeEngine):
        hears = True
        heard: ClassVar[list[tuple[Pcm, Stamp]]] = []

        def hear(self, pcm: Pcm, stamp: Stamp) -> None:
            self.heard.append((pcm, stamp))

    deferred = DeferredEngine("hearing", Hearing, LoadProgress())
    wrapped = EngineGuard(SpeakingEngine(deferred, FakeVoice()), timeout=5.0)
    hear(wrapped, tone(0.1), 1)
    assert not hears(wrapped), "it is not made yet"
    wrapped.load()
    assert hears(wrapped)
    sound = tone(0.2)
    hear(wrapped, sound, 2)
    assert Hearing.heard == [(sound, 2)]
    deaf = EngineGuard(FakeEngine(), timeout=5.0)
    hear(deaf, sound, 3)
    assert not hears(deaf)
