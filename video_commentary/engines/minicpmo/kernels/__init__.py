"""Triton kernels: GEMV and GEMM with INT4 weights, dense GEMV, attention of a decode step."""
