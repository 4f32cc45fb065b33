# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""The vocoder's source in two Triton kernels: F0 and phases, then the samples. In float32."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from .conv_weights import Frames
from .launching import launch


def pitch_and_phase(
    hidden: Tensor, weight: Tensor, bias: Tensor, frames: Frames, *, harmonics: int, spf: int
) -> tuple[Tensor, Tensor]:
    """Return F0 [T] in Hz and the harmonics' phases [harmonics, T] in radians.

    Float32 `hidden` [T, C] times `weight` [C] plus `bias` [1] is F0, without its sign. `spf`:
    samples of a frame.
    """
    f0 = hidden.new_empty(frames.most)
    phase = hidden.new_empty(harmonics, frames.most)
    launch(
        _phase_kernel,
        (harmonics,),
        hidden,
        weight,
        bias,
        f0,
        phase,
        frames.count,
        frames.most,
        C=hidden.shape[1],
        SPF=spf,
        BLOCK_T=triton.next_power_of_2(frames.most),
        BLOCK_C=min(64, triton.next_power_of_2(hidden.shape[1])),
        num_warps=8,
        enable_fp_fusion=True,
    )
    return f0, phase


def harmonic_source(
    f0: Tensor,
    phase: Tensor,
    noise: Tensor,
    weight: Tensor,
    bias: Tensor,
    kept: Tensor,
    lengths: Tensor,
    frames: Frames,
) -> Tensor:
    """Return the source [N]: first what is kept of the last chunk's, then ours.

    `noise` [N, harmonics]; `weight` [harmonics] and `bias` [1] mix the harmonics. `kept`,
    `lengths`: see `ChunkState`.
    """
    harmonics = len(phase)
    samples = len(noise)
    source = noise.new_empty(samples)
    launch(
        _source_kernel,
        (triton.cdiv(samples, 256),),
        f0,
        phase,
        noise,
        weight,
        bias,
        kept,
        lengths,
        source,
        frames.most,
        kept.shape[1],
        HARMONICS=harmonics,
        SPF=samples // frames.most,
        BLOCK=256,
        num_warps=4,
        enable_fp_fusion=True,
    )
    return source


@triton.jit(do_not_specialize=["most"])
def _phase_kernel(
    hidden_ptr,
    weight_ptr,
    bias_ptr,
    f0_ptr,
    phase_ptr,
    frames_ptr,
    most,
    C: tl.constexpr,
    SPF: tl.constexpr,
    BLOCK_T: tl.constexpr,
    BLOCK_C: tl.constexpr,
):
    frames = tl.load(frames_ptr)
    harmonic = tl.program_id(0)
    t = tl.arange(0, BLOCK_T)
    mask = t < frames
    acc = tl.zeros([BLOCK_T], tl.float32)
    for start in range(0, C, BLOCK_C):
        c = start + tl.arange(0, BLOCK_C)
        inside = c < C
        hidden = tl.load(
            hidden_ptr + t[:, None] * C + c[None], mask=mask[:, None] & inside[None], other=0.0
        )
        weight = tl.load(weight_ptr + c, mask=inside, other=0.0)
        acc += tl.sum(hidden.to(tl.float32) * weight[None], 1)
    f0 = tl.abs(acc + tl.load(bias_ptr))
    cycles = tl.div_rn(f0 * (harmonic + 1).to(tl.float32), 24000.0)
    cycles = tl.where(mask, cycles - tl.floor(cycles), 0.0)
    # in this order: the phase grows to 1e5 rad, where float32 rounds to 0.01
    phase = tl.cumsum(cycles, 0) * 2 * 3.141592653589793 * SPF
    tl.store(phase_ptr + harmonic * most + t, phase, mask=mask)
    if harmonic == 0:
        tl.store(f0_ptr + t, f0, mask=mask)


@triton.jit(do_not_specialize=["most", "overlap"])
def _source_kernel(
    f0_ptr,
    phase_ptr,
    noise_ptr,
    weight_ptr,
    bias_ptr,
    kept_ptr,
    lengths_ptr,
    source_ptr,
    most,
    overlap,
    HARMONICS: tl.constexpr,
    SPF: tl.constexpr,
    BLOCK: tl.constexpr,
):
    frames = tl.load(lengths_ptr)
    kept_samples = tl.where(tl.load(lengths_ptr + 1) > 0, overlap, 0)
    side = tl.load(lengths_ptr + 2)
    n = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = n < frames * SPF
    position = tl.maximum((n.to(tl.float32) + 0.5) * (1.0 / SPF) - 0.5, 0.0)
    left = position.to(tl.int32)
    right = tl.minimum(left + 1, frames - 1)
    share = position - left.to(tl.float32)
    f0 = tl.load(f0_ptr + n // SPF, mask=mask, other=0.0)
    voiced = f0 > 10.0
    level = tl.where(voiced, 0.003, 0.1 / 3)
    acc = tl.zeros([BLOCK], tl.float32) + tl.load(bias_ptr)
    for h in range(HARMONICS):
        before = tl.load(phase_ptr + h * most + left, mask=mask, other=0.0)
        after = tl.load(phase_ptr + h * most + right, mask=mask, other=0.0)
        phase = (1 - share) * before + share * after
        sine = tl.where(voiced, tl.sin(phase) * 0.1, 0.0)
        noise = tl.load(noise_ptr + n * HARMONICS + h, mask=mask, other=0.0)
        acc += tl.load(weight_ptr + h) * (sine + level * noise)
    # tanh, where e^x can't overflow
    source = 2 * tl.sigmoid(2 * acc) - 1
    is_kept = n < kept_samples
    kept = tl.load(kept_ptr + side * overlap + n, mask=mask & is_kept, other=0.0)
    tl.store(source_ptr + n, tl.where(is_kept, kept, source), mask=mask)
