# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Many rows times INT4 weights, without writing the weights out: a Triton kernel.

What is multiplied is q - zero, exact in 16 bits; a group's float16 scale is applied to its float32
sum. So only the outputs are rounded.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from .gemm_tile import Tile


def int4_rows(x: Tensor, words: Tensor, scales: Tensor, group: int, tile: Tile) -> Tensor:
    """Multiply `x` [rows, K] with INT4 weights as `quant.Int4Linear` keeps them.

    Raise triton's OutOfResources where the tile is too large for the GPU.
    """
    m, k = x.shape
    n = len(words)
    out = torch.empty(m, n, dtype=x.dtype, device=x.device)
    # row blocks count fastest: programs that share weights run together
    _gemm[(triton.cdiv(m, tile.rows), triton.cdiv(n, tile.outputs))](
        x.contiguous(),
        words,
        scales,
        out,
        m,
        n,
        k,
        GROUP=group,
        STEP=min(128, group & -group),
        ROWS=tile.rows,
        OUTPUTS=tile.outputs,
        num_warps=tile.warps,
        num_stages=tile.stages,
    )
    return out


@triton.jit
def _gemm(
    x_ptr,
    words_ptr,
    scales_ptr,
    out_ptr,
    m,
    n,
    k,
    GROUP: tl.constexpr,
    STEP: tl.constexpr,
    ROWS: tl.constexpr,
    OUTPUTS: tl.constexpr,
):
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    output = tl.program_id(1) * OUTPUTS + tl.arange(0, OUTPUTS)
    x_ptrs = x_ptr + row[:, None] * k + tl.arange(0, STEP)[None]
    word_ptrs = words_ptr + output[:, None] * (k // 8) + tl.arange(0, STEP // 8)[None]
    acc = tl.zeros([ROWS, OUTPUTS], tl.float32)
    for start in range(0, k, STEP):
        x = tl.load(x_ptrs + start, mask=row[:, None] < m, other=0.0)
        words = tl.load(word_ptrs + start // 8, mask=output[:, None] < n, other=0)
        packed = tl.load(
            scales_ptr + output * (k // GROUP) + start // GROUP, mask=output < n, other=0
        )
        centred = _centred(words, (packed >> 16)[:, None], x.dtype, OUTPUTS, STEP)
        scale = packed.to(tl.uint16).to(tl.float16, bitcast=True).to(tl.float32)
        acc += tl.dot(x, tl.trans(centred), input_precision="ieee") * scale[None]
    tl.store(
        out_ptr + row[:, None] * n + output[None],
        acc.to(out_ptr.dtype.element_ty),
        mask=(row[:, None] < m) & (output[None] < n),
    )


@triton.jit
def _centred(words, zeros, KIND: tl.constexpr, OUTPUTS: tl.constexpr, STEP: tl.constexpr):
    """Return q - zero [OUTPUTS, STEP] of words [OUTPUTS, STEP / 8]."""
    # nibble j of word c of four is weight 4 j + c: joined by the bits of j, then put in order
    even = tl.join(
        tl.join(_nibble(words, zeros, 0, KIND), _nibble(words, zeros, 4, KIND)),
        tl.join(_nibble(words, zeros, 2, KIND), _nibble(words, zeros, 6, KIND)),
    )
    odd = tl.join(
        tl.join(_nibble(words, zeros, 1, KIND), _nibble(words, zeros, 5, KIND)),
        tl.join(_nibble(words, zeros, 3, KIND), _nibble(words, zeros, 7, KIND)),
    )
    q = tl.reshape(tl.join(even, odd), [OUTPUTS, STEP // 32, 4, 2, 2, 2])
    return tl.reshape(tl.permute(q, [0, 1, 3, 4, 5, 2]), [OUTPUTS, STEP])


@triton.jit
def _nibble(words, zeros, NIBBLE: tl.constexpr, KIND: tl.constexpr):
    return (((words >> 4 * NIBBLE) & 15) - zeros).to(KIND)
