# ruff: noqa: N803, N806, SIM108 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""GEMV with dense weights, RMSNorm, SwiGLU and the residual fused in: Triton kernels.

One row of activations against gigabytes of weights is bound by memory. So each program reads some
rows of the weight once, 16 bytes a thread, keeps the activations in registers, and starts to load
before the previous kernel has ended (programmatic dependent launch, on GPUs that have it).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from triton.language.extra import cuda as ptx

from .launching import launch
from .plan import GemvConfig
from .reference import RMSNorm


def dense_gemv(
    x: Tensor,
    weight: Tensor,
    *,
    norm: RMSNorm | None = None,
    swiglu: bool = False,
    residual: Tensor | None = None,
) -> Tensor:
    """Multiply a float32 row [1, in] with a weight [out, in] of 16 or 32 bits: float32 [1, out].

    See `Linear.gemv` for what is fused.
    """
    return _launch_dense(x, weight, weight, int8=False, norm=norm, swiglu=swiglu, residual=residual)


def int8_gemv(
    x: Tensor,
    qweight: Tensor,
    scales: Tensor,
    *,
    norm: RMSNorm | None = None,
    swiglu: bool = False,
    residual: Tensor | None = None,
) -> Tensor:
    """Multiply a float32 row [1, in] with (qweight - 128) * scales: float32 [1, out].

    `qweight`: uint8 [out, in]; `scales`: float32 [out].
    """
    return _launch_dense(x, qweight, scales, int8=True, norm=norm, swiglu=swiglu, residual=residual)


def dense_gemv_config(n: int, k: int) -> GemvConfig:
    """Return the configuration measured best on an H200 for a weight [n, k]."""
    if k <= 1024:
        return GemvConfig(block_n=4, block_k=1024, num_warps=1)
    if n >= 16384:
        return GemvConfig(block_n=4, block_k=4096, num_warps=4)
    return GemvConfig(block_n=4, block_k=1024, num_warps=2)


@lru_cache
def supports_pdl(device: torch.device) -> bool:
    """Return whether the GPU has programmatic dependent launch."""
    return bool(torch.cuda.get_device_capability(device) >= (9, 0))


def _launch_dense(x: Tensor, weight: Tensor, scales: Tensor, *, int8: bool, **fused: Any) -> Tensor:
    n, k = weight.shape
    config = dense_gemv_config(n, k)
    return launch_gemv(
        _dense_gemv_kernel,
        x,
        weight,
        scales,
        programs=triton.cdiv(n, config.block_n),
        K=k,
        BLOCK_N=config.block_n,
        BLOCK_K=config.block_k,
        num_warps=config.num_warps,
        EVEN_NK=n % config.block_n == 0 and k % config.block_k == 0,
        INT8=int8,
        **fused,
    )


