# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Prefetch of weights into the L2 cache: Triton functions."""

from __future__ import annotations

from dataclasses import dataclass

import triton
import triton.language as tl
from torch import Tensor


@dataclass
class Ahead:
    """The first `head` bytes of each `stride` bytes of `tensor`."""

    tensor: Tensor
    stride: int
    head: int

    @property
    def count(self) -> int:
        return triton.cdiv(self.tensor.numel() * self.tensor.element_size(), self.stride)


@triton.jit
def prefetch_lines(ptrs, wanted, SIZE: tl.constexpr, USE_INLINE_ASM: tl.constexpr):
    """Bring the SIZE bytes at each of `ptrs` into L2, where `wanted`."""
    if USE_INLINE_ASM:
        if SIZE == 128:
            tl.inline_asm_elementwise(
                "{ .reg .pred p; setp.ne.s32 p, $2, 0; @p prefetch.global.L2 [$1]; mov.b32 $0, 0; }",
                "=r,l,r",
                [ptrs, wanted.to(tl.int32)],
                dtype=tl.int32,
                is_pure=False,
                pack=1,
            )
        else:
            tl.inline_asm_elementwise(
                """{ .reg .pred p; .reg .b32 size; setp.ne.s32 p, $2, 0; mov.b32 size, $3;
                @p cp.async.bulk.prefetch.L2.global [$1], size; mov.b32 $0, 0; }""",
                "=r,l,r,r",
                [ptrs, wanted.to(tl.int32), tl.full([1], SIZE, tl.int32)],
                dtype=tl.int32,
                is_pure=False,
                pack=1,
            )


@triton.jit
def prefetch_heads(
    ptr, stride, head, count, program, programs, THREADS: tl.constexpr, SIZE: tl.constexpr,
    ASM: tl.constexpr,
):
    """Bring this program's share of `count` heads at `ptr` into L2."""
    base = ptr.to(tl.pointer_type(tl.int8), bitcast=True)
    offs = tl.arange(0, THREADS) * SIZE
    for index in range(program, count, programs):
        at = base + index.to(tl.int64) * stride
        for begin in range(0, head, THREADS * SIZE):
            prefetch_lines(at + begin + offs, begin + offs < head, SIZE, ASM)
