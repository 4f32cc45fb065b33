"""Drawing: the shortlist of a large vocabulary, the penalty's window, probabilities in practice."""

from __future__ import annotations

import torch

from video_commentary.engines.minicpmo.language.sampling import (
    Sampling,
    draw,
    shortlist,
    window_start,
)


def test_the_shortlist_of_a_large_vocabulary_is_the_plain_one() -> None:
    scores = torch.randn(151_748, generator=torch.Generator().manual_seed(1))
    scores[:1000] = float("-inf")
    for sampling in (Sampling(top_p=1.0), Sampling(top_p=0.5), Sampling(top_k=7)):
        probabilities, ids = shortlist(scores, sampling)
        values, expected = scores.topk(sampling.top_k)
        assert torch.equal(ids, expected)
        if sampling.top_p == 1.0:
            torch.testing.assert_close(probabilities, values.softmax(0))
        else:
            assert probabilities.count_nonzero() < sampling.top_k
        torch.testing.assert_close(probabilities.sum(), torch.tensor(1.0))


def test_ids_are_penalised_for_their_chunk_and_128_before_it() -> None:
    assert [window_start(n) for n in (0, 10, 11, 138, 139, 140, 141, 150, 151)] == [
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


def test_tokens_are_drawn_as_often_as_they_are_likely() -> None:
    generator = torch.Generator().manual_seed(2)
    scores = torch.tensor([2.0, 1.0, 0.0, -9.0])
    sampling = Sampling(top_k=3, top_p=1.0)
    drawn = torch.cat([draw(scores, sampling, generator) for _ in range(3000)])
    found = torch.bincount(drawn, minlength=4) / 3000
    torch.testing.assert_close(found[:3], scores[:3].softmax(0), atol=0.03, rtol=0)
    assert found[3] == 0


def test_greedy_takes_the_best() -> None:
    assert draw(torch.tensor([0.0, 3.0, 1.0]), Sampling(greedy=True), None).item() == 1
