from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch.nn.attention.bias import causal_lower_right

from video_commentary.engines.minicpmo.language.attention import attend_causally


@pytest.mark.parametrize(
    ("device", "dtype"),
    [
        ("cpu", torch.float32),
        pytest.param("cuda", torch.float16, marks=pytest.mark.gpu),
        pytest.param("cuda", torch.bfloat16, marks=pytest.mark.gpu),
    ],
)
@pytest.mark.parametrize("head_dim", [20, 64, 128])
@pytest.mark.parametrize(("rows", "end"), [(1, 1), (1, 40), (7, 7), (7, 40), (33, 600)])
def test_it_attends_as_torchs_own_bias(
    device: str, dtype: torch.dtype, head_dim: int, rows: int, end: int
) -> None:
    generator = torch.Generator().manual_seed(rows + end)
    q = torch.randn(1, 8, rows, head_dim, generator=generator).to(device, dtype)
    # a view of a longer cache, as in the model
    k, v = torch.randn(2, 1, 2, 1024, head_dim, generator=generator).to(device, dtype)[..., :end, :]
    mask = causal_lower_right(rows, end) if rows > 1 else None
    expected = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)
    tolerance = 1e-6 if dtype is torch.float32 else 2e-2
    torch.testing.assert_close(attend_causally(q, k, v), expected, atol=tolerance, rtol=tolerance)
