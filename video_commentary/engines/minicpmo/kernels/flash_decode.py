# ruff: noqa: N803, N806 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Attention of one new row over the static KV cache: one Triton kernel a layer.

It norms and rotates queries and the new key, writes key and value into the cache, attends in
splits along the context (flash decoding), and the last split of a head joins them. How long the
context is, it reads on the device, so one CUDA graph serves all lengths.
"""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor
from triton.language.extra import cuda as ptx

from ..language.heads import Heads, LayerCache, Rotary
from ..language.norm import Norm
from .gemv import overlaps

SPLITS, BLOCK = 16, 32
"""Parts of the context, and positions that one looks at together; measured on an H200."""


def attend_row(
    qkv: Tensor,
    position: Tensor,
    heads: Heads,
    rotary: Rotary,
    cache: LayerCache,
    q_norm: Norm | None,
    k_norm: Norm | None,
) -> Tensor:
    """Attend with one float32 row [1, q+k+v] at `position` (int32 [1]); see attention.Attention."""
    out = qkv.new_empty(1, heads.query * heads.width)
    parts = qkv.new_empty(heads.query, SPLITS, heads.width + 2)
    early = qkv.is_cuda and overlaps(qkv.device)
    _attend[(heads.kv, SPLITS)](
        qkv,
        position,
        qkv if q_norm is None else q_norm.weight,
        qkv if k_norm is None else k_norm.weight,
        rotary.cos,
        rotary.sin,
        cache.keys,
        cache.values,
        cache.keys.stride(0),
        parts,
        cache.done,
        out,
        0.0 if q_norm is None else q_norm.eps,
        heads.width**-0.5,
        HEADS=heads.query,
        KV=heads.kv,
        WIDTH=heads.width,
        NORM=q_norm is not None,
        SPLITS=SPLITS,
        BLOCK=BLOCK,
        EARLY=early,
        num_warps=4,
        **({"launch_pdl": True} if early else {}),
    )
    return out


@triton.jit
def _rotated(ptr, norm_ptr, cos, sin, row, mask, eps, WIDTH: tl.constexpr, NORM: tl.constexpr):
    """Load heads [rows, WIDTH] in halves, norm and rotate them."""
    half = tl.arange(0, WIDTH // 2)
    low = tl.load(ptr + row[:, None] * WIDTH + half[None], mask=mask[:, None], other=0.0)
    high = tl.load(
        ptr + row[:, None] * WIDTH + WIDTH // 2 + half[None], mask=mask[:, None], other=0.0
    )
    if NORM:
        rate = tl.rsqrt((tl.sum(low * low, 1) + tl.sum(high * high, 1)) / WIDTH + eps)[:, None]
        low *= rate * tl.load(norm_ptr + half).to(tl.float32)[None]
        high *= rate * tl.load(norm_ptr + WIDTH // 2 + half).to(tl.float32)[None]
    return low * cos[None] - high * sin[None], high * cos[None] + low * sin[None]


@triton.jit
def _attend(
    qkv_ptr,
    position_ptr,
    q_norm_ptr,
    k_norm_ptr,
    cos_ptr,
    sin_ptr,
    keys_ptr,
    values_ptr,
    head_stride,
    parts_ptr,
    done_ptr,
    out_ptr,
    eps,
    scale,
    HEADS: tl.constexpr,
    KV: tl.constexpr,
    WIDTH: tl.constexpr,
    NORM: tl.constexpr,
    SPLITS: tl.constexpr,
    BLOCK: tl.constexpr,
    EARLY: tl.constexpr,
):
    # 16 rows are the least a matrix instruction takes; a head of keys has GROUP query heads
    GROUP: tl.constexpr = HEADS // KV
    HALF: tl.constexpr = WIDTH // 2
    head = tl.program_id(0)
    split = tl.program_id(1)
    if EARLY:
        ptx.gdc_launch_dependents()
    # position, and keys and values before it, are older than the kernel in front of this one
    position = tl.load(position_ptr)
    half = tl.arange(0, HALF)
    row = tl.arange(0, 16)
    real = row < GROUP
    cos = tl.load(cos_ptr + position * HALF + half)
    sin = tl.load(sin_ptr + position * HALF + half)
    keys_ptr += head.to(tl.int64) * head_stride
    values_ptr += head.to(tl.int64) * head_stride
    span = tl.cdiv(tl.cdiv(position, SPLITS), 16) * 16
    first = split * span
    last = tl.minimum(first + span, position)
    k_low, k_high, v = _cached(keys_ptr, values_ptr, first, last, WIDTH, BLOCK)
    if EARLY:
        ptx.gdc_wait()

    q_low, q_high = _rotated(
        qkv_ptr, q_norm_ptr, cos, sin, head * GROUP + row, real, eps, WIDTH, NORM
    )
    q_low *= scale
    q_high *= scale
    best = tl.full([16], float("-inf"), tl.float32)
    total = tl.zeros([16], tl.float32)
    acc = tl.zeros([16, WIDTH], tl.float32)
    if split == 0:
        new_low, new_high, value = _entered(
            qkv_ptr,
            k_norm_ptr,
            cos,
            sin,
            keys_ptr,
            values_ptr,
            position,
            head,
            eps,
            HEADS,
            KV,
            WIDTH,
            NORM,
        )
        best = tl.sum(q_low * new_low + q_high * new_high, 1)
        total += 1.0
        acc += value.to(tl.float32)[None]
    best, total, acc = _looked_back(
        q_low,
        q_high,
        k_low,
        k_high,
        v,
        best,
        total,
        acc,
        keys_ptr,
        values_ptr,
        first,
        last,
        WIDTH,
        BLOCK,
    )

    part = parts_ptr + ((head * GROUP + row) * SPLITS + split) * (WIDTH + 2)
    tl.store(part[:, None] + tl.arange(0, WIDTH)[None], acc, mask=real[:, None])
    tl.store(part + WIDTH, best, mask=real)
    tl.store(part + WIDTH + 1, total, mask=real)
    tl.debug_barrier()
    if tl.atomic_add(done_ptr + head, 1) == SPLITS - 1:
        tl.store(done_ptr + head, 0)
        _join(parts_ptr, out_ptr, head, GROUP, WIDTH, SPLITS)


@triton.jit
def _entered(
    qkv_ptr,
    k_norm_ptr,
    cos,
    sin,
    keys_ptr,
    values_ptr,
    position,
    head,
    eps,
    HEADS: tl.constexpr,
    KV: tl.constexpr,
    WIDTH: tl.constexpr,
    NORM: tl.constexpr,
):
    """Write the new key and value of `head` into the cache; return key, in halves, and value."""
    HALF: tl.constexpr = WIDTH // 2
    kind = keys_ptr.dtype.element_ty
    half = tl.arange(0, HALF)
    wide = tl.arange(0, WIDTH)
    one = tl.arange(0, 1)
    low, high = _rotated(
        qkv_ptr + HEADS * WIDTH, k_norm_ptr, cos, sin, head + one, one < 1, eps, WIDTH, NORM
    )
    value = tl.load(qkv_ptr + (HEADS + KV + head) * WIDTH + wide).to(kind)
    at = position.to(tl.int64) * WIDTH
    tl.store(keys_ptr + at + half[None], low.to(kind))
    tl.store(keys_ptr + at + HALF + half[None], high.to(kind))
    tl.store(values_ptr + at + wide, value)
    return low, high, value


@triton.jit
def _looked_back(
    q_low,
    q_high,
    k_low,
    k_high,
    v,
    best,
    total,
    acc,
    keys_ptr,
    values_ptr,
    first,
    last,
    WIDTH: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Attend from `first` to `last` of the cache, whose first block is given; a running softmax."""
    kind = keys_ptr.dtype.element_ty
    for start in range(first, last, BLOCK):
        score = tl.dot(q_low.to(kind), tl.trans(k_low), input_precision="ieee")
        score += tl.dot(q_high.to(kind), tl.trans(k_high), input_precision="ieee")
        score = tl.where((start + tl.arange(0, BLOCK) < last)[None], score, float("-inf"))
        top = tl.maximum(best, tl.max(score, 1))
        weight = tl.exp(score - top[:, None])
        keep = tl.exp(best - top)
        total = total * keep + tl.sum(weight, 1)
        acc = acc * keep[:, None] + tl.dot(weight.to(kind), v, input_precision="ieee")
        best = top
        k_low, k_high, v = _cached(keys_ptr, values_ptr, start + BLOCK, last, WIDTH, BLOCK)
    return best, total, acc


