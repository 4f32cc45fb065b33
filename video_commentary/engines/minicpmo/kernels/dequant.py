# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""Dequantisation of INT4 weights to 16-bit floats, for the matrix products of a prefill."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from .launching import launch


def dequantize(
    qweight: Tensor,
    scales_and_zeros: Tensor,
    *,
    group_size: int,
    dtype: torch.dtype,
    out: Tensor | None = None,
) -> Tensor:
    """Return the weights [out, in] in `dtype`, packed as `quantization.Int4Linear` has them.

    They are written to `out`, if there is one.
    """
    n, k = len(qweight), qweight.shape[1] * 8
    if out is None:
        out = torch.empty(n, k, dtype=dtype, device=qweight.device)
    block_k = min(4096, triton.next_power_of_2(k))
    launch(
        _dequantize_kernel,
        (n, triton.cdiv(k, block_k)),
        qweight,
        scales_and_zeros,
        out,
        K=k,
        GROUP_SIZE=group_size,
        BLOCK_K=block_k,
        num_warps=max(1, block_k // 1024),
        enable_fp_fusion=True,
    )
    return out


@triton.jit
def _dequantize_kernel(
    qweight_ptr,
    scales_and_zeros_ptr,
    out_ptr,
    K: tl.constexpr,
    GROUP_SIZE: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    row = tl.program_id(0).to(tl.int64)
    offs_packed = tl.program_id(1) * (BLOCK_K // 8) + tl.arange(0, BLOCK_K // 8)
    mask = offs_packed < K // 8
    qweight = tl.load(qweight_ptr + row * (K // 8) + offs_packed, mask=mask, other=0)
    scales_and_zeros = tl.load(
        scales_and_zeros_ptr + row * (K // GROUP_SIZE) + offs_packed // (GROUP_SIZE // 8),
        mask=mask,
        other=0,
    )
    dtype = out_ptr.dtype.element_ty
    # nibble j of int32 c of four is weight 4 j + c: joined by the bits of j, then put in order
    even = tl.join(
        tl.join(
            _weight(qweight, scales_and_zeros, 0, dtype),
            _weight(qweight, scales_and_zeros, 4, dtype),
        ),
        tl.join(
            _weight(qweight, scales_and_zeros, 2, dtype),
            _weight(qweight, scales_and_zeros, 6, dtype),
        ),
    )
    odd = tl.join(
        tl.join(
            _weight(qweight, scales_and_zeros, 1, dtype),
            _weight(qweight, scales_and_zeros, 5, dtype),
        ),
        tl.join(
            _weight(qweight, scales_and_zeros, 3, dtype),
            _weight(qweight, scales_and_zeros, 7, dtype),
        ),
    )
    weights = tl.reshape(tl.join(even, odd), [BLOCK_K // 32, 4, 2, 2, 2])
    weights = tl.reshape(tl.permute(weights, [0, 2, 3, 4, 1]), [BLOCK_K])
    offs_k = tl.program_id(1) * BLOCK_K + tl.arange(0, BLOCK_K)
    tl.store(out_ptr + row * K + offs_k, weights, mask=offs_k < K)


@triton.jit
def _weight(qweight, scales_and_zeros, NIBBLE: tl.constexpr, DTYPE: tl.constexpr):
    q = ((qweight >> 4 * NIBBLE) & 15) - (scales_and_zeros >> 16)
    scale = scales_and_zeros.to(tl.uint16).to(tl.float16, bitcast=True).to(tl.float32)
    return (q.to(tl.float32) * scale).to(DTYPE)
