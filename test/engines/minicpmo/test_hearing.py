"""The engine's ears: sound in pieces of any format, its place in a prompt, what is loaded."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from video_commentary.core.audio import AudioFormat, Pcm
from video_commentary.core.engine import EngineError, hear, hears
from video_commentary.core.stamp import from_seconds
from video_commentary.engines.minicpmo import memory
from video_commentary.engines.minicpmo.checkpoint import Checkpoint
from video_commentary.engines.minicpmo.checkpoint_shapes import HEARING_PREFIXES, hearing_shapes
from video_commentary.engines.minicpmo.config import parse_config, read_config
from video_commentary.engines.minicpmo.engine_factory import from_settings
from video_commentary.engines.minicpmo.hearing.encoder import SoundEncoder
from video_commentary.engines.minicpmo.hearing.hearing import FORMAT, Hearing, load_hearing
from video_commentary.engines.minicpmo.prompt_items import (
    SCENE_SOUND,
    SPOKEN_QUESTION,
    build_items,
)
from video_commentary.engines.minicpmo.settings import MiniCpmoSettings
from video_commentary.engines.minicpmo.vision.image_processing import SlicedImage
from video_commentary.engines.registry import EngineOptions

from .models import CPU
from .test_engine import a_request, said, started
from .test_engine_failures import rewritten

PUBLISHED = {
    "d_model": 1024,
    "encoder_layers": 24,
    "encoder_attention_heads": 16,
    "encoder_ffn_dim": 4096,
}
"""What the published audio_config has; 80 mel bins and 1500 positions are upstream's defaults."""
STEREO = AudioFormat(48_000, 2)


def noise(seconds: float, format: AudioFormat = FORMAT) -> Pcm:
    rng = np.random.default_rng(2)
    count = round(seconds * format.rate)
    samples = rng.normal(0, 3000, count).astype(np.int16)
    return Pcm(np.repeat(samples, format.channels), format)


def cut(pcm: Pcm, lengths: list[int]) -> list[Pcm]:
    ends = np.cumsum(np.array(lengths) * pcm.format.channels)
    return [Pcm(piece, pcm.format) for piece in np.split(pcm.samples, ends) if len(piece)]


def listen(hearing: Hearing, pieces: list[Pcm], begin: float = 0.0) -> None:
    stamp = from_seconds(begin)
    for piece in pieces:
        hearing.hear(piece, stamp)
        stamp += from_seconds(piece.duration)


@pytest.fixture
def hearing(parity: Path) -> Hearing:
    """The ears of the tiny checkpoint."""
    folder = parity / "checkpoint"
    return load_hearing(Checkpoint(folder, CPU), read_config(folder), torch.float32, None)


def embeddings(hearing: Hearing, since: float = -1.0) -> NDArray[np.float32]:
    heard = hearing.since(from_seconds(since), 30)
    return torch.stack([second.embeds for second in heard]).numpy()


def test_seconds_do_not_depend_on_how_the_sound_is_cut(hearing: Hearing, parity: Path) -> None:
    sound = noise(3.5)
    listen(hearing, [sound])
    whole = embeddings(hearing)
    assert whole.shape[:2] == (3, 10)
    ends = [second.end for second in hearing.since(-1, 30)]
    assert ends == [from_seconds(n) for n in (1, 2, 3)]
    folder = parity / "checkpoint"
    other = load_hearing(Checkpoint(folder, CPU), read_config(folder), torch.float32, None)
    listen(other, cut(sound, [160, 15_000, 1000, 30_000]))
    np.testing.assert_array_equal(embeddings(other), whole)
    assert [second.end for second in other.since(-1, 30)] == ends


def test_only_the_newest_seconds_are_given(hearing: Hearing) -> None:
    listen(hearing, cut(noise(33), [16_000] * 32))
    assert len(hearing.since(-1, 99)) == 30
    assert [second.end for second in hearing.since(from_seconds(30), 99)] == [
        from_seconds(n) for n in (31, 32, 33)
    ]
    assert [second.end for second in hearing.since(0, 1)] == [from_seconds(33)]
    assert hearing.since(0, 0) == []


def test_a_gap_begins_another_stream(hearing: Hearing) -> None:
    listen(hearing, [noise(2.5)])
    first = embeddings(hearing)
    listen(hearing, [noise(2)], begin=60)
    # the half second before the gap is no part of what comes after it
    np.testing.assert_array_equal(embeddings(hearing, since=60), first)
    assert not np.array_equal(first[0], first[1])
    # time runs backwards where a bag loops: what was heard is then in the future
    listen(hearing, [noise(1)], begin=5)
    assert [second.end for second in hearing.since(-1, 30)] == [from_seconds(6)]


