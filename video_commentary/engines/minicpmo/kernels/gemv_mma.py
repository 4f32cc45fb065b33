# ruff: noqa: N803, N806 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""GEMV with INT4 weights on integer tensor cores: probe."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor
from triton.language.extra import cuda as ptx

from .gemv import epilogue, launch_gemv
from .gemv_int4 import _multiprocessors, _sum_splits
from .gemv_next import Knobs, _prefetch_block, _split4
from .prefetch import Ahead, prefetch_heads
from .reference import RMSNorm


def mma_gemv(
    x: Tensor,
    qweight: Tensor,
    scales_and_zeros: Tensor,
    *,
    done_count: Tensor,
    group_size: int,
    knobs: Knobs,
    norm: RMSNorm | None = None,
    swiglu: bool = False,
    residual: Tensor | None = None,
    prefetch: Ahead | None = None,
) -> Tensor:
    n, k = len(qweight), 8 * qweight.shape[1]
    block_n, block_k = 16, 4096
    blocks, splits = triton.cdiv(n, block_n), triton.cdiv(k, block_k)
    per_program = triton.cdiv(splits * blocks, knobs.per_sm * _multiprocessors(x.device))
    programs = triton.cdiv(blocks, per_program)
    assert group_size == 128
    return launch_gemv(
        _mma_gemv_kernel,
        x,
        qweight,
        scales_and_zeros,
        programs=programs,
        splits=splits,
        norm=norm,
        swiglu=swiglu,
        residual=residual,
        partials_ptr=x.new_empty(splits, n) if splits > 1 else x,
        done_count_ptr=done_count,
        next_ptr=qweight if prefetch is None else prefetch.tensor,
        next_stride=0 if prefetch is None else prefetch.stride,
        next_head=0 if prefetch is None else prefetch.head,
        next_count=0 if prefetch is None else prefetch.count,
        K=k,
        BLOCKS_PER_PROGRAM=per_program,
        SPLITS=splits,
        BLOCK_K=block_k,
        AHEAD=min(knobs.ahead, per_program - 1),
        NEXT_WHEN=0 if prefetch is None else knobs.next_when,
        SIZE=knobs.size,
        THREADS=32 * knobs.num_warps,
        EVEN_NK=True,
        num_warps=knobs.num_warps,
        **({"maxnreg": knobs.maxnreg} if knobs.maxnreg else {}),
    )