def launch_gemv(
    kernel: Any,
    x: Tensor,
    weight: Tensor,
    scales: Tensor,
    *,
    programs: int,
    splits: int = 1,
    norm: RMSNorm | None,
    swiglu: bool,
    residual: Tensor | None,
    **arguments: Any,
) -> Tensor:
    """Launch a GEMV kernel for a row `x` [1, K] and `weight` [n, ...].

    `splits`: programs that share the inputs of an output. `arguments` are the kernel's own, among
    them K. Raise ValueError if the row has another length.
    """
    if x.shape[1] != arguments["K"]:
        raise ValueError(f"a row of {x.shape[1]} numbers for a weight of {arguments['K']} inputs")
    n = len(weight)
    out = x.new_empty(1, n // 2 if swiglu else n)
    use_pdl = x.is_cuda and supports_pdl(x.device)
    launch(
        kernel,
        (programs, splits),
        x,
        x if norm is None else norm.weight,
        weight,
        scales,
        x if residual is None else residual,
        out,
        n,
        0.0 if norm is None else norm.eps,
        RMS_NORM=norm is not None,
        SWIGLU=swiglu,
        ADD_RESIDUAL=residual is not None,
        USE_PDL=use_pdl,
        # from Triton 3.10 on, products and sums are fused only on request
        enable_fp_fusion=True,
        **arguments,
        **({"launch_pdl": True} if use_pdl else {}),
    )
    return out


@triton.jit
def load_activations(
    x_ptr,
    norm_weight_ptr,
    offs_k,
    K: tl.constexpr,
    RMS_NORM: tl.constexpr,
    EVEN_NK: tl.constexpr,
):
    """Load x at `offs_k`; return it (times the norm's weight) and its square."""
    if EVEN_NK:
        x = tl.load(x_ptr + offs_k)
    else:
        x = tl.load(x_ptr + offs_k, mask=offs_k < K, other=0.0)
    square = x * x
    if RMS_NORM:
        if EVEN_NK:
            x *= tl.load(norm_weight_ptr + offs_k).to(tl.float32)
        else:
            x *= tl.load(norm_weight_ptr + offs_k, mask=offs_k < K, other=0.0).to(tl.float32)
    return x, square


@triton.jit
def load_residual(
    residual_ptr,
    start_n,
    n,
    BLOCK_N: tl.constexpr,
    SWIGLU: tl.constexpr,
    ADD_RESIDUAL: tl.constexpr,
):
    """Load what `epilogue` adds to outputs from `start_n` on; early, as it waits for memory."""
    residual = 0.0
    if ADD_RESIDUAL:
        OUTPUTS: tl.constexpr = BLOCK_N // 2 if SWIGLU else BLOCK_N
        offs_n = (start_n // 2 if SWIGLU else start_n) + tl.arange(0, OUTPUTS)
        residual = tl.load(
            residual_ptr + offs_n, mask=offs_n < (n // 2 if SWIGLU else n), other=0.0
        )
    return residual


@triton.jit
def epilogue(y, residual, start_n, out_ptr, n, BLOCK_N: tl.constexpr, SWIGLU: tl.constexpr):
    """Apply SwiGLU to `y` [BLOCK_N], outputs from `start_n` on, add `residual` and store it."""
    if SWIGLU:
        gate, up = tl.split(tl.reshape(y, [BLOCK_N // 2, 2]))
        y = gate / (1.0 + tl.exp(-gate)) * up
        offs_n = start_n // 2 + tl.arange(0, BLOCK_N // 2)
        n = n // 2
    else:
        offs_n = start_n + tl.arange(0, BLOCK_N)
    tl.store(out_ptr + offs_n, y + residual, mask=offs_n < n)


@triton.jit
def _load_weight(
    weight_ptr,
    offs_n,
    start_k: tl.constexpr,
    n,
    K: tl.constexpr,
    BLOCK_K: tl.constexpr,
    EVEN_NK: tl.constexpr,
):
    """Load weights [BLOCK_N, BLOCK_K]."""
    offs_k = (start_k + tl.arange(0, BLOCK_K))[None]
    weight_ptr += offs_n.to(tl.int64)[:, None] * K + offs_k
    if EVEN_NK:
        return tl.load(weight_ptr)
    return tl.load(weight_ptr, mask=(offs_n[:, None] < n) & (offs_k < K), other=0)


@triton.jit
def _dense_gemv_kernel(
    x_ptr,
    norm_weight_ptr,
    weight_ptr,
    scales_ptr,
    residual_ptr,
    out_ptr,
    n,
    eps,
    K: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    RMS_NORM: tl.constexpr,
    SWIGLU: tl.constexpr,
    ADD_RESIDUAL: tl.constexpr,
    EVEN_NK: tl.constexpr,
    USE_PDL: tl.constexpr,
    INT8: tl.constexpr,
):
    offs_n = tl.program_id(0) * BLOCK_N + tl.arange(0, BLOCK_N)
    offs_k = tl.arange(0, BLOCK_K)
    if USE_PDL:
        ptx.gdc_launch_dependents()
    weight = _load_weight(weight_ptr, offs_n, 0, n, K, BLOCK_K, EVEN_NK)
    if USE_PDL:
        ptx.gdc_wait()
    start_n = tl.program_id(0) * BLOCK_N
    residual = load_residual(residual_ptr, start_n, n, BLOCK_N, SWIGLU, ADD_RESIDUAL)
    acc = tl.zeros([BLOCK_N, BLOCK_K // 8], tl.float32)
    squares = tl.zeros([BLOCK_K], tl.float32)
    for start_k in tl.static_range(0, K, BLOCK_K):
        if start_k:
            weight = _load_weight(weight_ptr, offs_n, start_k, n, K, BLOCK_K, EVEN_NK)
        x, square = load_activations(x_ptr, norm_weight_ptr, start_k + offs_k, K, RMS_NORM, EVEN_NK)
        squares += square
        if INT8:
            # a byte in the mantissa of 2^23 makes 2^23 + byte: cheaper than a conversion
            value = (weight.to(tl.uint32) | 0x4B000000).to(tl.float32, bitcast=True) - 8388736.0
        else:
            value = weight.to(tl.float32)
        acc += tl.sum(tl.reshape(value * x[None], [BLOCK_N, BLOCK_K // 8, 8]), 2)
    y = tl.sum(acc, 1)
    if INT8:
        y *= tl.load(scales_ptr + offs_n, mask=offs_n < n, other=0.0)
    if RMS_NORM:
        y *= tl.rsqrt(tl.sum(squares) / K + eps)
    epilogue(y, residual, start_n, out_ptr, n, BLOCK_N, SWIGLU)
