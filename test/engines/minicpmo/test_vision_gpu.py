"""The vision tower's kernels, and the whole encoder at full width, on a GPU."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from bench.random_model import RandomTensors, published_config
from video_commentary.engines.minicpmo.vision.encoder import VisionEncoder
from video_commentary.engines.minicpmo.vision.layers import multi_head_attention, self_attention

from .random_linears import relative

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU"),
]
GPU = torch.device("cuda", 0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize(("n", "rows"), [(1, 1036), (4, 1032), (3, 300), (1, 37)])
def test_attention_is_no_worse_than_torchs(n: int, rows: int, dtype: torch.dtype) -> None:
    num_heads, width = 16, 1152
    qkv = torch.randn(n, rows, 3 * width, device=GPU).to(dtype)
    q, k, v = qkv.chunk(3, -1)
    truth = multi_head_attention(q.double(), k.double(), v.double(), num_heads)
    torchs = relative(multi_head_attention(q, k, v, num_heads), truth)
    assert relative(self_attention(qkv, num_heads), truth) <= 1.1 * torchs


@pytest.mark.parametrize("awq", [True, False])
def test_images_are_encoded_as_in_float32(awq: bool) -> None:
    config = published_config()
    tensors = RandomTensors(config, awq, GPU)
    vision = replace(config.vision, num_layers=4)
    ours = VisionEncoder(tensors.load, vision)
    exact = VisionEncoder(lambda name: tensors.load(name).float(), vision)
    images = [
        torch.randint(0, 256, (*side, 3), dtype=torch.uint8, device=GPU)
        for side in ((392, 518), (392, 518), (336, 602))
    ]
    for made, truth in zip(ours(images), exact(images), strict=True):
        assert relative(made, truth) < (2e-3 if awq else 2e-2)
