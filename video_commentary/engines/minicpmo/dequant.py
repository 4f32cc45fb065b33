"""INT4 weights to 16-bit floats, for the matrix products of a prefill: a Triton kernel."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

_ROWS, _COLUMNS = 4, 1024


def dequantised(words: Tensor, scales: Tensor, group: int, dtype: torch.dtype) -> Tensor:
    """Return the weights [out, in] of a `quant.Int4Linear`."""
    n, k = len(words), words.shape[1] * 8
    out = torch.empty(n, k, dtype=dtype, device=words.device)
    _dequantise[(triton.cdiv(n, _ROWS), triton.cdiv(k, _COLUMNS))](
        words, scales, out, n, k, GROUP=group, ROWS=_ROWS, COLUMNS=_COLUMNS, num_warps=4
    )
    return out


@triton.jit
def _dequantise(
    words_ptr, scales_ptr, out_ptr, n, k, GROUP: tl.constexpr, ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
):
    row = (tl.program_id(0) * ROWS + tl.arange(0, ROWS))[:, None]
    column = (tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS))[None]
    mask = (row < n) & (column < k)
    words = tl.load(
        words_ptr + row * (k // 8) + column // 32 * 4 + column % 4, mask=mask, other=0
    )
    scales = tl.load(scales_ptr + row * (k // GROUP) + column // GROUP, mask=mask, other=0)
    q = (words >> (column % 32 // 4 * 4)) & 15
    scale = scales.to(tl.uint16).to(tl.float16, bitcast=True).to(tl.float32)
    value = (q - (scales >> 16)).to(tl.float32) * scale
    tl.store(out_ptr + row.to(tl.int64) * k + column, value.to(out_ptr.dtype.element_ty), mask=mask)
