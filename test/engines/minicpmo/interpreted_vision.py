"""The kernels of the vision tower against plain torch, for `interpreted_kernels.py`."""

from __future__ import annotations

import torch

from video_commentary.engines.minicpmo.kernels.reference import LayerNorm
from video_commentary.engines.minicpmo.vision.layers import (
    layer_norm_and_add,
    multi_head_attention,
    patchify,
)


def check_image_attention() -> None:
    """Heads that are no power of two, and rows that are no multiple of a block."""
    from video_commentary.engines.minicpmo.kernels.image_attention import image_attention

    for n, rows, num_heads, head_dim in ((2, 150, 2, 72), (1, 64, 1, 64), (3, 5, 2, 16)):
        qkv = torch.randn(n, rows, 3 * num_heads * head_dim)
        q, k, v = qkv.double().chunk(3, -1)
        expected = multi_head_attention(q, k, v, num_heads).float()
        torch.testing.assert_close(image_attention(qkv, num_heads), expected, rtol=0, atol=1e-5)


def check_patchify() -> None:
    """The same bytes, in images that are not square, and zeros behind them."""
    from video_commentary.engines.minicpmo.kernels.image_patches import fused_patchify

    images = torch.randint(0, 256, (2, 28, 42, 3), dtype=torch.uint8)
    made = fused_patchify(images, 14, 592, torch.float32)
    torch.testing.assert_close(made, patchify(images, 14, 592, torch.float32), rtol=0, atol=1e-6)


def check_layer_norm() -> None:
    """With and without a shift before, and a sum behind."""
    from video_commentary.engines.minicpmo.kernels.fused_rows import (
        fused_layer_norm,
        fused_layer_norm_and_add,
    )

    for width in (96, 1152):
        weight, bias, shift = torch.rand(width) + 0.5, torch.randn(width), torch.randn(width)
        x, y = torch.randn(15, width), torch.randn(5, width)
        for norm in (
            LayerNorm(weight=weight, bias=bias, eps=1e-6, shift=shift),
            LayerNorm(weight=weight, bias=bias, eps=1e-6),
        ):
            normed, total = fused_layer_norm_and_add(x, norm, y)
            expected, expected_total = layer_norm_and_add(x, norm, y)
            torch.testing.assert_close(normed, expected, rtol=0, atol=1e-5)
            torch.testing.assert_close(total, expected_total, rtol=0, atol=1e-5)
            assert torch.equal(fused_layer_norm(x, norm), normed)


VISION_CHECKS = (check_image_attention, check_patchify, check_layer_norm)
