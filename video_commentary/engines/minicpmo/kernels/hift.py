# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""What the vocoder computes between its convolutions, in Triton: source, transforms, activations.

In float32; only what a convolution reads has the type of its weights.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from .conv import snake
from .conv_weights import Frames, Length
from .launching import launch

_BLOCK = 1024
_HOPS = 64


def pitch_and_phase(
    hidden: Tensor, weight: Tensor, bias: Tensor, frames: Frames, *, harmonics: int, spf: int
) -> tuple[Tensor, Tensor]:
    """Return F0 [T] in Hz and the harmonics' phases [harmonics, T] in radians.

    `hidden` [T, C] times `weight` [C] plus `bias` [1] is F0, without its sign. `spf`: samples of a
    frame.
    """
    f0 = hidden.new_empty(frames.most, dtype=torch.float32)
    phase = hidden.new_empty(harmonics, frames.most, dtype=torch.float32)
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
    cached: Tensor,
    cached_count: Tensor,
    frames: Frames,
) -> Tensor:
    """Return the source [N]: the first `cached_count` (int32 [1]) samples of `cached`, then ours.

    `noise` [N, harmonics]; `weight` [harmonics] and `bias` [1] mix the harmonics.
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
        cached,
        cached_count,
        source,
        frames.count,
        frames.most,
        HARMONICS=harmonics,
        SPF=samples // frames.most,
        BLOCK=256,
        num_warps=4,
        enable_fp_fusion=True,
    )
    return source


def stft(
    source: Tensor, basis: Tensor, frames: Frames, *, pad: int, width: int, dtype: torch.dtype
) -> Tensor:
    """Transform `source` [N] into [pad + F + pad, width]: real parts, imaginary parts, zeros.

    `basis`: [n_fft + 2, n_fft]; a hop is a quarter of n_fft. The `pad` rows at each end are zeros.
    """
    bins, n_fft = basis.shape
    spf = len(source) // frames.most
    rows = 4 * len(source) // n_fft + 1 + 2 * pad
    out = source.new_empty(rows, width, dtype=dtype)
    launch(
        _stft_kernel,
        (triton.cdiv(rows, 64),),
        source,
        basis,
        out,
        frames.count,
        rows,
        pad,
        N_FFT=n_fft,
        BINS=bins,
        WIDTH=width,
        SPF=spf,
        BLOCK=64,
        BLOCK_W=triton.next_power_of_2(width),
        num_warps=4,
        enable_fp_fusion=True,
    )
    return out


def join(
    up: Tensor,
    source: Tensor,
    alpha: Tensor,
    frames: Frames,
    *,
    length: Length,
    skip: int,
    reflect: int,
    dtype: torch.dtype,
) -> tuple[Tensor, Tensor]:
    """Add `up` and `source` [T, C]; return the sum and, for each of `alpha` [G, C], its Snake.

    Row t of the sum takes row |t - `reflect`| + `skip` of `up`.
    """
    channels = source.shape[1]
    rows = length.of(frames.most)
    x = source.new_empty(1, rows, channels)
    act = source.new_empty(len(alpha), rows, channels, dtype=dtype)
    total = rows * channels
    launch(
        _join_kernel,
        (triton.cdiv(total, _BLOCK),),
        up,
        source,
        alpha,
        x,
        act,
        total,
        C=channels,
        GROUPS=len(alpha),
        SKIP=skip,
        REFLECT=reflect,
        BLOCK=_BLOCK,
        num_warps=4,
        enable_fp_fusion=True,
    )
    return x, act


def mean_leaky(x: Tensor, slope: float, dtype: torch.dtype) -> Tensor:
    """Return the mean over the groups of `x` [G, T, C], leaky below zero: [1, T, C]."""
    out = torch.empty_like(x[:1], dtype=dtype)
    total = out.numel()
    launch(
        _mean_leaky_kernel,
        (triton.cdiv(total, _BLOCK),),
        x,
        out,
        total,
        slope,
        GROUPS=len(x),
        BLOCK=_BLOCK,
        num_warps=4,
        enable_fp_fusion=True,
    )
    return out


def istft(
    x: Tensor,
    basis: Tensor,
    squared_window: Tensor,
    frames: Frames,
    *,
    samples: int,
    max_magnitude: float,
    limit: float,
) -> Tensor:
    """Return the wave [samples] of log magnitudes and phases.

    `x` [F, width]: log magnitudes of n_fft / 2 + 1 bins, as many values whose sine is the phase,
    and what else. `basis` [n_fft + 2, n_fft]; `squared_window` [n_fft].
    """
    bins, n_fft = basis.shape
    wave = x.new_empty(samples, dtype=torch.float32)
    launch(
        _istft_kernel,
        (triton.cdiv(4 * samples, n_fft * _HOPS),),
        x,
        basis,
        squared_window,
        wave,
        frames.count,
        samples,
        max_magnitude,
        limit,
        WIDTH=x.shape[-1],
        BINS=bins // 2,
        N_FFT=n_fft,
        HOP=n_fft // 4,
        SPF=samples // frames.most,
        BLOCK=_HOPS,
        num_warps=4,
        enable_fp_fusion=True,
    )
    return wave


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


@triton.jit(do_not_specialize=["most"])
def _source_kernel(
    f0_ptr,
    phase_ptr,
    noise_ptr,
    weight_ptr,
    bias_ptr,
    cached_ptr,
    cached_count_ptr,
    source_ptr,
    frames_ptr,
    most,
    HARMONICS: tl.constexpr,
    SPF: tl.constexpr,
    BLOCK: tl.constexpr,
):
    frames = tl.load(frames_ptr)
    cached_count = tl.load(cached_count_ptr)
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
    is_cached = n < cached_count
    cached = tl.load(cached_ptr + n, mask=mask & is_cached, other=0.0)
    tl.store(source_ptr + n, tl.where(is_cached, cached, source), mask=mask)


@triton.jit(do_not_specialize=["rows", "pad"])
def _stft_kernel(
    source_ptr,
    basis_ptr,
    out_ptr,
    frames_ptr,
    rows,
    pad,
    N_FFT: tl.constexpr,
    BINS: tl.constexpr,
    WIDTH: tl.constexpr,
    SPF: tl.constexpr,
    BLOCK: tl.constexpr,
    BLOCK_W: tl.constexpr,
):
    samples = tl.load(frames_ptr) * SPF
    row = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    k = tl.arange(0, BLOCK_W)
    hop = row - pad
    valid = (hop >= 0) & (hop <= 4 * samples // N_FFT)
    acc = tl.zeros([BLOCK, BLOCK_W], tl.float32)
    for j in range(N_FFT):
        n = tl.abs(hop * (N_FFT // 4) + j - N_FFT // 2)
        n = tl.where(n >= samples, 2 * (samples - 1) - n, n)
        x = tl.load(source_ptr + n, mask=valid, other=0.0)
        basis = tl.load(basis_ptr + k * N_FFT + j, mask=k < BINS, other=0.0)
        acc += x[:, None] * basis[None]
    mask = (row < rows)[:, None] & (k < WIDTH)[None]
    offs = row[:, None] * WIDTH + k[None]
    tl.store(out_ptr + offs, acc.to(out_ptr.dtype.element_ty), mask=mask)


@triton.jit(do_not_specialize=["total"])
def _join_kernel(
    up_ptr,
    source_ptr,
    alpha_ptr,
    x_ptr,
    act_ptr,
    total,
    C: tl.constexpr,
    GROUPS: tl.constexpr,
    SKIP: tl.constexpr,
    REFLECT: tl.constexpr,
    BLOCK: tl.constexpr,
):
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offs < total
    c = offs % C
    row = tl.abs(offs // C - REFLECT) + SKIP
    x = tl.load(up_ptr + row * C + c, mask=mask, other=0.0)
    x += tl.load(source_ptr + offs, mask=mask, other=0.0)
    tl.store(x_ptr + offs, x, mask=mask)
    for group in tl.static_range(GROUPS):
        act = snake(x, tl.load(alpha_ptr + group * C + c))
        tl.store(act_ptr + group * total + offs, act.to(act_ptr.dtype.element_ty), mask=mask)


@triton.jit(do_not_specialize=["total"])
def _mean_leaky_kernel(x_ptr, out_ptr, total, slope, GROUPS: tl.constexpr, BLOCK: tl.constexpr):
    offs = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offs < total
    x = tl.load(x_ptr + offs, mask=mask, other=0.0)
    for group in tl.static_range(1, GROUPS):
        x += tl.load(x_ptr + group * total + offs, mask=mask, other=0.0)
    x = x / GROUPS
    x = tl.where(x > 0, x, x * slope)
    tl.store(out_ptr + offs, x.to(out_ptr.dtype.element_ty), mask=mask)


@triton.jit(do_not_specialize=["samples"])
def _istft_kernel(
    x_ptr,
    basis_ptr,
    window_ptr,
    wave_ptr,
    frames_ptr,
    samples,
    max_magnitude,
    limit,
    WIDTH: tl.constexpr,
    BINS: tl.constexpr,
    N_FFT: tl.constexpr,
    HOP: tl.constexpr,
    SPF: tl.constexpr,
    BLOCK: tl.constexpr,
):
    hops = tl.load(frames_ptr) * (SPF // HOP)
    hop = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    phase = tl.arange(0, HOP)
    wave = tl.zeros([BLOCK, HOP], tl.float32)
    weight = tl.zeros([BLOCK, HOP], tl.float32)
    for j in tl.static_range(4):
        # frames are centred: two of the four that a hop lies in begin before it
        row = hop + 2 - j
        valid = (row >= 0) & (row <= hops)
        tap = phase + HOP * j
        squared = tl.load(window_ptr + tap)
        weight += tl.where(valid[:, None], squared[None], 0.0)
        for k in range(BINS):
            magnitude = tl.load(x_ptr + row * WIDTH + k, mask=valid, other=-float("inf"))
            angle = tl.load(x_ptr + row * WIDTH + BINS + k, mask=valid, other=0.0)
            # written so that NaN stays NaN
            magnitude = tl.exp(magnitude)
            magnitude = tl.where(magnitude > max_magnitude, max_magnitude, magnitude)
            angle = tl.sin(angle)
            real = tl.load(basis_ptr + k * N_FFT + tap)
            imaginary = tl.load(basis_ptr + (BINS + k) * N_FFT + tap)
            wave += (magnitude * tl.cos(angle))[:, None] * real[None]
            wave += (magnitude * tl.sin(angle))[:, None] * imaginary[None]
    wave = wave / weight
    wave = tl.where(wave > limit, limit, tl.where(wave < -limit, -limit, wave))
    n = hop[:, None] * HOP + phase[None]
    tl.store(wave_ptr + n, wave, mask=n < samples)
