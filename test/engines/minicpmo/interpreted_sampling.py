"""The kernels that sample against plain torch, in Triton's interpreter or on a GPU."""

from __future__ import annotations

import torch
from torch import Tensor

from video_commentary.engines.minicpmo.kernels.reference import RMSNorm
from video_commentary.engines.minicpmo.language.sampling import (
    SUPPRESSED,
    ReplyState,
    SamplingParams,
    sample_token,
)
from video_commentary.engines.minicpmo.speech.audio_sampling import (
    WINDOW,
    AudioSamplingParams,
    TurnState,
    sample_next_code,
)

CPU = torch.device("cpu")


def check_sample_token() -> None:
    for params in (
        SamplingParams(top_k=7),
        SamplingParams(top_k=16, top_p=1.0, repetition_penalty=1.5, temperature=1.3),
    ):
        compare_token_sampling(params, 2000, 24)


def compare_token_sampling(
    params: SamplingParams, vocab_size: int, width: int, device: torch.device = CPU
) -> None:
    """Compare the whole state with that of plain torch, for logits that are hard to choose from."""
    from video_commentary.engines.minicpmo.kernels.sample_token import FusedTokenSampler

    embed_tokens = torch.randn(vocab_size, width, device=device).half()
    norm = RMSNorm(torch.rand(width, device=device) + 0.5, 1e-6)
    sampler = FusedTokenSampler(
        embed_tokens,
        norm,
        temperature=params.temperature,
        top_k=params.top_k,
        top_p=params.top_p,
        repetition_penalty=params.repetition_penalty,
    )
    for logits in hard_logits(vocab_size, device):
        state = random_reply(vocab_size, width, device)
        made, truth = (
            ReplyState(**{k: v.clone() for k, v in vars(state).items()}) for _ in range(2)
        )
        x = torch.randn(1, width, device=device) if state.count else None
        sampler(logits.clone(), x, **vars(made))
        sample_token(logits, x, truth, embed_tokens, norm, params)
        torch.testing.assert_close(vars(made), vars(truth), atol=1e-5, rtol=1e-5)
    for value in (float("nan"), float("-inf")):
        state = random_reply(vocab_size, width, device)
        sampler(torch.full((vocab_size,), value, device=device), None, **vars(state))
        assert 0 <= state.tokens[state.count - 1] < vocab_size


def hard_logits(count: int, device: torch.device = CPU) -> list[Tensor]:
    """Return logits [count] that are random, close, far apart, side by side, or hardly any."""
    lone, few = torch.full((2, count), float("-inf"))
    lone[count // 2] = -3.0
    few[:: count // 5] = torch.randn(len(few[:: count // 5]))
    side_by_side = torch.randn(count) - 9
    side_by_side[700:800] += 20
    logits = [
        *(5 * torch.randn(3, count)),
        torch.randn(count) - 30,
        torch.linspace(0, 1e-3, count),
        60 * torch.randn(count),
        side_by_side,
        lone,
        few,
    ]
    return [each.to(device) for each in logits]


def random_reply(vocab_size: int, width: int, device: torch.device = CPU) -> ReplyState:
    """Return the state within a reply, or at its beginning."""
    length = 40
    count = int(torch.randint(length, ())) * int(torch.randint(3, ()) > 0)
    window_starts = torch.arange(length) // 3
    # more ids on either side of the window's start than a reply has tokens
    last_index = torch.randint(-1, 2, (vocab_size,), dtype=torch.int32) + window_starts[count].int()
    last_index[torch.randint(vocab_size, (30,))] = SUPPRESSED
    last_index[vocab_size // 2] = -1
    state = ReplyState(
        count=torch.tensor([count]),
        position=torch.tensor([100 + count], dtype=torch.int32),
        embeds=torch.randn(1, width),
        tokens=torch.randint(vocab_size, (length,)),
        hidden=torch.zeros(length, width),
        last_index=last_index,
        uniforms=torch.rand(length),
        window_starts=window_starts,
    )
    return ReplyState(**{name: value.to(device) for name, value in vars(state).items()})


def check_sample_code() -> None:
    for params in (
        AudioSamplingParams(top_k=12),
        AudioSamplingParams(top_k=8, top_p=0.1, repetition_penalty=1.5, temperature=1.3),
    ):
        compare_code_sampling(params, 1000, 24)


def compare_code_sampling(
    params: AudioSamplingParams, num_codes: int, width: int, device: torch.device = CPU
) -> None:
    """Compare the whole state with that of plain torch, for logits that are hard to choose from."""
    from video_commentary.engines.minicpmo.kernels.sample_code import FusedCodeSampler

    emb_code = torch.randn(num_codes, width, device=device).half()
    sampler = FusedCodeSampler(emb_code, eos_id=num_codes - 1, **vars(params))
    tied = torch.randn(num_codes, device=device).round()
    for logits in (*hard_logits(num_codes, device), tied):
        state = random_turn(num_codes, width, device)
        made, truth = (
            TurnState(**{k: v.clone() for k, v in vars(state).items()}) for _ in range(2)
        )
        sampler(logits, **vars(made))
        sample_next_code(logits, truth, emb_code, params)
        torch.testing.assert_close(vars(made), vars(truth), atol=0, rtol=0)
    for value in (float("nan"), float("-inf")):
        state = random_turn(num_codes, width, device)
        sampler(torch.full((num_codes,), value, device=device), **vars(state))
        assert 0 <= state.code < num_codes


def random_turn(num_codes: int, width: int, device: torch.device = CPU) -> TurnState:
    """Return the state within a turn, or at its beginning, or behind an EOS code."""
    recent = torch.randint(num_codes - 1, (WINDOW,))
    recent[3] = recent[7] = recent[9]
    recent[: int(torch.randint(WINDOW + 1, ()))] = -1
    state = TurnState(
        count=torch.tensor([5]),
        position=torch.tensor([100], dtype=torch.int32),
        embeds=torch.randn(1, width),
        code=torch.tensor([num_codes - 1 if torch.rand(()) < 0.2 else 3]),
        recent=recent,
        uniforms=torch.rand(9),
    )
    return TurnState(**{name: value.to(device) for name, value in vars(state).items()})
