from __future__ import annotations

import importlib.util
import re
import shutil

import pytest

from test.fakes import FakeVoice
from video_commentary.config.settings import CommentatorSettings
from video_commentary.voices.espeak import EspeakVoice
from video_commentary.voices.neural import NeuralVoice
from video_commentary.voices.registry import VoiceChoice, create_voice


def chosen(name: str, language: str) -> VoiceChoice:
    return create_voice(CommentatorSettings(voice=name, voice_language=language))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Pretend that the neural voice and espeak-ng are or aren't installed."""
    find = importlib.util.find_spec

    def have(*, neural: bool, espeak: bool) -> None:
        monkeypatch.setattr(
            importlib.util,
            "find_spec",
            lambda name: neural or None if name in ("hibari", "onnxruntime") else find(name),
        )
        monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/x" if espeak else None)

    return have


@pytest.mark.parametrize(
    ("name", "language", "neural", "espeak", "kind"),
    [
        ("auto", "en", True, True, NeuralVoice),
        ("auto", "en_GB", True, False, NeuralVoice),
        ("auto", "en", False, True, EspeakVoice),
        ("auto", "de", True, True, EspeakVoice),
        ("espeak", "en", True, True, EspeakVoice),
        ("neural", "en-us", True, False, NeuralVoice),
    ],
)
def test_chooses(machine, name, language, neural, espeak, kind) -> None:  # type: ignore[no-untyped-def]
    machine(neural=neural, espeak=espeak)
    assert isinstance(chosen(name, language).voice, kind)


@pytest.mark.parametrize(
    ("name", "language", "says"),
    [
        ("none", "en", "as set"),
        ("auto", "en", "hibari-tts.*espeak-ng"),
        ("auto", "fr", "'fr'.*apt-get install espeak-ng"),
        ("espeak", "fr", "apt-get install espeak-ng"),
        ("neural", "en", "pip install hibari-tts"),
        ("neural", "fr", "set voice to espeak"),
    ],
)
def test_without_a_voice_says_what_to_do(machine, name, language, says) -> None:  # type: ignore[no-untyped-def]
    machine(neural=False, espeak=False)
    choice = chosen(name, language)
    assert choice.voice is None
    assert re.search(says, choice.detail)


def test_an_object_without_settings_is_a_voice() -> None:
    assert isinstance(chosen("test.fakes:FakeVoice", "en").voice, FakeVoice)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("loud", "'loud' is not one of auto, none, neural, espeak, package.module:attribute"),
        ("test.fakes:Loud", "voice test.fakes:Loud can't be used .*no attribute 'Loud'"),
        ("test.fakes:FORMAT", "neither a plug-in nor a function"),
        ("test.fakes:tone", "TypeError"),
        ("video_commentary.sources.registry:TEST", "of type SourcePlugin, not VoicePlugin"),
    ],
)
def test_what_is_no_voice_leaves_the_text_and_is_named(name: str, says: str) -> None:
    choice = chosen(name, "en")
    assert choice.voice is None
    assert re.search(f"Text only: .*{says}", choice.detail)
