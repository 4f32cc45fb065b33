"""The engine with the tiny checkpoint and vocoder: frames in, text and sound out."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from video_commentary.core.audio import AudioFormat
from video_commentary.core.engine import Delta, Limits, Request
from video_commentary.core.frames import Frame
from video_commentary.core.prompting import Profile, Prompt
from video_commentary.engines.minicpmo.engine import MiniCpmoConfig, MiniCpmoEngine
from video_commentary.engines.minicpmo.speech_loading import SpeechOptions

from .token2wav import add_voice

PROFILE = Profile("commentator", "", ())


@pytest.fixture(scope="module", params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def engine(
    request: pytest.FixtureRequest, parity: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MiniCpmoEngine]:
    folder = tmp_path_factory.mktemp("model")
    shutil.copytree(parity / "checkpoint", folder, dirs_exist_ok=True)
    add_voice(folder, parity)
    engine = MiniCpmoEngine(
        MiniCpmoConfig(path=str(folder), device=request.param, speech=SpeechOptions(steps=2))
    )
    engine.load()
    yield engine
    engine.close()


def asked(speak: bool = True, tokens: int = 24) -> Request:
    image = np.random.default_rng(1).integers(0, 255, (96, 128, 3), np.uint8)
    frame = Frame(image=image, stamp=1.0, camera="camera", index=0)
    prompt = Prompt("You comment.", "What happens?", PROFILE)
    return Request((frame,), prompt, Limits(tokens), speak)


def test_deltas_carry_text_and_the_sound_that_says_it(engine: MiniCpmoEngine) -> None:
    assert engine.voice == AudioFormat(24_000)
    deltas = list(engine.comment(asked(), threading.Event()))
    sounding = [delta for delta in deltas if delta.pcm is not None]
    assert sounding and sounding[0].text
    assert all(d.pcm is not None and d.pcm.format == engine.voice for d in sounding)
    assert deltas[-1].last and not any(delta.last for delta in deltas[:-1])


def test_without_speak_there_is_no_sound(engine: MiniCpmoEngine) -> None:
    deltas = list(engine.comment(asked(speak=False), threading.Event()))
    assert all(delta.pcm is None for delta in deltas)
    assert "".join(delta.text for delta in deltas)


def test_cancelled_in_mid_sentence_the_next_comment_is_clean(engine: MiniCpmoEngine) -> None:
    cancel = threading.Event()
    comment = engine.comment(asked(tokens=60), cancel)
    first: Delta = next(delta for delta in comment if delta.pcm is not None)
    assert first.pcm is not None
    cancel.set()
    assert not any(delta.pcm is not None for delta in comment)

    again = list(engine.comment(asked(), threading.Event()))
    assert again[-1].last and any(delta.pcm is not None for delta in again)
