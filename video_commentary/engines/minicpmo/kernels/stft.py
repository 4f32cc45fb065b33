# ruff: noqa: N803 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""The vocoder's Fourier transforms in Triton, and what joins one chunk to the next. In float32."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from .chunk_state import ChunkState
from .conv_weights import Frames
from .launching import launch

_HOPS = 64


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


def istft(
    x: Tensor,
    basis: Tensor,
    squared_window: Tensor,
    source: Tensor,
    state: ChunkState,
    fades: Tensor,
    lengths: Tensor,
    *,
    max_magnitude: float,
    limit: float,
) -> Tensor:
    """Return the wave [samples] of log magnitudes and phases, cross-faded with the last chunk's.

    `x` [F, width]: log magnitudes of n_fft / 2 + 1 bins, as many values whose sine is the phase,
    and what else. `basis` [n_fft + 2, n_fft]; `squared_window` [n_fft]; `fades` [2, overlap]: in
    and out. The end of the wave and of `source` [samples] is left in `state`.
    """
    bins, n_fft = basis.shape
    wave = torch.empty_like(source)
    launch(
        _istft_kernel,
        (triton.cdiv(4 * len(source), n_fft * _HOPS),),
        x,
        basis,
        squared_window,
        source,
        state.source,
        state.wave,
        fades,
        wave,
        lengths,
        max_magnitude,
        limit,
        WIDTH=x.shape[-1],
        BINS=bins // 2,
        N_FFT=n_fft,
        HOP=n_fft // 4,
        SPF=fades.shape[1] // state.mel.shape[1],
        OVERLAP=fades.shape[1],
        BLOCK=_HOPS,
        num_warps=4,
        enable_fp_fusion=True,
    )
    return wave


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


@triton.jit
def _istft_kernel(
    x_ptr,
    basis_ptr,
    window_ptr,
    source_ptr,
    kept_source_ptr,
    kept_wave_ptr,
    fades_ptr,
    wave_ptr,
    lengths_ptr,
    max_magnitude,
    limit,
    WIDTH: tl.constexpr,
    BINS: tl.constexpr,
    N_FFT: tl.constexpr,
    HOP: tl.constexpr,
    SPF: tl.constexpr,
    OVERLAP: tl.constexpr,
    BLOCK: tl.constexpr,
):
    samples = tl.load(lengths_ptr) * SPF
    overlap = tl.where(tl.load(lengths_ptr + 1) > 0, OVERLAP, 0)
    side = tl.load(lengths_ptr + 2)
    hop = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    phase = tl.arange(0, HOP)
    wave = tl.zeros([BLOCK, HOP], tl.float32)
    weight = tl.zeros([BLOCK, HOP], tl.float32)
    for j in tl.static_range(4):
        # frames are centred: two of the four that a hop lies in begin before it
        row = hop + 2 - j
        valid = (row >= 0) & (row <= samples // HOP)
        tap = phase + HOP * j
        weight += tl.where(valid[:, None], tl.load(window_ptr + tap)[None], 0.0)
        for k in range(BINS):
            magnitude = tl.load(x_ptr + row * WIDTH + k, mask=valid, other=-float("inf"))
            angle = tl.load(x_ptr + row * WIDTH + BINS + k, mask=valid, other=0.0)
            magnitude = tl.exp(magnitude)
            # written so that NaN stays NaN
            magnitude = tl.where(magnitude > max_magnitude, max_magnitude, magnitude)
            angle = tl.sin(angle)
            real = tl.load(basis_ptr + k * N_FFT + tap)
            imaginary = tl.load(basis_ptr + (BINS + k) * N_FFT + tap)
            wave += (magnitude * tl.cos(angle))[:, None] * real[None]
            wave += (magnitude * tl.sin(angle))[:, None] * imaginary[None]
    n = hop[:, None] * HOP + phase[None]
    inside = n < samples
    wave = wave / tl.where(inside, weight, 1.0)
    wave = tl.where(wave > limit, limit, tl.where(wave < -limit, -limit, wave))
    faded = inside & (n < overlap)
    fade_in = tl.load(fades_ptr + n, mask=faded, other=1.0)
    fade_out = tl.load(fades_ptr + OVERLAP + n, mask=faded, other=0.0)
    kept = tl.load(kept_wave_ptr + side * OVERLAP + n, mask=faded, other=0.0)
    wave = wave * fade_in + kept * fade_out
    tl.store(wave_ptr + n, wave, mask=inside)
    keep = n - (samples - OVERLAP)
    where = (1 - side) * OVERLAP + keep
    tl.store(kept_wave_ptr + where, wave, mask=inside & (keep >= 0))
    source = tl.load(source_ptr + n, mask=inside, other=0.0)
    tl.store(kept_source_ptr + where, source, mask=inside & (keep >= 0))
