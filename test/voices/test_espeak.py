from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from video_commentary.core.cancel import CancelToken
from video_commentary.core.voice import VoiceError
from video_commentary.voices import espeak
from video_commentary.voices.espeak import EspeakVoice

installed = pytest.mark.skipif(
    espeak.find_program() is None, reason=f"no espeak-ng here: {espeak.INSTALL}"
)


def program(folder: Path, script: str) -> str:
    path = folder / "fake-espeak"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@installed
def test_speaks_german() -> None:
    voice = EspeakVoice("de")
    voice.load()
    parts = list(voice.say("Ein Mann geht über die Straße, 3,5 Meter weit.", CancelToken()))
    assert all(part.format == voice.format and part.duration <= 0.25 for part in parts)
    samples = np.concatenate([part.samples for part in parts])
    assert 1.5 < len(samples) / voice.format.rate < 6
    assert np.abs(samples).max() > 5000


def test_the_older_program_speaks_where_the_newer_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert espeak.find_program() is None
    for name in ("espeak", "espeak-ng"):
        (tmp_path / name).symlink_to("/bin/true")
        assert espeak.find_program() == name
        assert EspeakVoice().description == f"{name} voice (en)"


@installed
@pytest.mark.parametrize("text", ["", " \n", "...", "🙂"])
def test_text_without_words_makes_no_sound(text: str) -> None:
    assert list(EspeakVoice().say(text, CancelToken())) == []


@installed
def test_unknown_language_is_named() -> None:
    with pytest.raises(VoiceError, match="'nowhere'.*--voices"):
        EspeakVoice("nowhere").load()


@installed
def test_text_is_never_an_option() -> None:
    with pytest.raises(VoiceError, match="not the name of a language"):
        EspeakVoice("--help").load()
    assert list(EspeakVoice().say("--help me", CancelToken()))


def child_names() -> list[str]:
    """Return the names of this process's children, zombies too."""
    names = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, rest = stat.read_text().split("(", 1)[1].rsplit(")", 1)
            if int(rest.split()[1]) == os.getpid():
                names.append(name)
    return names


@installed
def test_stops_in_mid_word_and_leaves_no_process() -> None:
    cancel = CancelToken()
    sound = EspeakVoice().say("one two three four five six seven. " * 20, cancel)
    next(sound)
    cancel.cancel()
    assert list(sound) == []
    assert not [name for name in child_names() if "espeak" in name]


def test_absent_program_says_what_to_install() -> None:
    with pytest.raises(VoiceError, match="apt-get install espeak-ng"):
        EspeakVoice(program="no-such-espeak").load()


def test_a_program_that_dies_says_why(tmp_path: Path) -> None:
    voice = EspeakVoice(program=program(tmp_path, "echo 'no data files' >&2; exit 3"))
    with pytest.raises(VoiceError, match="status 3: no data files"):
        list(voice.say("Hello.", CancelToken()))


def test_a_program_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espeak, "_TIMEOUT", 0.3)
    voice = EspeakVoice(program=program(tmp_path, "exec sleep 60"))
    start = time.monotonic()
    with pytest.raises(VoiceError, match="hung"):
        list(voice.say("Hello.", CancelToken()))
    with pytest.raises(VoiceError, match="hangs"):
        voice.load()
    assert time.monotonic() - start < 20


def test_output_that_is_no_wav_is_refused(tmp_path: Path) -> None:
    voice = EspeakVoice(program=program(tmp_path, "echo 'this is not sound at all'"))
    with pytest.raises(VoiceError, match="not a WAV stream"):
        list(voice.say("Hello.", CancelToken()))
