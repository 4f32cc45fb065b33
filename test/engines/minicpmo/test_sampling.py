"""Sampling: top-k and top-p of a large vocabulary, the penalty's window, frequencies."""

from __future__ import annotations

import torch

from video_commentary.engines.minicpmo.language.sampling import (
    SamplingParams,
    draw,
    penalty_window_start,
    sample,
    top_k_top_p,
)


def test_top_k_top_p_of_a_large_vocabulary() -> None:
    logits = torch.randn(151_748, generator=torch.Generator().manual_seed(1))
    logits[:1000] = float("-inf")
    for params in (SamplingParams(top_p=1.0), SamplingParams(top_p=0.5), SamplingParams(top_k=7)):
        probs, ids = top_k_top_p(logits, params)
        values, expected = logits.topk(params.top_k)
        assert torch.equal(ids, expected)
        if params.top_p == 1.0:
            torch.testing.assert_close(probs, values.softmax(0))
        else:
            assert probs.count_nonzero() < params.top_k
        torch.testing.assert_close(probs.sum(), torch.tensor(1.0))


def test_ids_are_penalised_for_their_chunk_and_128_before_it() -> None:
    assert [penalty_window_start(n) for n in (0, 10, 11, 138, 139, 140, 141, 150, 151)] == [
        0,
        0,
        0,
        3,
        3,
        3,
        13,
        13,
        23,
    ]


def test_tokens_are_sampled_as_often_as_they_are_likely() -> None:
    uniforms = torch.rand(3000, 1, generator=torch.Generator().manual_seed(2))
    logits = torch.tensor([2.0, 1.0, 0.0, -9.0])
    params = SamplingParams(top_k=3, top_p=1.0)
    sampled = torch.cat([sample(logits, params, uniform) for uniform in uniforms])
    found = torch.bincount(sampled, minlength=4) / 3000
    torch.testing.assert_close(found[:3], logits[:3].softmax(0), atol=0.03, rtol=0)
    assert found[3] == 0


def test_greedy_takes_the_best() -> None:
    logits = torch.tensor([0.0, 3.0, 1.0])
    assert sample(logits, SamplingParams(greedy=True), torch.zeros(1)).item() == 1


def test_no_token_without_probability_is_drawn() -> None:
    probs = torch.tensor([0.0, 0.5, 0.0, 0.5, 0.0])
    drawn = [int(draw(probs, torch.tensor([uniform]))) for uniform in (0.0, 0.49, 0.51, 1.0)]
    assert drawn[:3] == [1, 1, 3]
    assert probs[drawn[3]] > 0
