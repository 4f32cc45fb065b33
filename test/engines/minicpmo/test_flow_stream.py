from __future__ import annotations

from pathlib import Path

import pytest
import torch

from video_commentary.engines.minicpmo.speech.flow_stream import FlowStream, cache_bytes
from video_commentary.engines.minicpmo.speech.vocoder_loader import load_flow

from .token2wav import CPU, LegacyTrimStream, Token2wav, difference

pytestmark = pytest.mark.parity


def test_the_voice_prompt_leaves_the_recorded_caches(parity: Path) -> None:
    recorded = Token2wav.read(parity)
    stream = recorded.flow_stream()
    encoder, kept = stream._prompt_encoder_cache, len(recorded.arrays["prompt_mel"])
    convolutions = torch.cat([encoder.lookahead_conv, encoder.up_conv], dim=1)[None]
    assert difference(convolutions, recorded.arrays["setup/conformer_cnn"]) < 1e-3
    # recorded doubled in time, to lie in one tensor with the rate of mel frames
    doubled = encoder.token_kv[0].repeat(1, 2, 1)[None]
    assert difference(doubled, recorded.arrays["setup/conformer_att_layer0"]) < 1e-3
    assert difference(encoder.mel_kv[-1][None], recorded.arrays["setup/conformer_att_last"]) < 1e-3
    cache = stream._cache
    both = torch.cat([cache.k_cache[0, 0], cache.v_cache[0, 0]], dim=-1)[:, :, :kept]
    assert difference(both, recorded.arrays["setup/estimator_att_step0_layer0"]) < 1e-3
    last = torch.cat([cache.conv[-1, -1, 0], cache.conv[-1, -1, 1]], dim=-1).transpose(1, 2)
    assert difference(last, recorded.arrays["setup/estimator_cnn_last"]) < 1e-3


@pytest.mark.parametrize(("kind", "prefix"), [(LegacyTrimStream, ""), (FlowStream, "trim107/")])
def test_mel_of_every_call(parity: Path, kind: type[FlowStream], prefix: str) -> None:
    recorded = Token2wav.read(parity)
    stream = recorded.flow_stream(kind)
    with torch.inference_mode():
        for turn in range(2):  # the second finds nothing of the first
            stream.start()
            for i, call in enumerate(recorded.record["calls"]):
                mel = stream.chunk(call["codes"], call["last"])
                assert difference(mel, recorded.arrays[f"{prefix}call{i}/mel"]) < 1e-3, (turn, i)
                assert len(stream._slot_order) == call["att_cache_len_after"]


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
        map_slots = stream._map_slots

        def padded(frames: int, width: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
            assert width == frames
            return map_slots(frames, 56)

        solve = stream._solve_chunk

        def solve_padded(
            mu: torch.Tensor, cond: torch.Tensor, noise: torch.Tensor, *where: torch.Tensor
        ) -> torch.Tensor:
            extra = 56 - len(mu)
            grow = (0, 0, 0, extra)
            junk = torch.nn.functional.pad(noise, grow, value=3.0)
            mu, cond = (torch.nn.functional.pad(x, grow) for x in (mu, cond))
            return solve(mu, cond, junk, *where)

        stream._map_slots = padded  # type: ignore[method-assign]
        stream._solve_chunk = solve_padded  # type: ignore[method-assign, assignment]
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
            assert len(stream._slot_order) <= kept + 100
            assert stream._encoder_cache.mel_kv.shape[2] <= kept + 100
    cache = stream._cache
    flow = load_flow(recorded.folder, CPU, torch.float32)
    prompt = stream._prompt_cache
    held = cache.k_cache.nbytes + cache.v_cache.nbytes
    held += prompt.k_cache.nbytes + prompt.v_cache.nbytes
    assert cache_bytes(flow, recorded.voice, recorded.record["n_timesteps"], torch.float32) == held


def test_fewer_steps_are_another_solution(parity: Path) -> None:
    recorded = Token2wav.read(parity)
    recorded.record["n_timesteps"] = 4
    stream = recorded.flow_stream()
    with torch.inference_mode():
        mel = stream.chunk(recorded.record["calls"][0]["codes"], False)
    assert mel.isfinite().all()
    assert 1e-3 < difference(mel, recorded.arrays["call0/mel"]) < 5
