from __future__ import annotations

from pathlib import Path

import pytest
import torch

from video_commentary.engines.minicpmo.speech.flow_stream import cache_bytes
from video_commentary.engines.minicpmo.speech.vocoder_weights import load_flow

from .token2wav import CPU, Token2wav, difference

pytestmark = pytest.mark.parity


def test_hearing_the_sample_leaves_the_recorded_caches(parity: Path) -> None:
    recorded = Token2wav.read(parity)
    stream = recorded.flow_stream()
    heard, kept = stream._encoded, len(recorded.arrays["prompt_mel"])
    convolutions = torch.cat([heard.ahead, heard.up], dim=1)[None]
    assert difference(convolutions, recorded.arrays["setup/conformer_cnn"]) < 1e-3
    # recorded doubled in time, to lie in one tensor with the rate of mel frames
    doubled = heard.token[0].repeat(1, 2, 1)[None]
    assert difference(doubled, recorded.arrays["setup/conformer_att_layer0"]) < 1e-3
    assert difference(heard.mel[-1][None], recorded.arrays["setup/conformer_att_last"]) < 1e-3
    cache = stream._cache
    both = torch.cat([cache.keys[0, 0], cache.values[0, 0]], dim=-1)[:, :, :kept]
    assert difference(both, recorded.arrays["setup/estimator_att_step0_layer0"]) < 1e-3
    last = torch.cat([cache.conv[-1, -1, 0], cache.conv[-1, -1, 1]], dim=-1).transpose(1, 2)
    assert difference(last, recorded.arrays["setup/estimator_cnn_last"]) < 1e-3


@pytest.mark.parametrize(("legacy", "prefix"), [(True, ""), (False, "trim107/")])
def test_mel_of_every_call(parity: Path, legacy: bool, prefix: str) -> None:
    recorded = Token2wav.read(parity)
    stream = recorded.flow_stream(legacy_trim=legacy)
    with torch.inference_mode():
        for turn in range(2):  # the second finds nothing of the first
            stream.start()
            for i, call in enumerate(recorded.record["calls"]):
                mel = stream.chunk(call["codes"], call["last"])
                assert difference(mel, recorded.arrays[f"{prefix}call{i}/mel"]) < 1e-3, (turn, i)
                assert len(stream._order) == call["att_cache_len_after"]


def test_the_whole_at_once(parity: Path) -> None:
    recorded = Token2wav.read(parity)
    stream = recorded.flow_stream()
    with torch.inference_mode():
        mel = stream.chunk(recorded.record["single"]["codes"], True)
    assert difference(mel, recorded.arrays["single/mel"]) < 1e-3


def test_padding_a_chunk_changes_nothing(parity: Path) -> None:
    """On a GPU every chunk is padded to one width, so that one graph serves all."""
    recorded = Token2wav.read(parity)
    stream = recorded.flow_stream()
    calls = recorded.record["calls"]
    with torch.inference_mode():
        exact = [stream.chunk(call["codes"], call["last"]) for call in calls]
        stream = recorded.flow_stream()
        place = stream._place

        def padded(frames: int, width: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
            assert width == frames
            return place(frames, 56)

        solve = stream._solve_chunk

        def solve_padded(
            mu: torch.Tensor, cond: torch.Tensor, noise: torch.Tensor, *where: torch.Tensor
        ) -> tuple[torch.Tensor, ...]:
            extra = 56 - len(mu)
            grow = (0, 0, 0, extra)
            junk = torch.nn.functional.pad(noise, grow, value=3.0)
            mu, cond = (torch.nn.functional.pad(x, grow) for x in (mu, cond))
            return solve(mu, cond, junk, *where)

        stream._place = padded  # type: ignore[method-assign]
        stream._solve = solve_padded  # type: ignore[assignment]
        for call, expected in zip(calls, exact, strict=True):
            torch.testing.assert_close(
                stream.chunk(call["codes"], call["last"]), expected, atol=1e-4, rtol=0
            )


def test_memory_is_bounded_by_the_sample(parity: Path) -> None:
    recorded = Token2wav.read(parity)
    stream = recorded.flow_stream()
    kept = len(recorded.arrays["prompt_mel"])
    with torch.inference_mode():
        for _ in range(12):
            stream.chunk(recorded.record["calls"][0]["codes"], False)
            assert len(stream._order) <= kept + 100
            assert stream._heard.mel.shape[2] <= kept + 100
    cache = stream._cache
    flow = load_flow(recorded.folder, CPU, torch.float32)
    held = cache.keys.nbytes + cache.values.nbytes
    held += stream._template.keys.nbytes + stream._template.values.nbytes
    assert cache_bytes(flow, recorded.voice, recorded.record["n_timesteps"]) == held


def test_fewer_steps_are_another_solution(parity: Path) -> None:
    recorded = Token2wav.read(parity)
    recorded.record["n_timesteps"] = 4
    stream = recorded.flow_stream()
    with torch.inference_mode():
        mel = stream.chunk(recorded.record["calls"][0]["codes"], False)
    assert mel.isfinite().all()
    assert 1e-3 < difference(mel, recorded.arrays["call0/mel"]) < 5
