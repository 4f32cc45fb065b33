"""Each Triton kernel against its reference, in Triton's interpreter.

Run with TRITON_INTERPRET=1, it prints the checks that fail, with their traceback, as JSON.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from video_commentary.engines.minicpmo.kernels.plan import (
    INT4_GEMV_CONFIGS,
    GemmConfig,
    GemvConfig,
)
from video_commentary.engines.minicpmo.kernels.reference import (
    RMSNorm,
    add_rms_norm,
    reference_gemv,
    silu_and_mul,
)
from video_commentary.engines.minicpmo.language.attention import (
    Attention,
    AttentionConfig,
    LayerKVCache,
    RotaryEmbedding,
)
from video_commentary.engines.minicpmo.language.linear import DenseLinear
from video_commentary.engines.minicpmo.language.quantization import Int4Linear, Int8Linear
from video_commentary.engines.minicpmo.speech.flow_dit import DiT, DiTCache, SlotMapping
from video_commentary.engines.minicpmo.speech.fused_dit import FusedDiT

from .interpreted_sampling import check_sample_code, check_sample_token
from .interpreted_vision import VISION_CHECKS
from .interpreting import print_failures
from .random_linears import CPU, exact_weight, random_awq, relative


def check_gemm() -> None:
    """Nothing is rounded but the outputs."""
    from video_commentary.engines.minicpmo.kernels.gemm_int4 import int4_gemm

    config = GemmConfig(block_m=32, block_n=64, num_warps=4, num_stages=2)
    for m, n, k, group_size in ((37, 72, 384, 128), (16, 64, 192, 96), (5, 128, 128, 64)):
        for dtype in (torch.float32, torch.float16):
            linear = random_awq(n, k, group_size, dtype)
            x = torch.randn(m, k, dtype=dtype)
            truth = x.double() @ exact_weight(linear).T
            made = int4_gemm(
                x, linear.qweight, linear.scales_and_zeros, group_size=group_size, config=config
            )
            assert made.dtype == dtype
            error, rounding = relative(made, truth), relative(truth.to(dtype), truth)
            assert error < 1.1 * rounding + 1e-6, (dtype, error, rounding)


def check_dequantize() -> None:
    from video_commentary.engines.minicpmo.kernels.dequant import dequantize

    # not bfloat16, which the interpreter truncates
    for dtype in (torch.float16, torch.float32):
        linear = random_awq(24, 384, 128, dtype)
        made = dequantize(linear.qweight, linear.scales_and_zeros, group_size=128, dtype=dtype)
        assert torch.equal(made, linear.reference_dequantize())


def check_int4_gemv() -> None:
    """With every fusion, and with rows that several programs share."""
    from video_commentary.engines.minicpmo.kernels.gemv_int4 import int4_gemv

    short = GemvConfig(block_n=16, block_k=256, num_warps=1)
    for config in (*INT4_GEMV_CONFIGS, short):
        for n, k in ((40, 384), (32, 512)):
            linear = random_awq(n, k, 128, torch.float16)
            exact = DenseLinear(exact_weight(linear))
            done_count = torch.zeros(n, dtype=torch.int32)

            def gemv(x: Tensor, linear: Int4Linear = linear, **fused: Any) -> Tensor:
                return int4_gemv(
                    x,
                    linear.qweight,
                    linear.scales_and_zeros,
                    done_count=done_count,  # noqa: B023 - called in this iteration
                    group_size=linear.group_size,
                    config=config,  # noqa: B023
                    **fused,
                )

            _check_fusions(gemv, exact, n, k)
            if config is short:
                # the fixed point: 32 inputs have a scale in common
                uneven = torch.randn(1, k) * torch.logspace(-4, 4, k)
                uneven[0, 40:80] = 0
                truth = reference_gemv(exact, torch.float64, uneven)
                assert relative(gemv(uneven), truth) < 1e-5
                uneven[0, 100] = float("nan")
                assert gemv(uneven).isnan().all()
            assert not done_count.any()


def check_dense_gemv() -> None:
    from video_commentary.engines.minicpmo.kernels.gemv import dense_gemv, int8_gemv

    for n, k in ((72, 384), (64, 2048)):
        weight = torch.randn(n, k).half()
        int8 = Int8Linear(weight)
        rounded = DenseLinear((int8.qweight.double() - 128) * int8.scales.double()[:, None])
        _check_fusions(
            lambda x, w=weight, **fused: dense_gemv(x, w, **fused),
            DenseLinear(weight.double()),
            n,
            k,
        )
        _check_fusions(
            lambda x, w=int8, **fused: int8_gemv(x, w.qweight, w.scales, **fused), rounded, n, k
        )


def _check_fusions(gemv: Callable[..., Tensor], exact: DenseLinear, n: int, k: int) -> None:
    x, residual = torch.randn(1, k), torch.randn(1, n)
    norm = RMSNorm(torch.rand(k) + 0.5, 1e-6)
    for fused in ({}, {"norm": norm, "swiglu": True}, {"residual": residual}):
        truth = reference_gemv(exact, torch.float64, x, **fused)
        assert relative(gemv(x, **fused), truth) < 1e-5


def check_flash_decode() -> None:
    from video_commentary.engines.minicpmo.kernels.flash_decode import flash_decode

    qwen3 = AttentionConfig(num_heads=4, num_kv_heads=2, head_dim=64, rope_theta=1e6)
    for config, normed in ((qwen3, True), (replace(qwen3, num_heads=2, head_dim=32), False)):
        rotary = RotaryEmbedding(config, 256, CPU)
        norm = RMSNorm(torch.rand(config.head_dim) + 0.5, 1e-6) if normed else None
        keys, values = torch.randn(2, config.num_kv_heads, 256, config.head_dim)
        for position in (0, 200):
            ours, truth = (LayerKVCache(keys.clone(), values.clone()) for _ in range(2))
            qkv = torch.randn(1, sum(config.qkv_sizes))
            made = flash_decode(
                qkv,
                torch.tensor([position], dtype=torch.int32),
                cos=rotary.cos,
                sin=rotary.sin,
                k_cache=ours.k_cache,
                v_cache=ours.v_cache,
                done_count=ours.done_count,
                q_norm=norm,
                k_norm=norm,
            )
            where = torch.tensor([position])
            expected = Attention(config, rotary, truth, norm, norm).prefill(qkv, where)
            assert relative(made, expected) < 1e-5
            assert relative(ours.k_cache, truth.k_cache) < 1e-6
            assert torch.equal(ours.v_cache, truth.v_cache)
            assert not ours.done_count.any()


def check_flash_prefill() -> None:
    """Also where rows of padding would lie behind the end of the cache, and in batches."""
    from video_commentary.engines.minicpmo.kernels.flash_prefill import append_rows, flash_prefill

    qwen3 = AttentionConfig(num_heads=4, num_kv_heads=2, head_dim=64, rope_theta=1e6)
    for config, normed in ((qwen3, True), (replace(qwen3, num_heads=2, head_dim=32), False)):
        rotary = RotaryEmbedding(config, 256, CPU)
        norm = RMSNorm(torch.rand(config.head_dim) + 0.5, 1e-6) if normed else None
        keys, values = torch.randn(2, config.num_kv_heads, 256, config.head_dim)
        for start, n, padding, sequence_len in (
            (0, 1, 0, None),
            (37, 70, 0, None),
            (200, 50, 30, None),
            (70, 75, 0, 15),
            (1, 24, 0, 24),
        ):
            ours, truth = (LayerKVCache(keys.clone(), values.clone()) for _ in range(2))
            qkv, where = torch.randn(n, sum(config.qkv_sizes)), torch.tensor([start])
            padded = torch.cat([qkv, torch.randn(padding, qkv.shape[1])])
            shared = {
                "cos": rotary.cos,
                "sin": rotary.sin,
                "k_cache": ours.k_cache,
                "v_cache": ours.v_cache,
            }
            append_rows(padded, where, **shared, k_norm=norm, sequence_len=sequence_len)
            made = flash_prefill(padded, where, **shared, q_norm=norm, sequence_len=sequence_len)
            attention = Attention(config, rotary, truth, norm, norm)
            expected = attention.prefill(qkv, where, sequence_len)
            assert relative(made[:n], expected) < 1e-5
            stop = start + n
            assert relative(ours.k_cache[:, :stop], truth.k_cache[:, :stop]) < 1e-6
            assert torch.equal(ours.v_cache[:, :stop], truth.v_cache[:, :stop])


def check_fused_rows() -> None:
    from video_commentary.engines.minicpmo.kernels.fused_rows import (
        fused_add_rms_norm,
        fused_silu_and_mul,
    )

    for width in (96, 2048):
        norm = RMSNorm(torch.rand(width) + 0.5, 1e-6)
        x, y = torch.randn(2, 5, width)
        ours, truth = x.clone(), x.clone()
        made = fused_add_rms_norm(ours, y, norm, torch.float32)
        assert relative(made, add_rms_norm(truth, y, norm, torch.float32)) < 1e-6
        assert torch.equal(ours, truth)
        both = torch.randn(5, 2 * width)
        assert relative(fused_silu_and_mul(both), silu_and_mul(both)) < 1e-6


def check_dit() -> None:
    """The whole transformer, twice: the second chunk attends to the first one's slots.

    Its second linear of the MLP is split into two parts, not a multiple of a block each.
    """
    sizes = {"hidden_size": 48, "num_heads": 2, "head_dim": 16, "intermediate_size": 1040}
    dit = DiT(num_mels=20, depth=2, **sizes)
    with torch.no_grad():
        for parameter in dit.parameters():
            parameter.normal_(std=0.3)
        frames, num_slots = 20, 72
        kv = (2, 2, 2, num_slots, 16)
        plain, fused = (
            DiTCache(torch.zeros(kv), torch.zeros(kv), torch.zeros(2, 2, 2, 2, 48))
            for _ in range(2)
        )
        blocks, final = dit.modulations(torch.tensor([0.3]))
        mask = torch.full((num_slots,), float("-inf"))
        for slots in torch.randperm(num_slots)[: 2 * frames].chunk(2):
            # the last two frames are padding
            mask[slots[:-2]] = 0
            mapping = SlotMapping(slots, mask, torch.tensor([frames - 2, frames - 1]))
            x, mu, cond = torch.randn(3, frames, 20)
            condition = dit.project_condition(mu, torch.randn(20), cond)
            inputs = (x, condition, (blocks[0], final[0]))
            expected = dit(*inputs, plain, mapping)
            made = FusedDiT(copy.deepcopy(dit))(*inputs, fused, mapping)
            assert relative(made[:, :-2], expected[:, :-2]) < 1e-5
            assert relative(fused.conv, plain.conv) < 1e-5
            valid = mask == 0
            for ours, truth in ((fused.k_cache, plain.k_cache), (fused.v_cache, plain.v_cache)):
                assert relative(ours[..., valid, :], truth[..., valid, :]) < 1e-5


CHECKS = (
    check_gemm,
    check_dequantize,
    check_int4_gemv,
    check_dense_gemv,
    check_flash_decode,
    check_flash_prefill,
    check_fused_rows,
    check_dit,
    check_sample_token,
    check_sample_code,
    *VISION_CHECKS,
)


if __name__ == "__main__":
    print_failures(CHECKS)