def test_a_little_jitter_does_not(hearing: Hearing) -> None:
    pieces = cut(noise(2), [16_000])
    hearing.hear(pieces[0], 0)
    hearing.hear(pieces[1], from_seconds(1.2))
    jittered = embeddings(hearing)
    listen(hearing, pieces, begin=100)
    np.testing.assert_array_equal(embeddings(hearing, since=100), jittered)


@pytest.mark.parametrize("format", [STEREO, AudioFormat(8_000), AudioFormat(44_100)])
def test_other_formats_are_converted(hearing: Hearing, format: AudioFormat) -> None:
    time = np.arange(4 * format.rate) / format.rate
    wave = (8000 * np.sin(2 * np.pi * 440 * time)).astype(np.int16)
    listen(hearing, [Pcm(np.repeat(wave, format.channels), format)])
    converted = embeddings(hearing)
    assert len(converted) == 3  # the resampler keeps a little back
    time = np.arange(3 * FORMAT.rate) / FORMAT.rate
    plain = (8000 * np.sin(2 * np.pi * 440 * time)).astype(np.int16)
    listen(hearing, [Pcm(plain, FORMAT)], begin=100)
    scale = np.abs(converted).max()
    assert np.abs(converted - embeddings(hearing, since=100)).max() < 0.5 * scale


def test_silence_clipping_and_too_little_sound(hearing: Hearing) -> None:
    for level in (0, 32767, -32768):
        made = hearing.encode(Pcm(np.full(16_000, level, np.int16), FORMAT))
        assert made is not None
        assert bool(made.isfinite().all())
    assert hearing.encode(noise(0.05)) is None
    assert hearing.encode(Pcm(np.zeros(0, np.int16), FORMAT)) is None


def test_an_encoder_that_is_broken_is_refused(copy: Path) -> None:
    def broken(tensors: dict[str, torch.Tensor]) -> None:
        tensors["apm.layer_norm.bias"][:] = torch.nan

    rewritten(copy, broken)
    with pytest.raises(EngineError, match="hearing computes NaN"):
        started(copy, hear_seconds=4)


def items(hearing: Hearing | None, seconds: int = 4, **request: Any) -> tuple[list[str], str]:
    """Return the items of a prompt with three frames at 0, 0.5 and 1 s, and the prompt's text."""
    asked = replace(a_request(3), **request)
    image = SlicedImage(torch.zeros(14, 14, 3, dtype=torch.uint8))
    frames = [(frame, image, [torch.zeros(64, 4)]) for frame in asked.frames]
    made, prompt = build_items(frames, asked, hearing, seconds)
    kinds = ["frame" if "<image>" in item.placeholder else "sound" for item in made]
    for item in made:
        assert item.placeholder.count("<unk>") == len(item.embeds[0])
    return kinds, prompt.text


def test_sound_stands_after_its_frames_and_a_question_last(hearing: Hearing) -> None:
    written = a_request(3).prompt.text
    assert items(None) == (["frame"] * 3, written)
    assert items(hearing) == (["frame"] * 3, written)
    listen(hearing, [noise(3)], begin=-1.7)  # seconds end at -0.7, 0.3 and 1.3
    kinds, text = items(hearing)
    assert kinds == ["sound", "frame", "sound", "frame", "frame", "sound"]
    assert text == f"{SCENE_SOUND}\n{written}"
    assert items(hearing, 1)[0] == ["frame"] * 3 + ["sound"]
    kinds, text = items(hearing, 0, question_sound=noise(2))
    assert kinds == ["frame"] * 3 + ["sound"]
    assert text == f"{SPOKEN_QUESTION}\n{written}"
    assert items(hearing, 2, question_sound=noise(0.01))[1] == f"{SCENE_SOUND}\n{written}"
    assert items(hearing, frames=()) == ([], written)


def test_the_engine_answers_to_what_it_hears(parity: Path) -> None:
    engine = started(parity / "checkpoint_awq", hear_seconds=4)
    assert hears(engine)
    assert engine.description.endswith("hears")
    request = a_request()
    deaf = said(engine, request)
    asked = replace(request, question_sound=noise(2))
    assert said(engine, asked) != deaf
    assert said(started(parity / "checkpoint_awq"), asked) == deaf  # it does not hear, and comments
    hear(engine, noise(2), 0)
    heard = said(engine, request)
    assert heard not in (deaf, said(engine, asked))
    questions_only = started(parity / "checkpoint_awq", hear_seconds=0)
    hear(questions_only, noise(2), 0)
    assert said(questions_only, request) == deaf
    assert said(questions_only, asked) != deaf
    engine.close()
    assert not hears(engine)
    hear(engine, noise(2), 0)  # of no use now, and no error


