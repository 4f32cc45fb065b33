# ruff: noqa: N803, N806 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""GEMV with INT4 weights, RMSNorm, SwiGLU and the residual fused in: Triton kernels.

The products are sums of integers, see `fixed_point.py`: half the instructions that float32 takes,
and exact but for the rounding of the inputs to 22 bits.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor
from triton.language.extra import cuda as ptx

from .fixed_point import dot_nibbles, to_fixed_point
from .gemv import epilogue, launch_gemv, load_residual
from .plan import GemvConfig
from .reference import RMSNorm

_WARPS, _REGISTERS = 16, 128
"""Warps on each multiprocessor, all resident at once, and registers of a thread: it has 65,536."""


def int4_gemv(
    x: Tensor,
    qweight: Tensor,
    scales_and_zeros: Tensor,
    *,
    done_count: Tensor,
    group_size: int,
    config: GemvConfig,
    norm: RMSNorm | None = None,
    swiglu: bool = False,
    residual: Tensor | None = None,
) -> Tensor:
    """Multiply a float32 row [1, in] with INT4 weights as `quantization.Int4Linear` has them.

    float32 [1, out] comes out; see `Linear.gemv` for what is fused. A row shorter than
    `config.block_k` takes a smaller block and its share of the warps; a longer one is split among
    programs, unless a norm needs all of it. `done_count`: int32 [out], zero between two launches.
    """
    n, k = len(qweight), 8 * qweight.shape[1]
    block_k = triton.next_power_of_2(k)
    if norm is None:
        block_k = min(config.block_k, block_k)
    blocks, splits = triton.cdiv(n, config.block_n), triton.cdiv(k, block_k)
    num_warps = max(1, config.num_warps * block_k // config.block_k)
    resident = max(1, _WARPS // num_warps) * _multiprocessors(x.device)
    per_program = triton.cdiv(splits * blocks, resident)
    return launch_gemv(
        _int4_gemv_kernel,
        x,
        qweight,
        scales_and_zeros,
        programs=triton.cdiv(blocks, per_program),
        splits=splits,
        norm=norm,
        swiglu=swiglu,
        residual=residual,
        partials_ptr=x.new_empty(splits, n) if splits > 1 else x,
        done_count_ptr=done_count,
        K=k,
        GROUP_SIZE=group_size,
        BLOCK_N=config.block_n,
        BLOCKS_PER_PROGRAM=per_program,
        SPLITS=splits,
        BLOCK_K=block_k,
        EVEN_NK=k % block_k == 0 and n % config.block_n == 0,
        USE_INLINE_ASM=x.is_cuda,
        num_warps=num_warps,
        maxnreg=_REGISTERS,
    )


def _multiprocessors(device: torch.device) -> int:
    if device.type != "cuda":
        return 1
    return int(torch.cuda.get_device_properties(device).multi_processor_count)


@triton.jit
def _load_block(
    qweight_ptr,
    scales_and_zeros_ptr,
    offs_n,
    start_k,
    n,
    K: tl.constexpr,
    GROUP_SIZE: tl.constexpr,
    BLOCK_K: tl.constexpr,
    EVEN_NK: tl.constexpr,
):
    """Load packed weights [BLOCK_N, BLOCK_K / 8], and scale and zero point of their groups."""
    offs_packed = (start_k // 8 + tl.arange(0, BLOCK_K // 8))[None]
    offs_group = (start_k // GROUP_SIZE + tl.arange(0, BLOCK_K // GROUP_SIZE))[None]
    qweight_ptr += offs_n[:, None] * (K // 8) + offs_packed
    scales_and_zeros_ptr += offs_n[:, None] * (K // GROUP_SIZE) + offs_group
    mask_n = offs_n[:, None] < n
    if EVEN_NK:
        qweight = tl.load(qweight_ptr, mask=mask_n, other=0)
        scales_and_zeros = tl.load(scales_and_zeros_ptr, mask=mask_n, other=0)
    else:
        qweight = tl.load(qweight_ptr, mask=mask_n & (offs_packed < K // 8), other=0)
        scales_and_zeros = tl.load(
            scales_and_zeros_ptr, mask=mask_n & (offs_group < K // GROUP_SIZE), other=0
        )
    return qweight, scales_and_zeros


@triton.jit
def _int4_gemv_kernel(
    x_ptr,
    norm_weight_ptr,
    qweight_ptr,
    scales_and_zeros_ptr,
    residual_ptr,
    out_ptr,
    n,
    eps,
    partials_ptr,
    done_count_ptr,
    K: tl.constexpr,
    GROUP_SIZE: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCKS_PER_PROGRAM: tl.constexpr,
    SPLITS: tl.constexpr,
    BLOCK_K: tl.constexpr,
    RMS_NORM: tl.constexpr,
    SWIGLU: tl.constexpr,
    ADD_RESIDUAL: tl.constexpr,
    EVEN_NK: tl.constexpr,
    USE_PDL: tl.constexpr,
    USE_INLINE_ASM: tl.constexpr,
):
    """Compute BLOCKS_PER_PROGRAM blocks of outputs from BLOCK_K inputs, read once into registers.

    Of a longer row each split computes a part, and the last one done adds them.
    """
    GROUPS: tl.constexpr = BLOCK_K // GROUP_SIZE
    start_k = tl.program_id(1) * BLOCK_K
    first = tl.program_id(0) * BLOCK_N * BLOCKS_PER_PROGRAM
    lane = tl.arange(0, BLOCK_N)
    offs_k = start_k + tl.arange(0, BLOCK_K)
    if USE_PDL:
        ptx.gdc_launch_dependents()
    # weights are older than the previous kernel
    qweight, scales_and_zeros = _load_block(
        qweight_ptr, scales_and_zeros_ptr, first + lane, start_k, n, K, GROUP_SIZE, BLOCK_K, EVEN_NK
    )
    if RMS_NORM:
        norm_weight = _load_row(norm_weight_ptr, offs_k, K, EVEN_NK)
    if USE_PDL:
        ptx.gdc_wait()
    x = _load_row(x_ptr, offs_k, K, EVEN_NK)
    inverse_rms = 1.0
    if RMS_NORM:
        inverse_rms = tl.rsqrt(tl.sum(x * x) / K + eps)
        x *= norm_weight
    x0, x1, x2, x3, x_scale, x_sum = to_fixed_point(x, GROUP_SIZE, BLOCK_K, USE_INLINE_ASM)
    for block in range(BLOCKS_PER_PROGRAM):
        # the next block's weights are on their way while these are multiplied
        start_n = first + block * BLOCK_N
        stop_n = tl.where(block + 1 < BLOCKS_PER_PROGRAM, n, 0)
        next_qweight, next_scales_and_zeros = _load_block(
            qweight_ptr,
            scales_and_zeros_ptr,
            start_n + BLOCK_N + lane,
            start_k,
            stop_n,
            K,
            GROUP_SIZE,
            BLOCK_K,
            EVEN_NK,
        )
        if SPLITS == 1:
            residual = load_residual(residual_ptr, start_n, n, BLOCK_N, SWIGLU, ADD_RESIDUAL)
        start = 0
        if USE_INLINE_ASM and BLOCKS_PER_PROGRAM > 1:
            start = _zero_after_loads(block)
        acc = dot_nibbles(qweight, x0, x1, x2, x3, start, USE_INLINE_ASM) * x_scale
        acc = tl.sum(tl.reshape(acc, [BLOCK_N, GROUPS, GROUP_SIZE // 32]), 2)
        scale = scales_and_zeros.to(tl.uint16).to(tl.float16, bitcast=True).to(tl.float32)
        zero = (scales_and_zeros >> 16).to(tl.float32)
        y = inverse_rms * tl.sum(scale * (acc - zero * x_sum), 1)
        if SPLITS == 1:
            epilogue(y, residual, start_n, out_ptr, n, BLOCK_N, SWIGLU)
        else:
            offs_n = start_n + lane
            tl.store(partials_ptr + tl.program_id(1) * n + offs_n, y, mask=offs_n < n)
        qweight = next_qweight
        scales_and_zeros = next_scales_and_zeros
    if SPLITS > 1:
        tl.debug_barrier()
        if tl.atomic_add(done_count_ptr + tl.program_id(0), 1) == SPLITS - 1:
            tl.store(done_count_ptr + tl.program_id(0), 0)
            _add_splits(
                partials_ptr,
                residual_ptr,
                out_ptr,
                first,
                n,
                SPLITS,
                BLOCKS_PER_PROGRAM * BLOCK_N,
                SWIGLU,
                ADD_RESIDUAL,
            )


@triton.jit
def _load_row(ptr, offs_k, K: tl.constexpr, EVEN_NK: tl.constexpr):
    if EVEN_NK:
        return tl.load(ptr + offs_k)
    return tl.load(ptr + offs_k, mask=offs_k < K, other=0.0)


@triton.jit
def _zero_after_loads(block):
    """Return 0 after a barrier. Sums that start with it start after the loads issued before.

    Without it the compiler issues the next block's loads behind the products, to save registers.
    """
    # counts the threads where `block` is negative
    return tl.inline_asm_elementwise(
        "{ .reg .pred p; setp.lt.s32 p, $1, 0; barrier.cta.red.popc.aligned.u32 $0, 0, p; }",
        "=r,r",
        [block],
        dtype=tl.int32,
        is_pure=False,
        pack=1,
    )


@triton.jit
def _add_splits(
    partials_ptr,
    residual_ptr,
    out_ptr,
    first,
    n,
    SPLITS: tl.constexpr,
    OUTPUTS: tl.constexpr,
    SWIGLU: tl.constexpr,
    ADD_RESIDUAL: tl.constexpr,
):
    """Add the splits of OUTPUTS outputs from `first` on, in order, and store them."""
    PADDED: tl.constexpr = triton.next_power_of_2(OUTPUTS)
    stop = tl.minimum(n, first + OUTPUTS)
    residual = load_residual(residual_ptr, first, stop, PADDED, SWIGLU, ADD_RESIDUAL)
    offs_n = first + tl.arange(0, PADDED)
    # .cg: what other programs wrote is in L2, not in this program's L1
    y = tl.load(partials_ptr + offs_n, mask=offs_n < stop, other=0.0, cache_modifier=".cg")
    for split in tl.static_range(1, SPLITS):
        partial_ptrs = partials_ptr + split * n + offs_n
        y += tl.load(partial_ptrs, mask=offs_n < stop, other=0.0, cache_modifier=".cg")
    epilogue(y, residual, first, out_ptr, stop, PADDED, SWIGLU)
