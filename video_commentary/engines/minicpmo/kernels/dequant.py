# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""INT4 weights to 16-bit floats, for the matrix products of a prefill: a Triton kernel."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor


def dequantised(words: Tensor, scales: Tensor, group: int, dtype: torch.dtype) -> Tensor:
    """Return the weights [out, in] of a `quant.Int4Linear`."""
    n, k = len(words), words.shape[1] * 8
    out = torch.empty(n, k, dtype=dtype, device=words.device)
    columns = min(4096, triton.next_power_of_2(k))
    _dequantise[(n, triton.cdiv(k, columns))](
        words, scales, out, K=k, GROUP=group, COLUMNS=columns, num_warps=max(1, columns // 1024)
    )
    return out


@triton.jit
def _dequantise(
    words_ptr, scales_ptr, out_ptr, K: tl.constexpr, GROUP: tl.constexpr, COLUMNS: tl.constexpr
):
    row = tl.program_id(0).to(tl.int64)
    word = tl.program_id(1) * (COLUMNS // 8) + tl.arange(0, COLUMNS // 8)
    mask = word < K // 8
    words = tl.load(words_ptr + row * (K // 8) + word, mask=mask, other=0)
    scales = tl.load(scales_ptr + row * (K // GROUP) + word // (GROUP // 8), mask=mask, other=0)
    kind = out_ptr.dtype.element_ty
    # nibble j of word c of four is weight 4 j + c: joined by the bits of j, then put in order
    even = tl.join(
        tl.join(_weight(words, scales, 0, kind), _weight(words, scales, 4, kind)),
        tl.join(_weight(words, scales, 2, kind), _weight(words, scales, 6, kind)),
    )
    odd = tl.join(
        tl.join(_weight(words, scales, 1, kind), _weight(words, scales, 5, kind)),
        tl.join(_weight(words, scales, 3, kind), _weight(words, scales, 7, kind)),
    )
    weights = tl.reshape(tl.join(even, odd), [COLUMNS // 32, 4, 2, 2, 2])
    weights = tl.reshape(tl.permute(weights, [0, 2, 3, 4, 1]), [COLUMNS])
    column = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    tl.store(out_ptr + row * K + column, weights, mask=column < K)


@triton.jit
def _weight(words, scales, NIBBLE: tl.constexpr, KIND: tl.constexpr):
    q = ((words >> 4 * NIBBLE) & 15) - (scales >> 16)
    scale = scales.to(tl.uint16).to(tl.float16, bitcast=True).to(tl.float32)
    return (q.to(tl.float32) * scale).to(KIND)
