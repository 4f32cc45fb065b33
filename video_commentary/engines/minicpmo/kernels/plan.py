"""Launch configurations of the INT4 kernels. Needs no triton, so a CPU can import it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class GemvConfig:
    """One program of a GEMV: `block_n` outputs from `block_k` inputs at a time."""

    block_n: int
    block_k: int
    num_warps: int


@dataclass(frozen=True, kw_only=True)
class GemmConfig:
    """One program of the INT4 GEMM: a tile of `block_m` rows by `block_n` outputs."""

    block_m: int
    block_n: int
    num_warps: int
    num_stages: int


@dataclass(frozen=True, kw_only=True)
class KernelPlan:
    """The kernels of a model's INT4 linears on a GPU, measured once at load (autotune.py).

    `gemv` serves decode, `gemm` prefill. Without a `gemm`, prefill dequantises the weights to
    16 bits and multiplies with cuBLAS.
    """

    gemv: GemvConfig
    gemm: GemmConfig | None


INT4_GEMV_CONFIGS = (
    GemvConfig(block_n=16, block_k=4096, num_warps=8),
    GemvConfig(block_n=8, block_k=4096, num_warps=4),
)
INT4_GEMM_CONFIGS = (
    # fits into the 100 KB of shared memory of a consumer card
    GemmConfig(block_m=64, block_n=128, num_warps=4, num_stages=2),
    # needs the shared memory of a Hopper
    GemmConfig(block_m=128, block_n=128, num_warps=8, num_stages=3),
)
DEQUANTISED_IS_FASTEST = frozenset({(9, 0)})
"""Compute capabilities where no GEMM is compiled and measured: on Hopper cuBLAS on dequantised
weights takes a quarter of the better one's time."""


def gemm_candidates(capability: tuple[int, int]) -> tuple[GemmConfig, ...]:
    """Return the GEMMs worth measuring on a GPU of this compute capability."""
    return () if capability in DEQUANTISED_IS_FASTEST else INT4_GEMM_CONFIGS


DEFAULT_PLAN = KernelPlan(gemv=INT4_GEMV_CONFIGS[0], gemm=None)
