"""Whisper with its fetched weights, and recognizers by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from test.listening.conftest import Hearing, pause, wave
from video_commentary.config.listener_settings import ListenerSettings
from video_commentary.config.paths import model_file
from video_commentary.core.audio import AudioFormat
from video_commentary.core.cancel import CancelToken
from video_commentary.listening.items import RecognizerError, Transcript
from video_commentary.listening.registry import create_recognizer
from video_commentary.listening.transcription_server import TranscriptionServer
from video_commentary.listening.whisper import WhisperRecognizer

needs_weights = pytest.mark.skipif(
    not model_file("ears/model.bin").is_file(), reason="needs `fetch_model ears`"
)


@needs_weights
@pytest.mark.parametrize(
    ("format", "gain"),
    [
        (AudioFormat(16_000), 1.0),
        (AudioFormat(8_000), 1.0),
        (AudioFormat(44_100, 2), 1.0),
        (AudioFormat(48_000), 4.0),
    ],
    ids=["plain", "telephone", "stereo", "clipped"],
)
def test_a_sentence_is_understood_from_end_to_end(
    hearing: Callable[..., Hearing], format: AudioFormat, gain: float
) -> None:
    robot = hearing(create_recognizer(ListenerSettings()))
    sound = np.concatenate([pause(1.0), wave("only_the_cars"), pause(1.5)])
    robot.hear(np.clip(sound * gain, -1, 1).astype(np.float32), format=format)
    robot.settle()
    assert [event.text.lower() for event in robot.final] == ["only talk about the cars."]
    assert robot.final[0].confidence > 0.5


@needs_weights
def test_silence_has_no_words_and_a_cancelled_request_none() -> None:
    recognizer = WhisperRecognizer()
    recognizer.load()
    token = CancelToken()
    token.cancel()
    assert recognizer.transcribe(wave("only_the_cars"), token) == Transcript("", 0.0)
    assert recognizer.transcribe(np.zeros(0, np.float32), CancelToken()).text == ""
    recognizer.close()
    with pytest.raises(RecognizerError, match="load"):
        recognizer.transcribe(wave("only_the_cars"), CancelToken())


@needs_weights
def test_an_english_model_refuses_other_languages() -> None:
    with pytest.raises(RecognizerError, match="multilingual"):
        WhisperRecognizer(language="de").load()


def test_missing_weights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "video_commentary.listening.whisper.model_file", lambda name: tmp_path / name
    )
    with pytest.raises(RecognizerError, match="fetch_model ears"):
        WhisperRecognizer().load()


def test_recognizers_are_chosen_by_name() -> None:
    url = "http://127.0.0.1:9/v1"
    chosen = create_recognizer(ListenerSettings(recognizer="openai", recognizer_url=url))
    assert isinstance(chosen, TranscriptionServer)
    assert "127.0.0.1" in chosen.description
    assert isinstance(create_recognizer(ListenerSettings()), WhisperRecognizer)
    with pytest.raises(RecognizerError, match="whisper, openai"):
        create_recognizer(ListenerSettings(recognizer="ears"))
