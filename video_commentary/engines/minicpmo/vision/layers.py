"""What SigLIP's layers are made of: fused kernels on a GPU, plain torch on a CPU."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from ..kernels.reference import LayerNorm

SDPA_BACKENDS = [
    SDPBackend.FLASH_ATTENTION,
    SDPBackend.EFFICIENT_ATTENTION,
    SDPBackend.MATH,
]
"""Not cuDNN's attention: it takes 27 ms to plan for a new shape on Hopper."""


def patchify(images: Tensor, patch: int, columns: int, dtype: torch.dtype) -> Tensor:
    """Map bytes [n, H, W, 3] to [n * patches, columns] in [-1, 1], zeros behind a patch's pixels.

    A row is a patch's reds line by line, then its greens, then its blues.
    """
    if images.is_cuda:
        from ..kernels.image_patches import fused_patchify

        return fused_patchify(images, patch, columns, dtype)
    n, height, width, _ = images.shape
    rows, across = height // patch, width // patch
    patches = normalize_pixels(images).view(n, rows, patch, across, patch, 3)
    patches = patches.permute(0, 1, 3, 5, 2, 4).reshape(n * rows * across, -1)
    return F.pad(patches, (0, columns - patches.shape[-1])).to(dtype)


def normalize_pixels(pixels: Tensor) -> Tensor:
    """Return bytes as float32 in [-1, 1], rounded as the published preprocessor does."""
    return (pixels.float() / 255 - 0.5) / 0.5


def layer_norm(x: Tensor, norm: LayerNorm) -> Tensor:
    """Return the norm of rows `x` [n, width], in their dtype."""
    if not x.is_cuda:
        return norm(x)
    from ..kernels.fused_rows import fused_layer_norm

    return fused_layer_norm(x, norm)


def layer_norm_and_add(x: Tensor, norm: LayerNorm, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the norm of rows `x` [k * n, width], and its sum with `y` [n, width], k times."""
    if not x.is_cuda:
        normed = norm(x)
        return normed, (normed.view(-1, *y.shape) + y).view_as(x)
    from ..kernels.fused_rows import fused_layer_norm_and_add

    return fused_layer_norm_and_add(x, norm, y)


def linear_gelu(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return the tanh approximation of GELU of a linear of rows `x` [n, in]: [n, out]."""
    if not x.is_cuda:
        return F.gelu(F.linear(x, weight, bias), approximate="tanh")
    # cuBLAS computes it where it writes the product; torch has no public function for that
    return torch._addmm_activation(bias, x, weight.t(), use_gelu=True)


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
