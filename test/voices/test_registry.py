from __future__ import annotations

import importlib.util
import re
import shutil

import pytest

from video_commentary.voices.espeak import EspeakVoice
from video_commentary.voices.neural import NeuralVoice
from video_commentary.voices.registry import create_voice


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
    assert isinstance(create_voice(name, language).voice, kind)


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
    choice = create_voice(name, language)
    assert choice.voice is None
    assert re.search(says, choice.detail)


def test_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="auto, neural, espeak, none"):
        create_voice("loud", "en")
