"""What a layer of a decoder-only transformer multiplies with."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..kernels.plan import KernelPlan
from ..kernels.reference import RMSNorm
from .linear import Linear


@dataclass(frozen=True, kw_only=True)
class LayerWeights:
    """The weights of one layer.

    `qkv_proj` stacks the rows of q, k and v; `gate_up_proj` alternates those of gate and up.
    """

    input_layernorm: RMSNorm
    qkv_proj: Linear
    q_norm: RMSNorm | None
    k_norm: RMSNorm | None
    o_proj: Linear
    post_attention_layernorm: RMSNorm
    gate_up_proj: Linear
    down_proj: Linear

    def with_plan(self, plan: KernelPlan) -> LayerWeights:
        """Return the weights with `plan` for the kernels of their linears."""
        return replace(
            self,
            qkv_proj=self.qkv_proj.with_plan(plan),
            o_proj=self.o_proj.with_plan(plan),
            gate_up_proj=self.gate_up_proj.with_plan(plan),
            down_proj=self.down_proj.with_plan(plan),
        )
