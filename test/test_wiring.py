from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from test.fakes import FORMAT, FakeEngine, FakeVoice
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.engine import EngineError
from video_commentary.core.engine_guard import EngineGuard
from video_commentary.voices.speaking import SpeakingEngine
from video_commentary.wiring import Assembly, assemble, engine_judges

SETTINGS = CommentatorSettings()
MINICPMO = "video_commentary.engines.minicpmo"


def test_the_builtin_engine_gets_the_neural_voice() -> None:
    assembly = assemble(SETTINGS)
    assert "built-in" not in assembly.engine.description
    assembly.engine.load()
    assert "built-in" in assembly.engine.description
    assert "neural" in assembly.voice()
    assert assembly.voice_trouble() == ""


@pytest.mark.parametrize(
    ("engine", "facts", "observed"),
    [("test.fakes:FakeEngine", True, True), ("test.fakes:FakeEngine", False, False)]
    + [("builtin", True, False)],
)
def test_the_builtin_engine_watches_beside_others_only(
    engine: str, facts: bool, observed: bool
) -> None:
    observer = assemble(replace(SETTINGS, engine=engine, facts=facts, voice="none")).observer
    assert (observer is not None) is observed
    if observer:
        observer.load()
        assert "built-in" in observer.description
        assert "text" not in observer.description


@pytest.mark.parametrize(
    ("engine", "judges"),
    [
        ("builtin", False),
        ("minicpmo", True),
        ("server", True),
        ("test.core.judging:JudgingFake", True),
        ("test.fakes:FakeEngine", False),
        ("nowhere", False),
    ],
)
def test_whether_an_engine_judges_is_known_before_it_is_made(engine: str, judges: bool) -> None:
    assert engine_judges(replace(SETTINGS, engine=engine)) is judges


def test_no_voice_as_set_is_no_trouble() -> None:
    assembly = assemble(replace(SETTINGS, voice="none"))
    assert assembly.speaking is None
    assert assembly.voice_trouble() == ""
    assert "text only" in assembly.voice()


def test_no_voice_to_be_had_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    assembly = assemble(replace(SETTINGS, voice="espeak"))
    assert "install espeak-ng" in assembly.voice_trouble()


def test_sentences_are_text_only_where_no_voice_can_say_given_words() -> None:
    silent = assemble(replace(CommentatorSettings(), voice="none"))
    assert silent.given_text_trouble().startswith("there is no voice")
    own = FakeEngine(voice=FORMAT)
    assembly = Assembly(EngineGuard(own, 1.0), own, None, "")
    assert "voice:=neural" in assembly.given_text_trouble()
    spoken = SpeakingEngine(own, FakeVoice())
    spoken.load()
    assert Assembly(EngineGuard(spoken, 1.0), own, spoken, "").given_text_trouble() == ""


def test_without_torch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(MINICPMO)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(EngineError, match=r"needs torch.*pip install -r requirements/minicpmo.txt"):
        assemble(replace(SETTINGS, engine="minicpmo")).engine.load()


def test_a_function_that_returns_an_engine_is_enough() -> None:
    engine = assemble(replace(SETTINGS, engine="test.fakes:FakeEngine", voice="none")).engine
    assert engine.description == "test.fakes:FakeEngine, not loaded"
    engine.load()
    assert engine.description == "fake"


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ("test.fakes:Absent", "engine test.fakes:Absent can't be used .*AttributeError"),
        ("test.fakes:tone", "engine test.fakes:tone can't be used .*TypeError"),
        ("gpt", "'gpt' is not one of builtin, minicpmo, server, package.module:attribute"),
    ],
)
def test_what_is_no_engine_is_an_error_that_trying_again_does_not_help(
    engine: str, words: str
) -> None:
    with pytest.raises(EngineError, match=words) as caught:
        assemble(replace(SETTINGS, engine=engine, voice="none")).engine.load()
    assert not caught.value.retry