def test_a_long_question_that_does_not_fit_says_so(parity: Path) -> None:
    engine = started(parity / "checkpoint", hear_seconds=4)
    with pytest.raises(EngineError, match="context_tokens"):
        said(engine, replace(a_request(), question_sound=noise(100)))


def test_nothing_is_loaded_unless_it_is_to_hear(
    parity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    load = Checkpoint.load

    def watched(checkpoint: Checkpoint, name: str) -> torch.Tensor:
        loaded.append(name)
        return load(checkpoint, name)

    monkeypatch.setattr(Checkpoint, "load", watched)
    ears = set(hearing_shapes(read_config(parity / "checkpoint")))
    for hear_seconds in (None, 0):
        loaded.clear()
        started(parity / "checkpoint", hear_seconds=hear_seconds)
        assert ears & set(loaded) == (set() if hear_seconds is None else ears)


def test_a_checkpoint_without_ears_says_so(copy: Path) -> None:
    def stripped(tensors: dict[str, torch.Tensor], prefix: str) -> None:
        for name in [name for name in tensors if name.startswith(prefix)]:
            del tensors[name]

    rewritten(copy, partial(stripped, prefix="audio_projection_layer.linear2"))
    with pytest.raises(EngineError, match=r"audio_projection_layer\.linear2\.bias is missing"):
        started(copy, hear_seconds=4)
    for prefix in HEARING_PREFIXES:
        rewritten(copy, partial(stripped, prefix=prefix))
    with pytest.raises(EngineError, match=r"can't hear.*hear:=false") as refused:
        started(copy, hear_seconds=4)
    assert not refused.value.retry
    assert said(started(copy), a_request())


def test_the_settings_decide(parity: Path) -> None:
    settings = MiniCpmoSettings(model_path=str(parity / "checkpoint"), device="cpu")
    for wanted in (False, True):
        engine = from_settings(settings, EngineOptions(own_voice=False, hear=wanted))
        engine.load()
        assert hears(engine) == wanted


def test_hearing_counts_into_the_memory_needed(parity: Path) -> None:
    folder = parity / "checkpoint"
    tensors, config = Checkpoint(folder, CPU), read_config(folder)
    needed = partial(memory.bytes_needed, tensors, config, max_seq_len=1024, int8_lm_head=False)
    ears = [name for name in tensors.names() if name.startswith(HEARING_PREFIXES)]
    weights = sum(map(tensors.size, ears))
    assert config.hearing is not None
    encoder = SoundEncoder(lambda name: tensors.load(name).half(), config.hearing)
    assert needed(hear=True) - needed() == weights + encoder.encoder.kv_cache.nbytes


def published(parity: Path) -> Any:
    document = json.loads((parity / "checkpoint" / "config.json").read_text())
    return parse_config(document | {"hidden_size": 4096, "audio_config": PUBLISHED})


def test_published_sizes(parity: Path) -> None:
    config = published(parity)
    shapes = hearing_shapes(config)
    assert sum(torch.Size(shape).numel() for shape in shapes.values()) == 328_196_096
    meta = {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
    encoder = SoundEncoder(meta.__getitem__, config.hearing)
    mel = torch.empty(80, 100, device="meta")
    assert encoder.stream(mel).shape == (10, 4096)
    assert [x.shape[0] for x in encoder.whole([mel, mel[:, :37]])] == [10, 3]
    assert encoder.encoder.kv_cache.shape == (24, 2, 16, 1500, 64)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_it_computes_in_16_bits(hearing: Hearing, parity: Path, dtype: torch.dtype) -> None:
    folder = parity / "checkpoint"
    rounded = load_hearing(Checkpoint(folder, CPU), read_config(folder), dtype, None)
    for each in (hearing, rounded):
        listen(each, [noise(3)])
    exact = embeddings(hearing)
    made = torch.stack([second.embeds for second in rounded.since(-1, 30)])
    assert made.dtype is dtype
    np.testing.assert_allclose(made.float().numpy(), exact, rtol=0, atol=0.05 * exact.std())