@triton.jit
def _cached(keys_ptr, values_ptr, start, last, WIDTH: tl.constexpr, BLOCK: tl.constexpr):
    """Load a block of keys, in halves, and of values; zeros from `last` on."""
    half = tl.arange(0, WIDTH // 2)
    token = start + tl.arange(0, BLOCK)
    mask = (token < last)[:, None]
    at = token[:, None] * WIDTH
    low = tl.load(keys_ptr + at + half[None], mask=mask, other=0.0)
    high = tl.load(keys_ptr + at + WIDTH // 2 + half[None], mask=mask, other=0.0)
    values = tl.load(values_ptr + at + tl.arange(0, WIDTH)[None], mask=mask, other=0.0)
    return low, high, values


@triton.jit
def _join(parts_ptr, out_ptr, head, GROUP: tl.constexpr, WIDTH: tl.constexpr, SPLITS: tl.constexpr):
    """Join the splits of a key head's query heads."""
    PADDED: tl.constexpr = triton.next_power_of_2(GROUP)
    wide = tl.arange(0, WIDTH)
    query = tl.arange(0, PADDED)
    mask = (query < GROUP)[:, None]
    part = parts_ptr + (((head * GROUP + query) * SPLITS)[:, None] + tl.arange(0, SPLITS)[None]) * (
        WIDTH + 2
    )
    # .cg: what other programs wrote lies in L2, not in this one's L1
    best = tl.load(part + WIDTH, mask=mask, other=0.0, cache_modifier=".cg")
    total = tl.load(part + WIDTH + 1, mask=mask, other=1.0, cache_modifier=".cg")
    sums = tl.load(
        part[:, :, None] + wide[None, None], mask=mask[:, :, None], other=0.0, cache_modifier=".cg"
    )
    share = tl.exp(best - tl.max(best, 1)[:, None])
    joined = tl.sum(sums * share[:, :, None], 1) / tl.sum(share * total, 1)[:, None]
    tl.store(out_ptr + (head * GROUP + query)[:, None] * WIDTH + wide[None], joined, mask=mask)
