# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""GEMM with INT4 weights that are never written out, for a prefill: a Triton kernel.

The tensor cores multiply q - zero, which is exact in 16 bits; a group's float16 scale is applied
to its float32 sum. So only the outputs are rounded.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from .launching import launch
from .plan import GemmConfig


def int4_gemm(
    x: Tensor, qweight: Tensor, scales_and_zeros: Tensor, *, group_size: int, config: GemmConfig
) -> Tensor:
    """Multiply `x` [m, in] with INT4 weights as `quantization.Int4Linear` has them: [m, out].

    Raise triton's OutOfResources if the tile is too large for the GPU.
    """
    m, k = x.shape
    n = len(qweight)
    out = torch.empty(m, n, dtype=x.dtype, device=x.device)
    # blocks of rows count fastest: programs that share weights run together
    launch(
        _int4_gemm_kernel,
        (triton.cdiv(m, config.block_m), triton.cdiv(n, config.block_n)),
        x.contiguous(),
        qweight,
        scales_and_zeros,
        out,
        m,
        n,
        k,
        GROUP_SIZE=group_size,
        BLOCK_K=min(128, group_size & -group_size),
        BLOCK_M=config.block_m,
        BLOCK_N=config.block_n,
        num_warps=config.num_warps,
        num_stages=config.num_stages,
        enable_fp_fusion=True,
    )
    return out


# rows: else a first prompt of a multiple of 16 of them would compile a second kernel
@triton.jit(do_not_specialize=["m"])
def _int4_gemm_kernel(
    x_ptr,
    qweight_ptr,
    scales_and_zeros_ptr,
    out_ptr,
    m,
    n,
    k,
    GROUP_SIZE: tl.constexpr,
    BLOCK_K: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
):
    offs_m = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    offs_n = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
    x_ptrs = x_ptr + offs_m[:, None] * k + tl.arange(0, BLOCK_K)[None]
    qweight_ptrs = qweight_ptr + offs_n[:, None] * (k // 8) + tl.arange(0, BLOCK_K // 8)[None]
    acc = tl.zeros([BLOCK_M, BLOCK_N], tl.float32)
    for start in range(0, k, BLOCK_K):
        x = tl.load(x_ptrs + start, mask=offs_m[:, None] < m, other=0.0)
        qweight = tl.load(qweight_ptrs + start // 8, mask=offs_n[:, None] < n, other=0)
        scales_and_zeros = tl.load(
            scales_and_zeros_ptr + offs_n * (k // GROUP_SIZE) + start // GROUP_SIZE,
            mask=offs_n < n,
            other=0,
        )
        weight = _unpack(qweight, (scales_and_zeros >> 16)[:, None], x.dtype, BLOCK_N, BLOCK_K)
        scale = scales_and_zeros.to(tl.uint16).to(tl.float16, bitcast=True).to(tl.float32)
        acc += tl.dot(x, tl.trans(weight), input_precision="ieee") * scale[None]
    tl.store(
        out_ptr + offs_m[:, None] * n + offs_n[None],
        acc.to(out_ptr.dtype.element_ty),
        mask=(offs_m[:, None] < m) & (offs_n[None] < n),
    )


@triton.jit
def _unpack(qweight, zeros, DTYPE: tl.constexpr, BLOCK_N: tl.constexpr, BLOCK_K: tl.constexpr):
    """Return q - zero [BLOCK_N, BLOCK_K] of packed int32 [BLOCK_N, BLOCK_K / 8]."""
    # nibble j of int32 c of four is weight 4 j + c: joined by the bits of j, then put in order
    even = tl.join(
        tl.join(_nibble(qweight, zeros, 0, DTYPE), _nibble(qweight, zeros, 4, DTYPE)),
        tl.join(_nibble(qweight, zeros, 2, DTYPE), _nibble(qweight, zeros, 6, DTYPE)),
    )
    odd = tl.join(
        tl.join(_nibble(qweight, zeros, 1, DTYPE), _nibble(qweight, zeros, 5, DTYPE)),
        tl.join(_nibble(qweight, zeros, 3, DTYPE), _nibble(qweight, zeros, 7, DTYPE)),
    )
    q = tl.reshape(tl.join(even, odd), [BLOCK_N, BLOCK_K // 32, 4, 2, 2, 2])
    return tl.reshape(tl.permute(q, [0, 1, 3, 4, 5, 2]), [BLOCK_N, BLOCK_K])


@triton.jit
def _nibble(qweight, zeros, NIBBLE: tl.constexpr, DTYPE: tl.constexpr):
    return (((qweight >> 4 * NIBBLE) & 15) - zeros).to(DTYPE)
