from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from bench.upstream_vocoder import UpstreamVocoder, available
from video_commentary.core.audio import to_int16
from video_commentary.core.engine import EngineError
from video_commentary.engines.minicpmo.speech.flow_stream import SILENT_CODE
from video_commentary.engines.minicpmo.speech.vocoder import Vocoder
from video_commentary.engines.minicpmo.speech.vocoder_loader import load_flow, load_hift

from .token2wav import CPU, LegacyTrimStream, Token2wav, difference

SILENCE = 3840
"""Samples of silence that upstream puts before the first of several chunks; ours leaves it out."""


def say(vocoder: Vocoder | UpstreamVocoder, codes: list[int]) -> list[NDArray[np.float32]]:
    vocoder.start()
    pieces = []
    while len(codes) >= 28:
        pieces.append(vocoder.chunk(codes[:28], False))
        codes = codes[25:]
    return [*pieces, vocoder.chunk(codes, True)]


@pytest.mark.parity
def test_sound_of_every_call(parity: Path) -> None:
    recorded = Token2wav.read(parity)
    vocoder = recorded.vocoder(LegacyTrimStream)
    for _ in range(2):  # the second utterance finds nothing of the first
        vocoder.start()
        for i, call in enumerate(recorded.record["calls"]):
            expected = recorded.arrays[f"call{i}/wav"]
            if i == 0:
                assert not expected[:SILENCE].any()
                expected = expected[SILENCE:]
            assert difference(vocoder.chunk(call["codes"], call["last"]), expected) < 2e-3


@pytest.mark.parity
def test_an_utterance_of_one_chunk(parity: Path) -> None:
    recorded = Token2wav.read(parity)
    sound = recorded.vocoder().chunk(recorded.record["single"]["codes"], True)
    assert difference(sound, recorded.arrays["single/wav"]) < 2e-3


@pytest.mark.parity
def test_pcm_is_truncated_as_upstream_does(parity: Path) -> None:
    recorded = Token2wav.read(parity)
    head = recorded.record["pcm16_head_of_second_call"]
    assert to_int16(recorded.arrays["call1/wav"])[: len(head)].tolist() == head


@pytest.mark.parity
def test_every_code_is_heard_once(parity: Path) -> None:
    """40 ms a code, whatever the chunks; the lookahead doesn't count twice."""
    vocoder = Token2wav.read(parity).vocoder()
    codes = [SILENT_CODE] * 3 + list(range(100, 190))
    assert sum(map(len, say(vocoder, codes))) == 960 * len(codes)


@pytest.mark.parity
def test_a_short_first_chunk_gives_the_same_amount_of_sound(parity: Path) -> None:
    vocoder = Token2wav.read(parity).vocoder()
    codes = [SILENT_CODE] * 3 + list(range(100, 160))
    vocoder.start()
    first = vocoder.chunk(codes[:13], False)
    assert len(first) == 960 * 10 - SILENCE
    rest = [vocoder.chunk(codes[10:38], False), vocoder.chunk(codes[35:], True)]
    assert len(first) + sum(map(len, rest)) == 960 * len(codes)


@pytest.mark.parity
@pytest.mark.skipif(not available(), reason="bench/upstream_vocoder.py says what to install")
def test_the_same_samples_as_minicpmo_utils(parity: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Token2wav.read(parity)
    flow, hift = load_flow(recorded.folder, CPU, torch.float32), load_hift(recorded.folder, CPU)
    noise, source = torch.randn(80, 400), torch.randn(1, 40_000, hift.config.harmonics)
    monkeypatch.setattr(torch, "randn_like", lambda like: source[:, : like.shape[1]])
    steps = 10
    theirs = UpstreamVocoder(flow, hift, recorded.voice, steps, CPU, noise)
    ours = Vocoder(LegacyTrimStream(flow, recorded.voice, steps, noise=noise), hift)
    codes = [SILENT_CODE] * 3 + torch.randint(0, flow.config.vocab_size, (190,)).tolist()
    for a, b in zip(say(ours, codes), say(theirs, codes), strict=True):
        assert difference(a, b) < 2e-3


@pytest.mark.parity
def test_seams_are_no_rougher_than_the_sound_itself(parity: Path) -> None:
    """The offline way, all mel frames at once, has no seams: ours must not stand out against it."""
    recorded = Token2wav.read(parity)
    vocoder = recorded.vocoder()
    frames: list[torch.Tensor] = []
    original = vocoder._flow_stream.chunk

    def listening(codes: list[int], last: bool) -> torch.Tensor:
        frames.append(original(codes, last).clone())
        return frames[-1]

    vocoder._flow_stream.chunk = listening  # type: ignore[method-assign]
    generator = torch.Generator().manual_seed(1)
    codes = torch.randint(0, SILENT_CODE, (128,), generator=generator).tolist()
    pieces = say(vocoder, codes)
    with torch.inference_mode():
        mel = torch.cat(frames, dim=1)[None]
        hift = load_hift(recorded.folder, CPU)
        offline = hift(mel, torch.zeros(1, 1, 0))[0][0].numpy()
    sound, ends = np.concatenate(pieces), np.cumsum([len(piece) for piece in pieces])[:-1]
    assert len(sound) == len(offline)
    roughest = np.abs(np.diff(offline)).max()
    for end in ends:
        around = sound[end - 200 : end + SILENCE + 200]
        assert np.abs(np.diff(around)).max() <= 1.25 * roughest


def test_a_missing_or_broken_file_says_which(parity: Path, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"flow\.pt can't be read .* fetch the model again"):
        load_flow(tmp_path, CPU, torch.float32)
    (tmp_path / "hift.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(EngineError, match=r"hift\.pt isn't what it should be"):
        load_hift(tmp_path, CPU)
    state = torch.load(parity / "token2wav" / "flow.pt", weights_only=True)
    del state["encoder_proj.bias"]
    torch.save(state, tmp_path / "flow.pt")
    with pytest.raises(EngineError, match=r"encoder_proj\.bias"):
        load_flow(tmp_path, CPU, torch.float32)


def test_nan_in_the_sound_is_an_error_and_the_next_utterance_is_clean(parity: Path) -> None:
    vocoder = Token2wav.read(parity).vocoder()
    codes = list(range(100, 128))
    expected = say(vocoder, codes)
    vocoder.start()
    stream = vocoder._flow_stream
    with torch.inference_mode():
        stream._cache.k_cache[..., stream._prompt_frames :, :] = float("nan")
    with pytest.raises(EngineError, match="vocoder computed NaN"):
        vocoder.chunk(codes, False)
    for ours, wanted in zip(say(vocoder, codes), expected, strict=True):
        assert difference(ours, wanted) < 1e-5
