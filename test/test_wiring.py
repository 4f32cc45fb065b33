from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.engine import EngineError
from video_commentary.wiring import assemble

SETTINGS = CommentatorSettings()
ENGINES = "video_commentary.engines"


def test_the_builtin_engine_gets_the_neural_voice() -> None:
    assembly = assemble(SETTINGS)
    assert "built-in" in assembly.engine.description
    assert "neural" in assembly.voice()
    assert assembly.voice_trouble() == ""


def test_no_voice_as_set_is_no_trouble() -> None:
    assembly = assemble(replace(SETTINGS, voice="none"))
    assert assembly.speaking is None
    assert assembly.voice_trouble() == ""
    assert "text only" in assembly.voice()


def test_no_voice_to_be_had_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    assembly = assemble(replace(SETTINGS, voice="espeak"))
    assert "install espeak-ng" in assembly.voice_trouble()


def test_without_torch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(f"{ENGINES}.minicpmo")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(EngineError, match=r"needs torch.*pip install -r requirements/minicpmo.txt"):
        assemble(replace(SETTINGS, engine="minicpmo"))
