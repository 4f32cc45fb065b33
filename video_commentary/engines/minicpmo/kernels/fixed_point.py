# ruff: noqa: N803, N806 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Products of nibbles with inputs in fixed point: Triton functions.

32 inputs become integers of 22 bits with a scale in common. Eight of them meet the nibbles of an
int32: four its even, four its odd ones. Of such four, one word gathers the upper (signed), one the
middle and one the lower bytes. One instruction, dp4a, adds the products of four nibbles with a word
to an integer. These sums are exact; only the sum over all 32 inputs becomes a float.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def to_fixed_point(x, GROUP_SIZE: tl.constexpr, BLOCK_K: tl.constexpr, ASM: tl.constexpr):
    """Return the words of inputs [BLOCK_K], their scales, and the sums of x by group.

    The words [1, BLOCK_K / 32] come in four pairs, one for each int32 of 32 inputs: three words
    for its even nibbles, three for the odd ones. The scales are float32 [1, BLOCK_K / 32], the
    sums float32 [1, BLOCK_K / GROUP_SIZE].
    """
    CHUNKS: tl.constexpr = BLOCK_K // 32
    # input 4 j + c of 32 meets nibble j of int32 c
    x = tl.permute(tl.reshape(x, [1, CHUNKS, 2, 2, 2, 4]), (0, 1, 5, 2, 3, 4))
    x_even, x_odd = tl.split(x)
    x04, x26 = tl.split(x_even)
    x15, x37 = tl.split(x_odd)
    x0, x4 = tl.split(x04)
    x2, x6 = tl.split(x26)
    x1, x5 = tl.split(x15)
    x3, x7 = tl.split(x37)
    most = tl.maximum(
        tl.maximum(tl.maximum(tl.abs(x0), tl.abs(x1)), tl.maximum(tl.abs(x2), tl.abs(x3))),
        tl.maximum(tl.maximum(tl.abs(x4), tl.abs(x5)), tl.maximum(tl.abs(x6), tl.abs(x7))),
    )
    c0, c1, c2, c3 = _split4(most)
    most = tl.maximum(tl.maximum(tl.maximum(c0, c1), tl.maximum(c2, c3)), 1e-30)
    c0, c1, c2, c3 = _split4(((x0 + x1) + (x2 + x3)) + ((x4 + x5) + (x6 + x7)))
    x_sum = (c0 + c1) + (c2 + c3)
    x_sum = tl.sum(tl.reshape(x_sum, [1, BLOCK_K // GROUP_SIZE, GROUP_SIZE // 32]), 2)
    factor = 2097151.0 / most
    e0, e1, e2, e3 = _words(x0, x2, x4, x6, factor, ASM)
    o0, o1, o2, o3 = _words(x1, x3, x5, x7, factor, ASM)
    return (e0, o0), (e1, o1), (e2, o2), (e3, o3), most * (1.0 / 2097151.0), x_sum


@triton.jit
def dot_nibbles(qweight, x0, x1, x2, x3, start, ASM: tl.constexpr):
    """Sum the products of each 32 nibbles of `qweight` [rows, BLOCK_K / 8] with the inputs.

    `x0` to `x3`: the words of `to_fixed_point`. `start`: what the sums start with, an integer.
    Float32 [rows, BLOCK_K / 32] comes out, without the scales of the inputs.
    """
    ROWS: tl.constexpr = qweight.shape[0]
    CHUNKS: tl.constexpr = qweight.shape[1] // 4
    q0, q1, q2, q3 = _split4(tl.reshape(qweight, [ROWS, CHUNKS, 4]))
    start += tl.zeros([ROWS, CHUNKS], tl.int32)
    sums = _dp4a(q0, x0, (start, start, start), ASM)
    sums = _dp4a(q1, x1, sums, ASM)
    sums = _dp4a(q2, x2, sums, ASM)
    sums = _dp4a(q3, x3, sums, ASM)
    # at most 32 * 15 * 2^21, so below 2^30
    return ((sums[0] << 16) + (sums[1] << 8) + sums[2]).to(tl.float32)


@triton.jit
def _split4(x):
    """Split the last dimension of [rows, chunks, 4]."""
    even, odd = tl.split(tl.reshape(x, [x.shape[0], x.shape[1], 2, 2]))
    x0, x2 = tl.split(even)
    x1, x3 = tl.split(odd)
    return x0, x1, x2, x3


@triton.jit
def _words(x0, x1, x2, x3, factor, ASM: tl.constexpr):
    """Return the words of inputs that meet the even or the odd nibbles, for the four int32."""
    a0, a1, a2, a3 = _split4(x0)
    b0, b1, b2, b3 = _split4(x1)
    c0, c1, c2, c3 = _split4(x2)
    d0, d1, d2, d3 = _split4(x3)
    return (
        _gather_bytes(a0, b0, c0, d0, factor, ASM),
        _gather_bytes(a1, b1, c1, d1, factor, ASM),
        _gather_bytes(a2, b2, c2, d2, factor, ASM),
        _gather_bytes(a3, b3, c3, d3, factor, ASM),
    )


@triton.jit
def _gather_bytes(x0, x1, x2, x3, factor, ASM: tl.constexpr):
    """Make integers of four inputs; return words of their upper, middle and lower bytes."""
    # the last bit of a float around 1.5 * 2^23 is worth 1: there stands an integer + 2^22
    x0 = (x0 * factor + 12582912.0).to(tl.int32, bitcast=True)
    x1 = (x1 * factor + 12582912.0).to(tl.int32, bitcast=True)
    x2 = (x2 * factor + 12582912.0).to(tl.int32, bitcast=True)
    x3 = (x3 * factor + 12582912.0).to(tl.int32, bitcast=True)
    if ASM:
        high, middle, low = tl.inline_asm_elementwise(
            """{
            .reg .b32 t, u;
            prmt.b32 t, $3, $4, 0x5140;
            prmt.b32 u, $5, $6, 0x5140;
            prmt.b32 $2, t, u, 0x5410;
            prmt.b32 $1, t, u, 0x7632;
            prmt.b32 t, $3, $4, 0x0062;
            prmt.b32 u, $5, $6, 0x0062;
            prmt.b32 t, t, u, 0x5410;
            add.u32 t, t, 0x40404040;
            xor.b32 $0, t, 0x80808080;
            }""",
            "=&r,=&r,=&r,r,r,r,r",
            [x0, x1, x2, x3],
            dtype=(tl.int32, tl.int32, tl.int32),
            is_pure=True,
            pack=1,
        )
    else:
        # 2^22 is 64 in the upper byte
        high = (_word_of(x0, x1, x2, x3, 16) + 0x40404040) ^ -2139062144
        middle = _word_of(x0, x1, x2, x3, 8)
        low = _word_of(x0, x1, x2, x3, 0)
    return high, middle, low


@triton.jit
def _word_of(x0, x1, x2, x3, SHIFT: tl.constexpr):
    """Return a word of the byte at bit SHIFT of each."""
    low = ((x0 >> SHIFT) & 255) | (((x1 >> SHIFT) & 255) << 8)
    return low | (((x2 >> SHIFT) & 255) << 16) | (((x3 >> SHIFT) & 255) << 24)


@triton.jit
def _dp4a(qweight, words, sums, ASM: tl.constexpr):
    """Add the products of eight nibbles with the upper, middle and lower bytes to three sums."""
    even, odd = words
    high_even, middle_even, low_even = even
    high_odd, middle_odd, low_odd = odd
    high, middle, low = sums
    if ASM:
        high, middle, low = tl.inline_asm_elementwise(
            """{
            .reg .b32 even, odd;
            and.b32 even, $3, 0x0f0f0f0f;
            shr.u32 odd, $3, 4;
            and.b32 odd, odd, 0x0f0f0f0f;
            dp4a.u32.s32 $0, even, $4, $10;
            dp4a.u32.u32 $1, even, $5, $11;
            dp4a.u32.u32 $2, even, $6, $12;
            dp4a.u32.s32 $0, odd, $7, $0;
            dp4a.u32.u32 $1, odd, $8, $1;
            dp4a.u32.u32 $2, odd, $9, $2;
            }""",
            "=&r,=&r,=&r,r,r,r,r,r,r,r,r,r,r",
            [
                qweight,
                high_even,
                middle_even,
                low_even,
                high_odd,
                middle_odd,
                low_odd,
                high,
                middle,
                low,
            ],
            dtype=(tl.int32, tl.int32, tl.int32),
            is_pure=True,
            pack=1,
        )
    else:
        shift = 8 * tl.arange(0, 4)[None, None]
        q_even = (qweight[:, :, None] >> shift) & 15
        q_odd = (qweight[:, :, None] >> (shift + 4)) & 15
        # a byte of 128 and more is negative in the upper word
        even_bytes = ((high_even[:, :, None] >> shift & 255) ^ 128) - 128
        odd_bytes = ((high_odd[:, :, None] >> shift & 255) ^ 128) - 128
        high += tl.sum(q_even * even_bytes + q_odd * odd_bytes, 2)
        even_bytes = middle_even[:, :, None] >> shift & 255
        odd_bytes = middle_odd[:, :, None] >> shift & 255
        middle += tl.sum(q_even * even_bytes + q_odd * odd_bytes, 2)
        even_bytes = low_even[:, :, None] >> shift & 255
        odd_bytes = low_odd[:, :, None] >> shift & 255
        low += tl.sum(q_even * even_bytes + q_odd * odd_bytes, 2)
    return high, middle, low
