# ruff: noqa: N803, N806 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""GEMV with INT4 weights: probe of another arithmetic and of prefetches into L2."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor
from triton.language.extra import cuda as ptx

from .gemv import launch_gemv
from .gemv_old import epilogue
from .gemv_old import _mask_to_float, _multiprocessors, _sum_splits
from .prefetch import Ahead, prefetch_heads, prefetch_lines
from .reference import RMSNorm


@dataclass
class Knobs:
    block_n: int = 16
    num_warps: int = 8
    block_k: int = 4096
    per_sm: int = 2
    dp4a: bool = True
    ahead: int = 0
    next_when: int = 0
    size: int = 128
    maxnreg: int = 0
    early: bool = True
    mma: bool = False


def next_gemv(
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
    block_k = triton.next_power_of_2(k)
    if norm is None:
        block_k = min(knobs.block_k, block_k)
    blocks, splits = triton.cdiv(n, knobs.block_n), triton.cdiv(k, block_k)
    per_program = triton.cdiv(splits * blocks, knobs.per_sm * _multiprocessors(x.device))
    programs = triton.cdiv(blocks, per_program)
    when = 0 if prefetch is None else knobs.next_when
    return launch_gemv(
        _next_gemv_kernel,
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
        GROUP_SIZE=group_size,
        BLOCK_N=knobs.block_n,
        BLOCKS_PER_PROGRAM=per_program,
        SPLITS=splits,
        BLOCK_K=block_k,
        EVEN_NK=k % block_k == 0 and n % knobs.block_n == 0,
        USE_INLINE_ASM=x.is_cuda,
        DP4A=knobs.dp4a,
        AHEAD=min(knobs.ahead, per_program - 1),
        NEXT_WHEN=when,
        SIZE=knobs.size,
        EARLY=knobs.early,
        THREADS=32 * knobs.num_warps,
        num_warps=knobs.num_warps,
        **({"maxnreg": knobs.maxnreg} if knobs.maxnreg else {}),
    )


@triton.jit
def _prefetch_block(
    qweight_ptr,
    scales_and_zeros_ptr,
    start_n,
    start_k,
    stop_n,
    K: tl.constexpr,
    GROUP_SIZE: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    SIZE: tl.constexpr,
    ASM: tl.constexpr,
):
    LINES: tl.constexpr = BLOCK_K // 256
    offs_n = (start_n + tl.arange(0, BLOCK_N))[:, None]
    line = tl.arange(0, LINES)[None]
    ptrs = qweight_ptr + offs_n * (K // 8) + start_k // 8 + line * 32
    inside = (offs_n < stop_n) & (start_k + line * 256 < K)
    if SIZE == 128:
        prefetch_lines(ptrs, inside, 128, ASM)
    else:
        prefetch_lines(ptrs, inside & (line == 0), BLOCK_K // 2, ASM)
    # a row's scales in this block are 128 bytes at most
    sz = scales_and_zeros_ptr + offs_n * (K // GROUP_SIZE) + start_k // GROUP_SIZE + line * 0
    prefetch_lines(sz, inside & (line == 0), 128, ASM)


@triton.jit
def _load(
    qweight_ptr,
    scales_and_zeros_ptr,
    start_n,
    start_k,
    n,
    K: tl.constexpr,
    GROUP_SIZE: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    EVEN_NK: tl.constexpr,
):
    """Load packed weights [BLOCK_N, BLOCK_K / 8] and scales and zeros [BLOCK_N, groups]."""
    offs_n = start_n + tl.arange(0, BLOCK_N)
    word = tl.arange(0, BLOCK_K // 8)
    ptrs = qweight_ptr + offs_n[:, None] * (K // 8) + (start_k // 8 + word)[None]
    group = start_k // GROUP_SIZE + tl.arange(0, BLOCK_K // GROUP_SIZE)
    scale_ptrs = scales_and_zeros_ptr + offs_n[:, None] * (K // GROUP_SIZE) + group[None]
    mask_n = (offs_n < n)[:, None]
    if EVEN_NK:
        qweight = tl.load(ptrs, mask=mask_n, other=0)
        scales_and_zeros = tl.load(scale_ptrs, mask=mask_n, other=0)
    else:
        qweight = tl.load(ptrs, mask=mask_n & (start_k // 8 + word < K // 8)[None], other=0)
        scales_and_zeros = tl.load(
            scale_ptrs, mask=mask_n & (group < K // GROUP_SIZE)[None], other=0
        )
    return qweight, scales_and_zeros


@triton.jit
def _split4(x, ROWS: tl.constexpr, CHUNKS: tl.constexpr):
    """Split the last dimension of [ROWS, CHUNKS, 4]."""
    a, b = tl.split(tl.reshape(x, [ROWS, CHUNKS, 2, 2]))
    x0, x2 = tl.split(a)
    x1, x3 = tl.split(b)
    return x0, x1, x2, x3


@triton.jit
def _pack_bytes(v0, v1, v2, v3, USE_INLINE_ASM: tl.constexpr):
    """Gather bytes 2, 1 and 0 of four integers + 2^22, byte 2 as a signed one of the integer."""
    if USE_INLINE_ASM:
        return tl.inline_asm_elementwise(
            """{
            .reg .b32 t, u;
            prmt.b32 t, $3, $4, 0x5140;
            prmt.b32 u, $5, $6, 0x5140;
            prmt.b32 $2, t, u, 0x5410;
            prmt.b32 $1, t, u, 0x7632;
            prmt.b32 t, $3, $4, 0x0062;
            prmt.b32 u, $5, $6, 0x0062;
            prmt.b32 t, t, u, 0x5410;
            or.b32 t, t, 0x80808080;
            sub.u32 t, t, 0x40404040;
            xor.b32 $0, t, 0x80808080;
            }""",
            "=&r,=&r,=&r,r,r,r,r",
            [v0, v1, v2, v3],
            dtype=(tl.int32, tl.int32, tl.int32),
            is_pure=True,
            pack=1,
        )
    low = (v0 & 255) | ((v1 & 255) << 8) | ((v2 & 255) << 16) | ((v3 & 255) << 24)
    middle = (
        ((v0 >> 8) & 255)
        | (((v1 >> 8) & 255) << 8)
        | (((v2 >> 8) & 255) << 16)
        | (((v3 >> 8) & 255) << 24)
    )
    high = (
        (((v0 >> 16) - 64) & 255)
        | ((((v1 >> 16) - 64) & 255) << 8)
        | ((((v2 >> 16) - 64) & 255) << 16)
        | ((((v3 >> 16) - 64) & 255) << 24)
    )
    return high, middle, low


@triton.jit
def _quantise(x0, x1, x2, x3, inverse, USE_INLINE_ASM: tl.constexpr):
    return _pack_bytes(
        (x0 * inverse + 12582912.0).to(tl.int32, bitcast=True),
        (x1 * inverse + 12582912.0).to(tl.int32, bitcast=True),
        (x2 * inverse + 12582912.0).to(tl.int32, bitcast=True),
        (x3 * inverse + 12582912.0).to(tl.int32, bitcast=True),
        USE_INLINE_ASM,
    )


@triton.jit
def _dp4a_word(
    w, high_e, middle_e, low_e, high_o, middle_o, low_o, s2, s1, s0, USE_INLINE_ASM: tl.constexpr
):
    """Add the products of a word's nibbles with the three bytes of their inputs."""
    if USE_INLINE_ASM:
        return tl.inline_asm_elementwise(
            """{
            .reg .b32 e, o;
            and.b32 e, $3, 0x0f0f0f0f;
            shr.u32 o, $3, 4;
            and.b32 o, o, 0x0f0f0f0f;
            dp4a.u32.s32 $0, e, $4, $10;
            dp4a.u32.u32 $1, e, $5, $11;
            dp4a.u32.u32 $2, e, $6, $12;
            dp4a.u32.s32 $0, o, $7, $0;
            dp4a.u32.u32 $1, o, $8, $1;
            dp4a.u32.u32 $2, o, $9, $2;
            }""",
            "=&r,=&r,=&r,r,r,r,r,r,r,r,r,r,r",
            [w, high_e, middle_e, low_e, high_o, middle_o, low_o, s2, s1, s0],
            dtype=(tl.int32, tl.int32, tl.int32),
            is_pure=True,
            pack=1,
        )
    for byte in tl.static_range(4):
        even = (w >> (8 * byte)) & 15
        odd = (w >> (8 * byte + 4)) & 15
        s2 += even * ((high_e << (24 - 8 * byte)) >> 24) + odd * ((high_o << (24 - 8 * byte)) >> 24)
        s1 += even * ((middle_e >> (8 * byte)) & 255) + odd * ((middle_o >> (8 * byte)) & 255)
        s0 += even * ((low_e >> (8 * byte)) & 255) + odd * ((low_o >> (8 * byte)) & 255)
    return s2, s1, s0


@triton.jit
def _load_x(
    x_ptr,
    norm_weight_ptr,
    start_k,
    K: tl.constexpr,
    BLOCK_K: tl.constexpr,
    RMS_NORM: tl.constexpr,
    EVEN_NK: tl.constexpr,
):
    """Load inputs as [1, BLOCK_K / 32, 4] for each of the eight nibbles, and their sum of squares."""
    offs = start_k + tl.arange(0, BLOCK_K)
    if EVEN_NK:
        x = tl.load(x_ptr + offs)
    else:
        x = tl.load(x_ptr + offs, mask=offs < K, other=0.0)
    squares = 0.0
    if RMS_NORM:
        squares = tl.sum(x * x)
        if EVEN_NK:
            x *= tl.load(norm_weight_ptr + offs)
        else:
            x *= tl.load(norm_weight_ptr + offs, mask=offs < K, other=0.0)
    x = tl.permute(tl.reshape(x, [1, BLOCK_K // 32, 2, 2, 2, 4]), (0, 1, 5, 2, 3, 4))
    even, odd = tl.split(x)
    e0, e1 = tl.split(even)
    o0, o1 = tl.split(odd)
    x0, x4 = tl.split(e0)
    x2, x6 = tl.split(e1)
    x1, x5 = tl.split(o0)
    x3, x7 = tl.split(o1)
    return x0, x1, x2, x3, x4, x5, x6, x7, squares


@triton.jit
def _next_gemv_kernel(
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
    DP4A: tl.constexpr,
    AHEAD: tl.constexpr,
    NEXT_WHEN: tl.constexpr,
    EARLY: tl.constexpr,
    THREADS: tl.constexpr,
    SIZE: tl.constexpr,
):
    CHUNKS: tl.constexpr = BLOCK_K // 32
    start_k = tl.program_id(1) * BLOCK_K
    first = tl.program_id(0) * BLOCK_N * BLOCKS_PER_PROGRAM
    program = tl.program_id(1) * tl.num_programs(0) + tl.program_id(0)
    programs = tl.num_programs(0) * tl.num_programs(1)
    if USE_PDL and EARLY:
        ptx.gdc_launch_dependents()
    qweight, scales_and_zeros = _load(
        qweight_ptr, scales_and_zeros_ptr, first, start_k, n, K, GROUP_SIZE, BLOCK_N, BLOCK_K, EVEN_NK
    )
    for ahead in tl.static_range(1, AHEAD + 1):
        _prefetch_block(
            qweight_ptr,
            scales_and_zeros_ptr,
            first + ahead * BLOCK_N,
            start_k,
            n,
            K,
            GROUP_SIZE,
            BLOCK_N,
            BLOCK_K,
            SIZE,
            USE_INLINE_ASM,
        )
    if NEXT_WHEN == 1:
        prefetch_heads(next_ptr, next_stride, next_head, next_count, program, programs, THREADS, SIZE, USE_INLINE_ASM)
    if USE_PDL:
        ptx.gdc_wait()
        if not EARLY:
            ptx.gdc_launch_dependents()
    x0, x1, x2, x3, x4, x5, x6, x7, squares = _load_x(
        x_ptr, norm_weight_ptr, start_k, K, BLOCK_K, RMS_NORM, EVEN_NK
    )
    inverse_rms = 1.0
    if RMS_NORM:
        inverse_rms = tl.rsqrt(squares / K + eps)
    sum_even = x0 + x2 + x4 + x6
    sum_odd = x1 + x3 + x5 + x7
    GROUPS: tl.constexpr = BLOCK_K // GROUP_SIZE
    a0, a1, a2, a3 = _split4(sum_even + sum_odd, 1, CHUNKS)
    x_sum = tl.sum(tl.reshape(a0 + a1 + a2 + a3, [1, GROUPS, GROUP_SIZE // 32]), 2)
    if DP4A:
        most = tl.maximum(
            tl.maximum(tl.maximum(tl.abs(x0), tl.abs(x1)), tl.maximum(tl.abs(x2), tl.abs(x3))),
            tl.maximum(tl.maximum(tl.abs(x4), tl.abs(x5)), tl.maximum(tl.abs(x6), tl.abs(x7))),
        )
        a0, a1, a2, a3 = _split4(most, 1, CHUNKS)
        most = tl.maximum(tl.maximum(tl.maximum(a0, a1), tl.maximum(a2, a3)), 1e-30)
        x_scale = most * (1.0 / 2097151.0)
        inverse = 2097151.0 / most
        x00, x01, x02, x03 = _split4(x0, 1, CHUNKS)
        x10, x11, x12, x13 = _split4(x1, 1, CHUNKS)
        x20, x21, x22, x23 = _split4(x2, 1, CHUNKS)
        x30, x31, x32, x33 = _split4(x3, 1, CHUNKS)
        x40, x41, x42, x43 = _split4(x4, 1, CHUNKS)
        x50, x51, x52, x53 = _split4(x5, 1, CHUNKS)
        x60, x61, x62, x63 = _split4(x6, 1, CHUNKS)
        x70, x71, x72, x73 = _split4(x7, 1, CHUNKS)
        he0, me0, le0 = _quantise(x00, x20, x40, x60, inverse, USE_INLINE_ASM)
        ho0, mo0, lo0 = _quantise(x10, x30, x50, x70, inverse, USE_INLINE_ASM)
        he1, me1, le1 = _quantise(x01, x21, x41, x61, inverse, USE_INLINE_ASM)
        ho1, mo1, lo1 = _quantise(x11, x31, x51, x71, inverse, USE_INLINE_ASM)
        he2, me2, le2 = _quantise(x02, x22, x42, x62, inverse, USE_INLINE_ASM)
        ho2, mo2, lo2 = _quantise(x12, x32, x52, x72, inverse, USE_INLINE_ASM)
        he3, me3, le3 = _quantise(x03, x23, x43, x63, inverse, USE_INLINE_ASM)
        ho3, mo3, lo3 = _quantise(x13, x33, x53, x73, inverse, USE_INLINE_ASM)
    else:
        a0, a1, a2, a3 = _split4(256.0 * sum_even + 16.0 * sum_odd, 1, CHUNKS)
        excess = a0 + a1 + a2 + a3
        x0 = tl.reshape(x0, [1, BLOCK_K // 8])
        x1 = tl.reshape(x1, [1, BLOCK_K // 8])
        x2 = tl.reshape(x2, [1, BLOCK_K // 8])
        x3 = tl.reshape(x3, [1, BLOCK_K // 8])
        x4 = tl.reshape(x4, [1, BLOCK_K // 8])
        x5 = tl.reshape(x5, [1, BLOCK_K // 8])
        x6 = tl.reshape(x6, [1, BLOCK_K // 8])
        x7 = tl.reshape(x7, [1, BLOCK_K // 8])
    for block in range(BLOCKS_PER_PROGRAM):
        # the next block's weights are on their way while these are multiplied
        start_n = first + block * BLOCK_N
        stop_n = tl.where(block + 1 < BLOCKS_PER_PROGRAM, n, 0)
        next_qweight, next_scales_and_zeros = _load(
            qweight_ptr,
            scales_and_zeros_ptr,
            start_n + BLOCK_N,
            start_k,
            stop_n,
            K,
            GROUP_SIZE,
            BLOCK_N,
            BLOCK_K,
            EVEN_NK,
        )
        if AHEAD > 0 and AHEAD < BLOCKS_PER_PROGRAM - 1:
            _prefetch_block(
                qweight_ptr,
                scales_and_zeros_ptr,
                start_n + (1 + AHEAD) * BLOCK_N,
                start_k,
                tl.where(block + 1 + AHEAD < BLOCKS_PER_PROGRAM, n, 0),
                K,
                GROUP_SIZE,
                BLOCK_N,
                BLOCK_K,
                SIZE,
                USE_INLINE_ASM,
            )
        if NEXT_WHEN == 2:
            if block == BLOCKS_PER_PROGRAM - 1:
                prefetch_heads(next_ptr, next_stride, next_head, next_count, program, programs, THREADS, SIZE, USE_INLINE_ASM)
        if DP4A:
            w0, w1, w2, w3 = _split4(qweight, BLOCK_N, CHUNKS)
            s2 = tl.zeros([BLOCK_N, CHUNKS], tl.int32)
            s1 = tl.zeros([BLOCK_N, CHUNKS], tl.int32)
            s0 = tl.zeros([BLOCK_N, CHUNKS], tl.int32)
            s2, s1, s0 = _dp4a_word(w0, he0, me0, le0, ho0, mo0, lo0, s2, s1, s0, USE_INLINE_ASM)
            s2, s1, s0 = _dp4a_word(w1, he1, me1, le1, ho1, mo1, lo1, s2, s1, s0, USE_INLINE_ASM)
            s2, s1, s0 = _dp4a_word(w2, he2, me2, le2, ho2, mo2, lo2, s2, s1, s0, USE_INLINE_ASM)
            s2, s1, s0 = _dp4a_word(w3, he3, me3, le3, ho3, mo3, lo3, s2, s1, s0, USE_INLINE_ASM)
            acc = ((s2 << 16) + (s1 << 8) + s0).to(tl.float32) * x_scale
        else:
            bits = qweight.to(tl.uint32, bitcast=True)
            acc3 = tl.zeros([BLOCK_N, BLOCK_K // 8], tl.float32)
            acc3 = _pair(acc3, bits, x0, x1, 0, USE_INLINE_ASM)
            acc3 = _pair(acc3, bits, x2, x3, 1, USE_INLINE_ASM)
            acc3 = _pair(acc3, bits, x4, x5, 2, USE_INLINE_ASM)
            acc3 = _pair(acc3, bits, x6, x7, 3, USE_INLINE_ASM)
            w0, w1, w2, w3 = _split4(acc3, BLOCK_N, CHUNKS)
            acc = (w0 + w1) + (w2 + w3) - excess
        acc = tl.sum(tl.reshape(acc, [BLOCK_N, GROUPS, GROUP_SIZE // 32]), 2)
        scale = scales_and_zeros.to(tl.uint16).to(tl.float16, bitcast=True).to(tl.float32)
        zero = (scales_and_zeros >> 16).to(tl.float32)
        y = inverse_rms * tl.sum(scale * (acc - zero * x_sum), 1)
        if SPLITS == 1:
            epilogue(y, start_n, residual_ptr, out_ptr, n, BLOCK_N, SWIGLU, ADD_RESIDUAL)
        else:
            offs_n = start_n + tl.arange(0, BLOCK_N)
            tl.store(partials_ptr + tl.program_id(1) * n + offs_n, y, mask=offs_n < n)
        qweight = next_qweight
        scales_and_zeros = next_scales_and_zeros
    if SPLITS > 1:
        tl.debug_barrier()
        if tl.atomic_add(done_count_ptr + tl.program_id(0), 1) == SPLITS - 1:
            tl.store(done_count_ptr + tl.program_id(0), 0)
            for done in range(BLOCKS_PER_PROGRAM):
                done_n = first + done * BLOCK_N
                total = _sum_splits(partials_ptr, done_n + tl.arange(0, BLOCK_N), n, SPLITS)
                epilogue(total, done_n, residual_ptr, out_ptr, n, BLOCK_N, SWIGLU, ADD_RESIDUAL)


@triton.jit
def _pair(acc, qweight, x_even, x_odd, PAIR: tl.constexpr, USE_INLINE_ASM: tl.constexpr):
    if PAIR < 2:
        shifted = qweight << (15 - 8 * PAIR)
    else:
        shifted = qweight >> (8 * PAIR - 15)
    acc += _mask3(shifted, 0x00078000, 0x43800000, USE_INLINE_ASM) * x_even
    acc += _mask3(shifted, 0x00780000, 0x41800000, USE_INLINE_ASM) * x_odd
    return acc


@triton.jit
def _mask3(qweight, MASK: tl.constexpr, BASE: tl.constexpr, USE_INLINE_ASM: tl.constexpr):
    if USE_INLINE_ASM:
        return tl.inline_asm_elementwise(
            "lop3.b32 $0, $1, $2, $3, 0xEA;",
            "=f,r,r,r",
            [qweight, tl.full([1, 1], MASK, tl.uint32), tl.full([1, 1], BASE, tl.uint32)],
            dtype=tl.float32,
            is_pure=True,
            pack=1,
        )
    return ((qweight & MASK) | BASE).to(tl.float32, bitcast=True)
