"""Triton kernels: INT4 and dense products, attention of one decode step."""
