"""The engine with the tiny checkpoint and vocoder: frames in, text and sound out."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import torch

from video_commentary.core.audio import AudioFormat
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import Delta, Limits, Request
from video_commentary.core.frames import Frame
from video_commentary.core.prompting import Profile, Prompt
from video_commentary.engines.minicpmo.engine import MiniCpmoEngine
from video_commentary.engines.minicpmo.language.sampling import SamplingParams
from video_commentary.engines.minicpmo.model_loader import MiniCpmoConfig
from video_commentary.engines.minicpmo.speech.speech_loader import SpeechOptions

from .token2wav import add_voice

Result = TypeVar("Result")
PROFILE = Profile("commentator", "", ())


@pytest.fixture(scope="module", params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def engine(
    request: pytest.FixtureRequest, parity: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MiniCpmoEngine]:
    folder = with_a_voice(parity, tmp_path_factory.mktemp("model"))
    engine = speaking(folder, request.param)
    engine.load()
    yield engine
    engine.close()


def with_a_voice(parity: Path, folder: Path) -> Path:
    shutil.copytree(parity / "checkpoint", folder, dirs_exist_ok=True)
    add_voice(folder, parity)
    return folder


def speaking(folder: Path, device: str) -> MiniCpmoEngine:
    return MiniCpmoEngine(
        MiniCpmoConfig(
            model_path=str(folder),
            device=device,
            sampling=SamplingParams(greedy=True),
            speech=SpeechOptions(steps=2),
        )
    )


def said(engine: MiniCpmoEngine, request: Request) -> list[Delta]:
    return list(engine.comment(request, CancelToken()))


def in_a_thread(work: Callable[[], Result]) -> Result:
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(work).result()


def asked(speak: bool = True, tokens: int = 24) -> Request:
    image = np.random.default_rng(1).integers(0, 255, (96, 128, 3), np.uint8)
    frame = Frame(image=image, stamp=1_000_000_000, camera="camera", index=0)
    prompt = Prompt("You comment.", "What happens?", PROFILE)
    return Request((frame,), prompt, Limits(tokens), speak)


def test_deltas_carry_text_and_the_sound_that_says_it(engine: MiniCpmoEngine) -> None:
    assert engine.voice == AudioFormat(24_000)
    deltas = list(engine.comment(asked(), CancelToken()))
    sounding = [delta for delta in deltas if delta.pcm is not None]
    assert sounding and sounding[0].text
    assert all(d.pcm is not None and d.pcm.format == engine.voice for d in sounding)
    assert deltas[-1].last and not any(delta.last for delta in deltas[:-1])


def test_without_speak_there_is_no_sound(engine: MiniCpmoEngine) -> None:
    deltas = list(engine.comment(asked(speak=False), CancelToken()))
    assert all(delta.pcm is None for delta in deltas)
    assert "".join(delta.text for delta in deltas)


def test_cancelled_in_mid_sentence_the_next_comment_is_clean(engine: MiniCpmoEngine) -> None:
    cancel = CancelToken()
    comment = engine.comment(asked(tokens=60), cancel)
    first: Delta = next(delta for delta in comment if delta.pcm is not None)
    assert first.pcm is not None
    cancel.cancel()
    assert not any(delta.pcm is not None for delta in comment)

    again = list(engine.comment(asked(), CancelToken()))
    assert again[-1].last and any(delta.pcm is not None for delta in again)


def test_given_words_are_said_as_they_are(engine: MiniCpmoEngine) -> None:
    words = "The door (at the left) opens: go on, and hold on to the rail please."
    given = replace(asked(), frames=(), announcement=words)
    deltas = said(engine, given)
    assert deltas[0] == Delta(words)
    assert all(not delta.text for delta in deltas[1:])
    assert sum(delta.pcm.duration for delta in deltas if delta.pcm is not None) > 0.5
    assert deltas[-1].last

    cancel = CancelToken()
    comment = engine.comment(given, cancel)
    next(delta for delta in comment if delta.pcm is not None)
    cancel.cancel()
    assert not any(delta.pcm is not None for delta in comment)
    assert [d.text for d in said(engine, replace(given, announcement="(&)"))] == ["(&)"]
    assert any(delta.pcm is not None for delta in said(engine, asked())), "a comment after it"


@pytest.mark.parametrize("name", ["assets/token2wav/flow.pt", "assets/token2wav/hift.pt"])
def test_with_a_damaged_vocoder_it_writes(parity: Path, tmp_path: Path, name: str) -> None:
    folder = with_a_voice(parity, tmp_path)
    (folder / name).write_bytes(b"")
    engine = speaking(folder, "cpu")
    engine.load()
    assert engine.voice is None
    deltas = list(engine.comment(asked(), CancelToken()))
    assert deltas[-1].last and all(delta.pcm is None for delta in deltas)


@pytest.mark.gpu
def test_close_gives_the_memory_back(parity: Path, tmp_path: Path) -> None:
    def allocated() -> int:
        torch._C._cuda_clearCublasWorkspaces()  # which torch keeps for itself
        return torch.cuda.memory_allocated()

    engine = speaking(with_a_voice(parity, tmp_path), "cuda")
    before = allocated()
    for _ in range(2):
        engine.load()
        assert engine.voice
        assert any(delta.pcm for delta in engine.comment(asked(), CancelToken()))
        loaded = allocated()
        engine.close()
        print(f"{before} bytes before, {loaded} loaded, {allocated()} closed")
        assert loaded - before > 5_000_000
        assert allocated() - before < 500_000


LAUNCHES = """
import sys
from pathlib import Path
from triton import knobs
from test.engines.minicpmo import narrow_heads
from test.engines.minicpmo.test_engine_speech import speaking
from video_commentary.engines.minicpmo.language.attention import Attention
Attention.decode, Attention.prefill = narrow_heads.decode, narrow_heads.prefill
one_by_one, at_once = [], []
def note(**found):
    (at_once if found["is_manual_warmup"] else one_by_one).append(found["fn"].name)
knobs.runtime.jit_post_compile_hook = note
speaking(Path(sys.argv[1]), "cuda").load()
assert not one_by_one and len(at_once) > 10, (one_by_one, at_once)
"""


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
@pytest.mark.parametrize("checkpoint", ["checkpoint", "checkpoint_awq"])
def test_no_kernel_is_compiled_at_its_launch(checkpoint: str, parity: Path, tmp_path: Path) -> None:
    folder = with_a_voice(parity, tmp_path)
    for file in (parity / checkpoint).iterdir():
        shutil.copy(file, folder)
    # in a process of its own: here other tests have compiled some
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHES, str(folder)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.gpu
@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")
def test_the_second_gpu_says_what_the_first_says(parity: Path, tmp_path: Path) -> None:
    folder = with_a_voice(parity, tmp_path)
    texts, sounds = [], []
    for device in ("cuda:0", "cuda:1"):
        engine = speaking(folder, device)
        used = torch.cuda.memory_allocated(0)
        # as in the node: one thread loads, another looks, each comment has one of its own
        in_a_thread(engine.load)
        in_a_thread(partial(engine.look, asked().frames[0]))
        assert engine.voice
        if device == "cuda:1":
            assert torch.cuda.memory_allocated(0) == used
        for speak in (False, True):
            deltas = in_a_thread(partial(said, engine, asked(speak=speak)))
            texts.append("".join(delta.text for delta in deltas))
            sounds.append(sum(delta.pcm is not None for delta in deltas))
        engine.close()
    assert texts[:2] == texts[2:] and all(texts)
    assert sounds[0] == sounds[2] == 0 and sounds[1] and sounds[3]
