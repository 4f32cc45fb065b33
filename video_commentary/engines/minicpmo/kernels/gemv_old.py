# ruff: noqa: N803, N806 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""GEMV with INT4 weights, RMSNorm, SwiGLU and the residual fused in: Triton kernels.

A nibble becomes a float without a conversion: in the upper mantissa bits of 16.0 it makes 16 + q,
four bits further down in 256.0 it makes 256 + q. Both are exact. The excess is subtracted once a
group, from sums of x alone, and so is the zero point.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor
from triton.language.extra import cuda as ptx

from .gemv import launch_gemv, load_activations
from .plan import GemvConfig
from .reference import RMSNorm


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
    # two programs on each multiprocessor, all resident at once
    per_program = triton.cdiv(splits * blocks, 2 * _multiprocessors(x.device))
    return launch_gemv(
        _old_gemv_kernel,
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
        num_warps=max(1, config.num_warps * block_k // config.block_k),
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
    return qweight.to(tl.uint32, bitcast=True), scales_and_zeros


@triton.jit
def _mask_to_float(qweight, MASK: tl.constexpr, BASE: tl.constexpr, USE_INLINE_ASM: tl.constexpr):
    """Return (qweight & MASK) | BASE as floats."""
    if USE_INLINE_ASM:
        # one instruction; from the plain expression the compiler makes two
        return tl.inline_asm_elementwise(
            "lop3.b32 $0, $1, $2, $3, 0xEA;",
            "=f,r,r,r",
            [qweight, tl.full([1, 1], MASK, tl.uint32), tl.full([1, 1], BASE, tl.uint32)],
            dtype=tl.float32,
            is_pure=True,
            pack=1,
        )
    return ((qweight & MASK) | BASE).to(tl.float32, bitcast=True)


@triton.jit
def _accumulate_pair(acc, qweight, x_even, x_odd, PAIR: tl.constexpr, USE_INLINE_ASM: tl.constexpr):
    """Add the products of nibbles 2 PAIR and 2 PAIR + 1 of each int32."""
    if PAIR < 2:  # noqa: SIM108 - a kernel has no conditional expressions of tensors
        shifted = qweight << (15 - 8 * PAIR)
    else:
        shifted = qweight >> (8 * PAIR - 15)
    acc += _mask_to_float(shifted, 0x00078000, 0x43800000, USE_INLINE_ASM) * x_even[None]
    acc += _mask_to_float(shifted, 0x00780000, 0x41800000, USE_INLINE_ASM) * x_odd[None]
    return acc


@triton.jit
def _apply_scales_and_zeros(
    acc,
    sum_even,
    sum_odd,
    scales_and_zeros,
    GROUP_SIZE: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    """Sum `acc` [BLOCK_N, BLOCK_K / 8] by group, subtract excess and zero, scale."""
    GROUPS: tl.constexpr = BLOCK_K // GROUP_SIZE
    acc = tl.sum(tl.reshape(acc, [BLOCK_N, GROUPS, GROUP_SIZE // 8]), 2)
    x_sum = tl.sum(tl.reshape(sum_even + sum_odd, [GROUPS, GROUP_SIZE // 8]), 1)
    excess = tl.sum(tl.reshape(256.0 * sum_even + 16.0 * sum_odd, [GROUPS, GROUP_SIZE // 8]), 1)
    scale = scales_and_zeros.to(tl.uint16).to(tl.float16, bitcast=True).to(tl.float32)
    zero = (scales_and_zeros >> 16).to(tl.float32)
    return scale * (acc - excess[None] - zero * x_sum[None])


@triton.jit
def _old_gemv_kernel(
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
    start_k = tl.program_id(1) * BLOCK_K
    first = tl.program_id(0) * BLOCK_N * BLOCKS_PER_PROGRAM
    lane = tl.arange(0, BLOCK_N)
    offs_packed = tl.arange(0, BLOCK_K // 8)
    if USE_PDL:
        ptx.gdc_launch_dependents()
    qweight, scales_and_zeros = _load_block(
        qweight_ptr, scales_and_zeros_ptr, first + lane, start_k, n, K, GROUP_SIZE, BLOCK_K, EVEN_NK
    )
    if USE_PDL:
        ptx.gdc_wait()
    offs_k = start_k + offs_packed // 4 * 32 + offs_packed % 4
    x0, s0 = load_activations(x_ptr, norm_weight_ptr, offs_k, K, RMS_NORM, EVEN_NK)
    x1, s1 = load_activations(x_ptr, norm_weight_ptr, offs_k + 4, K, RMS_NORM, EVEN_NK)
    x2, s2 = load_activations(x_ptr, norm_weight_ptr, offs_k + 8, K, RMS_NORM, EVEN_NK)
    x3, s3 = load_activations(x_ptr, norm_weight_ptr, offs_k + 12, K, RMS_NORM, EVEN_NK)
    x4, s4 = load_activations(x_ptr, norm_weight_ptr, offs_k + 16, K, RMS_NORM, EVEN_NK)
    x5, s5 = load_activations(x_ptr, norm_weight_ptr, offs_k + 20, K, RMS_NORM, EVEN_NK)
    x6, s6 = load_activations(x_ptr, norm_weight_ptr, offs_k + 24, K, RMS_NORM, EVEN_NK)
    x7, s7 = load_activations(x_ptr, norm_weight_ptr, offs_k + 28, K, RMS_NORM, EVEN_NK)
    inverse_rms = 1.0
    if RMS_NORM:
        inverse_rms = tl.rsqrt(tl.sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7) / K + eps)
    sum_even = x0 + x2 + x4 + x6
    sum_odd = x1 + x3 + x5 + x7
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
        acc = tl.zeros([BLOCK_N, BLOCK_K // 8], tl.float32)
        acc = _accumulate_pair(acc, qweight, x0, x1, 0, USE_INLINE_ASM)
        acc = _accumulate_pair(acc, qweight, x2, x3, 1, USE_INLINE_ASM)
        acc = _accumulate_pair(acc, qweight, x4, x5, 2, USE_INLINE_ASM)
        acc = _accumulate_pair(acc, qweight, x6, x7, 3, USE_INLINE_ASM)
        y_groups = _apply_scales_and_zeros(
            acc, sum_even, sum_odd, scales_and_zeros, GROUP_SIZE, BLOCK_N, BLOCK_K
        )
        y = inverse_rms * tl.sum(y_groups, 1)
        if SPLITS == 1:
            epilogue(y, start_n, residual_ptr, out_ptr, n, BLOCK_N, SWIGLU, ADD_RESIDUAL)
        else:
            offs_n = start_n + lane
            tl.store(partials_ptr + tl.program_id(1) * n + offs_n, y, mask=offs_n < n)
        qweight = next_qweight
        scales_and_zeros = next_scales_and_zeros
    if SPLITS > 1:
        tl.debug_barrier()
        if tl.atomic_add(done_count_ptr + tl.program_id(0), 1) == SPLITS - 1:
            tl.store(done_count_ptr + tl.program_id(0), 0)
            for done in range(BLOCKS_PER_PROGRAM):
                done_n = first + done * BLOCK_N
                total = _sum_splits(partials_ptr, done_n + lane, n, SPLITS)
                epilogue(total, done_n, residual_ptr, out_ptr, n, BLOCK_N, SWIGLU, ADD_RESIDUAL)


@triton.jit
def _sum_splits(partials_ptr, offs_n, n, SPLITS: tl.constexpr):
    """Sum the splits of the outputs `offs_n`, in order."""
    # .cg: what other programs wrote is in L2, not in this program's L1
    mask = offs_n < n
    y = tl.load(partials_ptr + offs_n, mask=mask, other=0.0, cache_modifier=".cg")
    for split in tl.static_range(1, SPLITS):
        partial_ptrs = partials_ptr + split * n + offs_n
        y += tl.load(partial_ptrs, mask=mask, other=0.0, cache_modifier=".cg")
    return y


@triton.jit
def epilogue(
    y,
    start_n,
    residual_ptr,
    out_ptr,
    n,
    BLOCK_N: tl.constexpr,
    SWIGLU: tl.constexpr,
    ADD_RESIDUAL: tl.constexpr,
):
    """Apply SwiGLU and the residual to `y` [BLOCK_N], outputs from `start_n` on, and store it."""
    if SWIGLU:
        gate, up = tl.split(tl.reshape(y, [BLOCK_N // 2, 2]))
        y = gate / (1.0 + tl.exp(-gate)) * up
        offs_n = start_n // 2 + tl.arange(0, BLOCK_N // 2)
        n = n // 2
    else:
        offs_n = start_n + tl.arange(0, BLOCK_N)
    if ADD_RESIDUAL:
        y += tl.load(residual_ptr + offs_n, mask=offs_n < n, other=0.0)
    tl.store(out_ptr + offs_n, y, mask=offs_n < n)


