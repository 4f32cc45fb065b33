from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from video_commentary.core.audio import AudioFormat, Pcm, write_wav
from video_commentary.core.engine import EngineError
from video_commentary.engines.minicpmo.speech import voice_reference
from video_commentary.engines.minicpmo.speech.voice_reference import (
    VoiceRefusedError,
    cached_voice_path,
    load_voice,
)

from .conftest import DATA


def tone(seconds: float, rate: int = 22_050, channels: int = 1, level: float = 9_000) -> Pcm:
    time = np.arange(int(seconds * rate) * channels) / rate
    wave = (level * np.sin(2 * np.pi * 220 * time) * np.sin(2 * np.pi * time)).astype(np.int16)
    return Pcm(wave, AudioFormat(rate, channels))


@pytest.fixture
def networks(tmp_path: Path) -> Path:
    folder = tmp_path / "token2wav"
    shutil.copytree(DATA / "networks", folder)
    return folder


def test_a_sample_is_prepared_once(
    networks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = tmp_path / "me.wav"
    write_wav(sample, tone(3.5))
    voice = load_voice(sample, networks)
    assert voice.codes.dtype == torch.int64
    assert len(voice.codes) == 87  # 25 a second, whole ones
    assert voice.mel.shape == (174, 80)
    assert voice.speaker.shape == (192,)
    assert voice.mel.isfinite().all() and voice.speaker.isfinite().all()
    assert cached_voice_path(networks, sample.read_bytes()).is_file()

    monkeypatch.setattr(voice_reference, "_prepare", lambda *_: pytest.fail("prepared again"))
    again = load_voice(sample, networks)
    assert torch.equal(again.codes, voice.codes)
    assert torch.equal(again.mel, voice.mel)


def test_another_content_is_another_voice(networks: Path, tmp_path: Path) -> None:
    sample = tmp_path / "me.wav"
    write_wav(sample, tone(3.5))
    first = load_voice(sample, networks)
    write_wav(sample, tone(5))
    assert len(load_voice(sample, networks).codes) > len(first.codes)


@pytest.fixture
def read_only(networks: Path) -> Path:
    """The networks' folder, in which no voice can be saved: a file is in the way, even for root."""
    (networks / "voices").write_text("")
    return networks


def test_a_voice_goes_to_the_users_cache_where_the_folder_is_read_only(
    read_only: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    sample = tmp_path / "me.wav"
    write_wav(sample, tone(3.5))
    voice = load_voice(sample, read_only)
    assert not caplog.records
    assert len(list((tmp_path / "cache" / "video_commentary" / "voices").glob("*.npz"))) == 1
    with monkeypatch.context() as patch:
        patch.setattr(voice_reference, "_prepare", lambda *_: pytest.fail("prepared again"))
        assert torch.equal(load_voice(sample, read_only).mel, voice.mel)
    # the networks of another model make another voice
    other = read_only.rename(tmp_path / "other")
    load_voice(sample, other)
    assert len(list((tmp_path / "cache" / "video_commentary" / "voices").glob("*.npz"))) == 2


def test_folders_that_cannot_be_written_do_not_stop_it(
    read_only: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "cache").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    sample = tmp_path / "me.wav"
    write_wav(sample, tone(3.5))
    assert len(load_voice(sample, read_only).codes)
    assert f"can't be saved in {read_only / 'voices'} (" in caplog.text
    assert str(tmp_path / "cache") in caplog.text


@pytest.mark.parametrize(
    ("pcm", "why"),
    [
        (tone(2.9), "lasts 2.9 s"),
        (tone(30.5), "lasts 30.5 s"),
        (tone(4, rate=8_000), "has 8000 Hz"),
        (tone(4, channels=2), "has 2 channels"),
        (tone(4, level=0), "is silent"),
    ],
)
def test_a_sample_that_will_not_do_says_what_would(
    networks: Path, tmp_path: Path, pcm: Pcm, why: str
) -> None:
    write_wav(tmp_path / "me.wav", pcm)
    with pytest.raises(EngineError, match=why) as caught:
        load_voice(tmp_path / "me.wav", networks)
    assert "16-bit mono WAV file of one person speaking for 3 to 30 s, 16000 Hz or more" in str(
        caught.value
    )
    assert not caught.value.retry


def test_no_sample_and_no_sound(networks: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="can't be read"):
        load_voice(tmp_path / "none.wav", networks)
    (tmp_path / "text.wav").write_text("not a sound")
    with pytest.raises(EngineError, match="not a PCM WAV file"):
        load_voice(tmp_path / "text.wav", networks)


def test_a_damaged_voice_is_prepared_again(
    networks: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sample = tmp_path / "me.wav"
    write_wav(sample, tone(3.5))
    voice = load_voice(sample, networks)
    cached = cached_voice_path(networks, sample.read_bytes())
    content = cached.read_bytes()
    for damaged in (b"", b"half a file", content[: len(content) // 2], content[:-1]):
        cached.write_bytes(damaged)
        caplog.clear()
        assert torch.equal(load_voice(sample, networks).mel, voice.mel)
        assert "damaged" in caplog.text and "preparing it again" in caplog.text
        assert cached.read_bytes() == content
    assert [path.name for path in cached.parent.iterdir()] == [cached.name]


@pytest.mark.parametrize("name", ["campplus.onnx", "speech_tokenizer_v2_25hz.onnx"])
def test_missing_and_damaged_networks(networks: Path, tmp_path: Path, name: str) -> None:
    sample = tmp_path / "me.wav"
    write_wav(sample, tone(3.5))
    content = (networks / name).read_bytes()
    for damaged in (content[: len(content) // 2], b"no network"):
        (networks / name).write_bytes(damaged)
        with pytest.raises(EngineError, match=rf"{name} is damaged .*: fetch the model again"):
            load_voice(sample, networks)
    (networks / name).unlink()
    with pytest.raises(EngineError, match=rf"{name} is missing: fetch the model again") as caught:
        load_voice(sample, networks)
    assert not isinstance(caught.value, VoiceRefusedError)
