"""How the GEMM of 4-bit weights parts its work; apart from the kernel, which needs triton."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tile:
    """What one program of the GEMM makes: rows, outputs; by warps, loading `stages` steps ahead."""

    rows: int
    outputs: int
    warps: int
    stages: int
