"""What SigLIP's layers are made of: fused kernels on a GPU, plain torch on a CPU."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from ..kernels import reference
from ..kernels.reference import LayerNorm

SDPA_BACKENDS = [
    SDPBackend.FLASH_ATTENTION,
    SDPBackend.EFFICIENT_ATTENTION,
    SDPBackend.MATH,
]
"""Not cuDNN's attention: it takes 27 ms to plan for a new shape on Hopper."""


def patchify(images: Tensor, patch: int, columns: int, dtype: torch.dtype) -> Tensor:
    """Map bytes [n, H, W, 3] to [n, patches, columns] in [-1, 1], zeros behind a patch's pixels.

    A row is a patch's reds line by line, then its greens, then its blues.
    """
    if images.is_cuda:
        from ..kernels.image_patches import fused_patchify

        return fused_patchify(images, patch, columns, dtype)
    n, height, width, _ = images.shape
    rows, across = height // patch, width // patch
    patches = normalize_pixels(images).view(n, rows, patch, across, patch, 3)
    patches = patches.permute(0, 1, 3, 5, 2, 4).reshape(n, rows * across, -1)
    return F.pad(patches, (0, columns - patches.shape[-1])).to(dtype)


def normalize_pixels(pixels: Tensor) -> Tensor:
    """Return bytes as float32 in [-1, 1], rounded as the published preprocessor does."""
    return (pixels.float() / 255 - 0.5) / 0.5


def add_layer_norm(x: Tensor, y: Tensor, norm: LayerNorm) -> Tensor:
    """Add `y` to `x` [n, rows, width] in place; return the sum's norm.

    `y`: [n, rows, width], or [rows, width] for every n.
    """
    if not x.is_cuda:
        return reference.add_layer_norm(x, y, norm)
    from ..kernels.fused_rows import fused_add_layer_norm

    return fused_add_layer_norm(x, y, norm)


def linear_gelu(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return the tanh approximation of GELU of a linear, [n, rows, out]."""
    if not x.is_cuda:
        return F.gelu(F.linear(x, weight, bias), approximate="tanh")
    # cuBLAS computes it where it writes the product; torch has no public function for that
    out = torch._addmm_activation(bias, x.flatten(0, 1), weight.t(), use_gelu=True)
    return out.view(*x.shape[:-1], -1)


def self_attention(qkv: Tensor, num_heads: int) -> Tensor:
    """Attend within each image: `qkv` [n, rows, 3 * width] to [n, rows, width]."""
    if not qkv.is_cuda or qkv.element_size() != 2:
        q, k, v = qkv.chunk(3, -1)
        return multi_head_attention(q, k, v, num_heads)
    from ..kernels.image_attention import image_attention

    return image_attention(qkv, num_heads)


def multi_head_attention(q: Tensor, k: Tensor, v: Tensor, num_heads: int) -> Tensor:
    """Attend without a mask; `q`, `k`, `v` and the result are [n, rows, num_heads * head_dim]."""
    q, k, v = (torch.unflatten(x, -1, (num_heads, -1)).transpose(1, 2) for x in (q, k, v))
    with sdpa_kernel(SDPA_BACKENDS):
        return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