@triton.jit
def _load_half(qweight_ptr, scales_ptr, start_n, start_k, n, K: tl.constexpr, BLOCK_K: tl.constexpr):
    """Load eight rows: words [groups * 8, 16], a quad of lanes a row of a group; scales [.., 4]."""
    v = tl.arange(0, BLOCK_K // 16)
    row = start_n + v % 8
    group = v // 8
    ptrs = qweight_ptr + (row * (K // 8) + start_k // 8 + group * 16)[:, None] + tl.arange(0, 16)[None]
    inside = (row < n)[:, None]
    words = tl.load(ptrs, mask=inside, other=0)
    # in this order of dimensions a quad of lanes is that of the words
    at = (row * (K // 128) + start_k // 128 + group)[None] + tl.zeros([4, 1], tl.int32)
    scales = tl.load(scales_ptr + at, mask=(row < n)[None], other=0)
    return words, tl.trans(scales)


@triton.jit
def _gather(v0, v1, v2, v3, selector, mask, flip):
    """Gather one byte of each of four integers, the lane's own, and correct it."""
    return tl.inline_asm_elementwise(
        """{
        .reg .b32 t, u;
        prmt.b32 t, $1, $2, $5;
        prmt.b32 u, $3, $4, $5;
        prmt.b32 t, t, u, 0x5410;
        lop3.b32 $0, t, $6, $7, 0x6A;
        }""",
        "=r,r,r,r,r,r,r,r",
        [v0, v1, v2, v3, selector, mask, flip],
        dtype=tl.int32,
        is_pure=True,
        pack=1,
    )


@triton.jit
def _mma(wa, wb, be, bo, c0, c1, c2, c3):
    """Multiply the nibbles of a word of two rows with the bytes of eight columns."""
    return tl.inline_asm_elementwise(
        """{
        .reg .b32 a0, a1, a2, a3;
        and.b32 a0, $4, 0x0f0f0f0f;
        and.b32 a1, $5, 0x0f0f0f0f;
        shr.u32 a2, $4, 4;
        shr.u32 a3, $5, 4;
        and.b32 a2, a2, 0x0f0f0f0f;
        and.b32 a3, a3, 0x0f0f0f0f;
        mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 {$0, $1, $2, $3}, {a0, a1, a2, a3}, {$6, $7}, {$8, $9, $10, $11};
        }""",
        "=r,=r,=r,=r,r,r,r,r,r,r,r,r",
        [wa, wb, be, bo, c0, c1, c2, c3],
        dtype=(tl.int32, tl.int32, tl.int32, tl.int32),
        is_pure=True,
        pack=1,
    )


@triton.jit
def _scaled(first, second, factor, m0, m1, x_sum, scales):
    first -= second * factor
    scale = scales.to(tl.uint16).to(tl.float16, bitcast=True).to(tl.float32)
    zero = (scales >> 16).to(tl.float32)
    return scale * (first.to(tl.float32) * m0 + second.to(tl.float32) * m1 - zero * x_sum)


@triton.jit
def _spread(x, GROUPS: tl.constexpr):
    """Repeat [GROUPS, 4] for the eight rows: [GROUPS * 8, 4]."""
    return tl.reshape(tl.broadcast_to(x[:, None, :], [GROUPS, 8, 4]), [GROUPS * 8, 4])


@triton.jit
def _mma_gemv_kernel(
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
    next_ptr,
    next_stride,
    next_head,
    next_count,
    K: tl.constexpr,
    BLOCKS_PER_PROGRAM: tl.constexpr,
    SPLITS: tl.constexpr,
    BLOCK_K: tl.constexpr,
    RMS_NORM: tl.constexpr,
    SWIGLU: tl.constexpr,
    ADD_RESIDUAL: tl.constexpr,
    EVEN_NK: tl.constexpr,
    USE_PDL: tl.constexpr,
    AHEAD: tl.constexpr,
    NEXT_WHEN: tl.constexpr,
    THREADS: tl.constexpr,
    SIZE: tl.constexpr,
):
    BLOCK_N: tl.constexpr = 16
    GROUPS: tl.constexpr = BLOCK_K // 128
    V: tl.constexpr = GROUPS * 8
    start_k = tl.program_id(1) * BLOCK_K
    first = tl.program_id(0) * BLOCK_N * BLOCKS_PER_PROGRAM
    program = tl.program_id(1) * tl.num_programs(0) + tl.program_id(0)
    programs = tl.num_programs(0) * tl.num_programs(1)
    if USE_PDL:
        ptx.gdc_launch_dependents()
    wa, sa = _load_half(qweight_ptr, scales_and_zeros_ptr, first, start_k, n, K, BLOCK_K)
    wb, sb = _load_half(qweight_ptr, scales_and_zeros_ptr, first + 8, start_k, n, K, BLOCK_K)
    for ahead in tl.static_range(1, AHEAD + 1):
        _prefetch_block(
            qweight_ptr, scales_and_zeros_ptr, first + ahead * BLOCK_N, start_k, n, K, 128,
            BLOCK_N, BLOCK_K, SIZE, True,
        )
    if NEXT_WHEN == 1:
        prefetch_heads(next_ptr, next_stride, next_head, next_count, program, programs, THREADS, SIZE, True)
    if USE_PDL:
        ptx.gdc_wait()
    offs = start_k + tl.arange(0, BLOCK_K)
    x = tl.load(x_ptr + offs)
    inverse_rms = 1.0
    if RMS_NORM:
        inverse_rms = tl.rsqrt(tl.sum(x * x) / K + eps)
        x *= tl.load(norm_weight_ptr + offs)
    x = tl.reshape(x, [GROUPS, 128])
    most = tl.maximum(tl.max(tl.abs(x), 1), 1e-30)
    x_sum = tl.sum(x, 1)
    x_scale = most * (1.0 / 2097151.0)
    bits = (x * (2097151.0 / most)[:, None] + 12582912.0).to(tl.int32, bitcast=True)
    bits = tl.permute(tl.reshape(bits, [GROUPS, 4, 2, 2, 2, 4]), (0, 1, 5, 2, 3, 4))
    even, odd = tl.split(bits)
    e0, e1 = tl.split(even)
    o0, o1 = tl.split(odd)
    x0, x4 = tl.split(e0)
    x2, x6 = tl.split(e1)
    x1, x5 = tl.split(o0)
    x3, x7 = tl.split(o1)
    a0, b0, c0, d0 = _split16(x0, GROUPS)
    a1, b1, c1, d1 = _split16(x1, GROUPS)
    a2, b2, c2, d2 = _split16(x2, GROUPS)
    a3, b3, c3, d3 = _split16(x3, GROUPS)
    a4, b4, c4, d4 = _split16(x4, GROUPS)
    a5, b5, c5, d5 = _split16(x5, GROUPS)
    a6, b6, c6, d6 = _split16(x6, GROUPS)
    a7, b7, c7, d7 = _split16(x7, GROUPS)
    # the column of a lane: the upper byte, ones, the middle and the lower byte, zeros
    column = tl.arange(0, 8)
    selector = tl.where(column == 0, 0x62, tl.where(column == 2, 0x51, 0x40))
    mask = tl.where((column == 0) | (column == 2) | (column == 3), -1, 0)
    flip = tl.where(column == 1, 0x01010101, tl.where((column == 2) | (column == 3), -2139062144, 0))
    selector = _columns(selector, GROUPS)
    mask = _columns(mask, GROUPS)
    flip = _columns(flip, GROUPS)
    be0 = _gather(a0, a2, a4, a6, selector, mask, flip)
    be1 = _gather(b0, b2, b4, b6, selector, mask, flip)
    be2 = _gather(c0, c2, c4, c6, selector, mask, flip)
    be3 = _gather(d0, d2, d4, d6, selector, mask, flip)
    bo0 = _gather(a1, a3, a5, a7, selector, mask, flip)
    bo1 = _gather(b1, b3, b5, b7, selector, mask, flip)
    bo2 = _gather(c1, c3, c5, c7, selector, mask, flip)
    bo3 = _gather(d1, d3, d5, d7, selector, mask, flip)
    quad = tl.arange(0, 4)[None]
    factor = _spread(tl.where(quad == 0, 64, 0) + tl.zeros([GROUPS, 1], tl.int32), GROUPS)
    m0 = _spread(x_scale[:, None] * tl.where(quad == 0, 65536.0, tl.where(quad == 1, 256.0, 0.0)), GROUPS)
    m1 = _spread(x_scale[:, None] * tl.where(quad == 0, 32896.0, tl.where(quad == 1, 1.0, 0.0)), GROUPS)
    x_sum = _spread(x_sum[:, None] * tl.where(quad == 0, 1.0, 0.0), GROUPS)
    for block in range(BLOCKS_PER_PROGRAM):
        start_n = first + block * BLOCK_N
        stop_n = tl.where(block + 1 < BLOCKS_PER_PROGRAM, n, 0)
        next_n = start_n + BLOCK_N
        next_wa, next_sa = _load_half(qweight_ptr, scales_and_zeros_ptr, next_n, start_k, stop_n, K, BLOCK_K)
        next_wb, next_sb = _load_half(qweight_ptr, scales_and_zeros_ptr, next_n + 8, start_k, stop_n, K, BLOCK_K)
        if AHEAD > 0 and AHEAD < BLOCKS_PER_PROGRAM - 1:
            _prefetch_block(
                qweight_ptr, scales_and_zeros_ptr, start_n + (1 + AHEAD) * BLOCK_N, start_k,
                tl.where(block + 1 + AHEAD < BLOCKS_PER_PROGRAM, n, 0), K, 128,
                BLOCK_N, BLOCK_K, SIZE, True,
            )
        if NEXT_WHEN == 2:
            if block == BLOCKS_PER_PROGRAM - 1:
                prefetch_heads(next_ptr, next_stride, next_head, next_count, program, programs, THREADS, SIZE, True)
        wa0, wa1, wa2, wa3 = _split4(wa, V, 4)
        wb0, wb1, wb2, wb3 = _split4(wb, V, 4)
        zero = tl.zeros([V, 4], tl.int32)
        s0, s1, s2, s3 = _mma(wa0, wb0, be0, bo0, zero, zero, zero, zero)
        s0, s1, s2, s3 = _mma(wa1, wb1, be1, bo1, s0, s1, s2, s3)
        s0, s1, s2, s3 = _mma(wa2, wb2, be2, bo2, s0, s1, s2, s3)
        s0, s1, s2, s3 = _mma(wa3, wb3, be3, bo3, s0, s1, s2, s3)
        ya = _scaled(s0, s1, factor, m0, m1, x_sum, sa)
        yb = _scaled(s2, s3, factor, m0, m1, x_sum, sb)
        y = tl.reshape(tl.join(ya, yb), [GROUPS, 8, 4, 2])
        y = tl.reshape(tl.permute(y, (3, 1, 0, 2)), [BLOCK_N, GROUPS * 4])
        y = inverse_rms * tl.sum(y, 1)
        if SPLITS == 1:
            epilogue(y, start_n, residual_ptr, out_ptr, n, BLOCK_N, SWIGLU, ADD_RESIDUAL)
        else:
            offs_n = start_n + tl.arange(0, BLOCK_N)
            tl.store(partials_ptr + tl.program_id(1) * n + offs_n, y, mask=offs_n < n)
        wa = next_wa
        wb = next_wb
        sa = next_sa
        sb = next_sb
    if SPLITS > 1:
        tl.debug_barrier()
        if tl.atomic_add(done_count_ptr + tl.program_id(0), 1) == SPLITS - 1:
            tl.store(done_count_ptr + tl.program_id(0), 0)
            for done in range(BLOCKS_PER_PROGRAM):
                done_n = first + done * BLOCK_N
                total = _sum_splits(partials_ptr, done_n + tl.arange(0, BLOCK_N), n, SPLITS)
                epilogue(total, done_n, residual_ptr, out_ptr, n, BLOCK_N, SWIGLU, ADD_RESIDUAL)


@triton.jit
def _columns(x, GROUPS: tl.constexpr):
    return tl.reshape(tl.broadcast_to(x[None, :, None], [GROUPS, 8, 4]), [GROUPS * 8, 4])


@triton.jit
def _split16(x, GROUPS: tl.constexpr):
    """Split [GROUPS, 4, 4] along the last dimension, each repeated for eight rows."""
    a, b, c, d = _split4(x, GROUPS, 4)
    return _spread(a, GROUPS), _spread(b, GROUPS), _spread(c, GROUPS), _spread(d, GROUPS)
