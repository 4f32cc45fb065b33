# ruff: noqa: N803, N806 - constants of a kernel are written in capitals
# mypy: disable-error-code="no-untyped-def,untyped-decorator,no-untyped-call,unused-ignore"
"""All blocks of the flow's diffusion transformer in one persistent Triton kernel."""

from __future__ import annotations

import triton
import triton.language as tl

from .dit import layer_norm

HOLD = tl.constexpr(True)


@triton.jit
def _arrive(barrier_ptr, PROGRAMS: tl.constexpr):
    """Count this program as arrived; what it has written can be read after the wait."""
    if PROGRAMS > 1:
        tl.inline_asm_elementwise(
            """{
            .reg .pred first;
            .reg .u32 thread;
            bar.sync 0;
            mov.u32 thread, %tid.x;
            setp.eq.u32 first, thread, 0;
            @first red.release.gpu.global.add.u32 [$1], 1;
            mov.u32 $0, 0;
            }""",
            "=r,l,~{memory}",
            [barrier_ptr],
            dtype=tl.int32,
            is_pure=False,
            pack=1,
        )


@triton.jit
def _wait(barrier_ptr, arrivals, PROGRAMS: tl.constexpr):
    """Wait until every program has arrived; return the arrivals counted after that."""
    arrivals += PROGRAMS
    if PROGRAMS > 1:
        tl.inline_asm_elementwise(
            """{
            .reg .pred other, early;
            .reg .u32 thread, seen;
            mov.u32 thread, %tid.x;
            setp.ne.u32 other, thread, 0;
            @other bra released;
            waiting:
            ld.acquire.gpu.global.u32 seen, [$1];
            setp.lt.u32 early, seen, $2;
            @early bra waiting;
            released:
            bar.sync 0;
            mov.u32 $0, 0;
            }""",
            "=r,l,r,~{memory}",
            [barrier_ptr, arrivals],
            dtype=tl.int32,
            is_pure=False,
            pack=1,
        )
    return arrivals


@triton.jit
def _prefetch(ptr, size, PROGRAMS: tl.constexpr):
    """Bring `size` numbers of 16 bits to the L2 cache."""
    if PROGRAMS > 1:
        for start in range(tl.program_id(0) * 16384, size, PROGRAMS * 16384):
            offs = tl.minimum(start + tl.arange(0, 256) * 64, size - 1)
            tl.inline_asm_elementwise(
                "prefetch.global.L2 [$1]; mov.u32 $0, 0;",
                "=r,l",
                [ptr + offs],
                dtype=tl.int32,
                is_pure=False,
                pack=1,
            )


@triton.jit
def _weight(ptr, columns, start, K: tl.constexpr, BK: tl.constexpr):
    return tl.load(ptr + columns[:, None] * K + (start + tl.arange(0, BK))[None])


@triton.jit
def _zeros(BM: tl.constexpr, BN: tl.constexpr, SPLIT: tl.constexpr):
    if SPLIT == 1:
        return tl.zeros([BM, BN], tl.float32)
    else:  # noqa: RET505
        return tl.zeros([SPLIT, BM, BN], tl.float32)


@triton.jit
def _dot(
    a, w, acc, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, SPLIT: tl.constexpr
):
    """Multiply [BM, BK] with [BN, BK]; every warp an own part of BK if it is split."""
    if SPLIT == 1:
        return tl.dot(a, tl.trans(w), acc, input_precision="ieee")
    else:  # noqa: RET505
        a3 = tl.permute(tl.reshape(a, [BM, SPLIT, BK // SPLIT]), [1, 0, 2])
        w3 = tl.permute(tl.reshape(w, [BN, SPLIT, BK // SPLIT]), [1, 2, 0])
        return tl.dot(a3, w3, acc, input_precision="ieee")


@triton.jit
def _total(acc, SPLIT: tl.constexpr):
    if SPLIT == 1:
        return acc
    else:  # noqa: RET505
        return tl.sum(acc, 0)


@triton.jit
def _vector(ptr, columns):
    return tl.load(ptr + columns).to(tl.float32)


@triton.jit
def _step_kernel(
    x_ptr,
    weights_ptr,
    modulation_ptr,
    k_cache_ptr,
    v_cache_ptr,
    conv_ptr,
    slots_ptr,
    mask_ptr,
    tail_ptr,
    scratch_ptr,
    barrier_ptr,
    frames,
    num_slots,
    first_block,
    last_block,
    scale,
    WIDTH: tl.constexpr,
    NUM_HEADS: tl.constexpr,
    HEAD_DIM: tl.constexpr,
    INNER: tl.constexpr,
    DEPTH: tl.constexpr,
    PROGRAMS: tl.constexpr,
    WIDE_M: tl.constexpr,
    WIDE_N: tl.constexpr,
    QKV_M: tl.constexpr,
    NARROW_M: tl.constexpr,
    NARROW_N: tl.constexpr,
    WIDE_SPLIT: tl.constexpr,
    SPLIT: tl.constexpr,
    FC2_CHUNKS: tl.constexpr,
    KEYS: tl.constexpr,
    KEY_SPLIT: tl.constexpr,
    KEY_STAGES: tl.constexpr,
    PRELOAD: tl.constexpr,
    PREFETCH: tl.constexpr,
    PHASES: tl.constexpr,
    WAIT: tl.constexpr,
):
    pid = tl.program_id(0)
    dtype = x_ptr.dtype.element_ty
    ATTN: tl.constexpr = NUM_HEADS * HEAD_DIM
    QKV: tl.constexpr = 3 * ATTN
    # where the weights of a block are
    QKV_BIAS: tl.constexpr = QKV * WIDTH
    Q_NORM: tl.constexpr = QKV_BIAS + QKV
    K_NORM: tl.constexpr = Q_NORM + 2 * HEAD_DIM
    PROJ: tl.constexpr = K_NORM + 2 * HEAD_DIM
    CONV1: tl.constexpr = PROJ + WIDTH * ATTN + WIDTH
    CONV_NORM: tl.constexpr = CONV1 + 3 * WIDTH * WIDTH + WIDTH
    CONV2: tl.constexpr = CONV_NORM + 2 * WIDTH
    FC1: tl.constexpr = CONV2 + 3 * WIDTH * WIDTH + WIDTH
    FC2: tl.constexpr = FC1 + INNER * WIDTH + INNER
    SIZE: tl.constexpr = FC2 + INNER * WIDTH + WIDTH

    rows_all = 2 * frames
    q_ptr = scratch_ptr
    attn_ptr = q_ptr + rows_all * ATTN
    conv1_ptr = attn_ptr + rows_all * ATTN
    padded_ptr = conv1_ptr + rows_all * WIDTH
    inner_ptr = padded_ptr + (rows_all + 4) * WIDTH
    whole = tl.arange(0, WIDTH)
    offs_d = tl.arange(0, HEAD_DIM)
    arrivals = 0
    for block in range(first_block, last_block):
        weights = weights_ptr + block * SIZE
        modulation = modulation_ptr + block * 9 * WIDTH
        cache_size = 2 * NUM_HEADS * num_slots * HEAD_DIM
        k_cache = k_cache_ptr + block * cache_size
        v_cache = v_cache_ptr + block * cache_size
        conv_cache = conv_ptr + block * 8 * WIDTH
        if WAIT and (PHASES & 1) and block > first_block:
            _arrive(barrier_ptr, PROGRAMS)
        if PREFETCH:
            _prefetch(k_cache, cache_size, PROGRAMS)
            _prefetch(v_cache, cache_size, PROGRAMS)
            following = (block + 1) % DEPTH
            _prefetch(weights_ptr + following * SIZE, SIZE, PROGRAMS)
        if PHASES & 1:
            # queries, keys, values: a tile's outputs are of one head
            tiles = tl.cdiv(rows_all, QKV_M) * (3 * NUM_HEADS)
            if PRELOAD:
                w = _wide_weight(pid, weights, rows_all, QKV, WIDTH, QKV_M, HEAD_DIM)
            if WAIT and block > first_block:
                arrivals = _wait(barrier_ptr, arrivals, PROGRAMS)
            if PRELOAD:
                if pid < tiles:
                    _qkv(pid, w, x_ptr, weights, modulation, q_ptr, k_cache, v_cache, slots_ptr,
                         frames, num_slots, scale, WIDTH, NUM_HEADS, HEAD_DIM, QKV_M, WIDE_SPLIT)
            else:
                for tile in tl.range(pid, tiles, PROGRAMS, num_stages=1):
                    w = _wide_weight(tile, weights, rows_all, QKV, WIDTH, QKV_M, HEAD_DIM)
                    _qkv(tile, w, x_ptr, weights, modulation, q_ptr, k_cache, v_cache, slots_ptr,
                         frames, num_slots, scale, WIDTH, NUM_HEADS, HEAD_DIM, QKV_M, WIDE_SPLIT)
        if PHASES & 2:
            if WAIT:
                _arrive(barrier_ptr, PROGRAMS)
                arrivals = _wait(barrier_ptr, arrivals, PROGRAMS)
            row_tiles = tl.cdiv(frames, 16)
            for tile in tl.range(pid, row_tiles * (2 * NUM_HEADS), PROGRAMS, num_stages=1):
                batch = tile // row_tiles // NUM_HEADS
                head = tile // row_tiles % NUM_HEADS
                rows = (tile % row_tiles) * 16 + tl.arange(0, 16)
                here = batch * frames * ATTN + head * HEAD_DIM + offs_d[None]
                q = tl.load(q_ptr + here + tl.minimum(rows, frames - 1)[:, None] * ATTN)
                cached = (batch * NUM_HEADS + head) * num_slots * HEAD_DIM
                made = _attend_split(
                    q,
                    k_cache + cached,
                    v_cache + cached,
                    mask_ptr,
                    num_slots,
                    HEAD_DIM,
                    KEYS,
                    KEY_SPLIT,
                    KEY_STAGES,
                )
                out = attn_ptr + here + rows[:, None] * ATTN
                tl.store(out, made.to(dtype), mask=(rows < frames)[:, None])
        if PHASES & 4:
            arrivals = _gated(
                x_ptr, x_ptr, attn_ptr, ATTN, frames * ATTN, frames, weights + PROJ,
                modulation + 2 * WIDTH, barrier_ptr, arrivals,
                WIDTH, ATTN, 1, PROGRAMS, NARROW_M, NARROW_N, SPLIT, PRELOAD, WAIT, True,
            )
        if PHASES & 8:
            # norm: the first convolution's input, and its cache
            if WAIT:
                _arrive(barrier_ptr, PROGRAMS)
            scale_1 = _vector(modulation + 7 * WIDTH, whole)
            shift = _vector(modulation + 6 * WIDTH, whole)
            if WAIT:
                arrivals = _wait(barrier_ptr, arrivals, PROGRAMS)
            for task in tl.range(pid, rows_all + 4, PROGRAMS, num_stages=1):
                _conv_row(task, x_ptr, padded_ptr, conv_cache, tail_ptr, scale_1, shift, frames,
                          1e-6, WIDTH, False)
        if PHASES & 16:
            arrivals = _gated(
                conv1_ptr, x_ptr, padded_ptr, WIDTH, (frames + 2) * WIDTH, frames, weights + CONV1,
                modulation, barrier_ptr, arrivals,
                WIDTH, 3 * WIDTH, 3, PROGRAMS, NARROW_M, NARROW_N, SPLIT, PRELOAD, WAIT, False,
            )
        if PHASES & 32:
            # norm and mish: the second convolution's input, and its cache
            if WAIT:
                _arrive(barrier_ptr, PROGRAMS)
            weight = _vector(weights + CONV_NORM, whole)
            bias = _vector(weights + CONV_NORM + WIDTH, whole)
            if WAIT:
                arrivals = _wait(barrier_ptr, arrivals, PROGRAMS)
            for task in tl.range(pid, rows_all + 4, PROGRAMS, num_stages=1):
                _conv_row(task, conv1_ptr, padded_ptr, conv_cache + 4 * WIDTH, tail_ptr, weight,
                          bias, frames, 1e-5, WIDTH, True)
        if PHASES & 64:
            arrivals = _gated(
                x_ptr, x_ptr, padded_ptr, WIDTH, (frames + 2) * WIDTH, frames, weights + CONV2,
                modulation + 8 * WIDTH, barrier_ptr, arrivals,
                WIDTH, 3 * WIDTH, 3, PROGRAMS, NARROW_M, NARROW_N, SPLIT, PRELOAD, WAIT, True,
            )
        if PHASES & 128:
            if WAIT:
                _arrive(barrier_ptr, PROGRAMS)
            tiles = tl.cdiv(rows_all, WIDE_M) * (INNER // WIDE_N)
            if PRELOAD:
                w = _wide_weight(pid, weights + FC1, rows_all, INNER, WIDTH, WIDE_M, WIDE_N)
            if WAIT:
                arrivals = _wait(barrier_ptr, arrivals, PROGRAMS)
            if PRELOAD:
                if pid < tiles:
                    _fc1(pid, w, x_ptr, weights + FC1, modulation, inner_ptr, frames,
                         WIDTH, INNER, WIDE_M, WIDE_N, WIDE_SPLIT)
            else:
                for tile in tl.range(pid, tiles, PROGRAMS, num_stages=1):
                    w = _wide_weight(tile, weights + FC1, rows_all, INNER, WIDTH, WIDE_M, WIDE_N)
                    _fc1(tile, w, x_ptr, weights + FC1, modulation, inner_ptr, frames,
                         WIDTH, INNER, WIDE_M, WIDE_N, WIDE_SPLIT)
        if PHASES & 256:
            arrivals = _gated(
                x_ptr, x_ptr, inner_ptr, INNER, frames * INNER, frames, weights + FC2,
                modulation + 5 * WIDTH, barrier_ptr, arrivals,
                WIDTH, INNER, FC2_CHUNKS, PROGRAMS, NARROW_M, NARROW_N, SPLIT, PRELOAD, WAIT, True,
            )
        if PHASES == 0:
            _arrive(barrier_ptr, PROGRAMS)
            arrivals = _wait(barrier_ptr, arrivals, PROGRAMS)


@triton.jit
def _wide_weight(
    tile, ptr, rows_all, N: tl.constexpr, K: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr
):
    columns = (tile // tl.cdiv(rows_all, BM)) * BN % N + tl.arange(0, BN)
    return _weight(ptr, columns, 0, K, K)


@triton.jit
def _normed_product(
    tile, w, x_ptr, bias_ptr, shift_ptr, rows_all,
    WIDTH: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, SPLIT: tl.constexpr,
):
    row_tiles = tl.cdiv(rows_all, BM)
    rows = (tile % row_tiles) * BM + tl.arange(0, BM)
    columns = (tile // row_tiles) * BN + tl.arange(0, BN)
    whole = tl.arange(0, WIDTH)
    x = tl.load(x_ptr + tl.minimum(rows, rows_all - 1)[:, None] * WIDTH + whole[None])
    shift = _vector(shift_ptr, whole)
    scale = _vector(shift_ptr + WIDTH, whole)
    bias = _vector(bias_ptr, columns)
    a = layer_norm(x.to(tl.float32), scale, shift, whole[None] < WIDTH, 1e-6, WIDTH)
    acc = _dot(a.to(x.dtype), w, _zeros(BM, BN, SPLIT), BM, BN, WIDTH, SPLIT)
    return rows, columns, _total(acc, SPLIT) + bias[None]


@triton.jit
def _qkv(
    tile, w, x_ptr, weights, modulation, q_ptr, k_cache, v_cache, slots_ptr, frames, num_slots,
    scale, WIDTH: tl.constexpr, NUM_HEADS: tl.constexpr, HEAD_DIM: tl.constexpr, BM: tl.constexpr,
    SPLIT: tl.constexpr,
):
    ATTN: tl.constexpr = NUM_HEADS * HEAD_DIM
    offs_d = tl.arange(0, HEAD_DIM)
    dtype = x_ptr.dtype.element_ty
    rows_all = 2 * frames
    part = tile // tl.cdiv(rows_all, BM) // NUM_HEADS
    head = tile // tl.cdiv(rows_all, BM) % NUM_HEADS
    norm = weights + 3 * ATTN * WIDTH + 3 * ATTN + tl.minimum(part, 1) * (2 * HEAD_DIM)
    weight = _vector(norm, offs_d)
    bias = _vector(norm + HEAD_DIM, offs_d)
    rows, columns, made = _normed_product(
        tile, w, x_ptr, weights + 3 * ATTN * WIDTH, modulation, rows_all, WIDTH, BM, HEAD_DIM,
        SPLIT,
    )
    mask = (rows < rows_all)[:, None]
    if part < 2:
        made = layer_norm(made, weight, bias, offs_d[None] < HEAD_DIM, 1e-5, HEAD_DIM)
    if part == 0:
        tl.store(q_ptr + rows[:, None] * ATTN + columns[None], (made * scale).to(dtype), mask=mask)
    else:
        slot = tl.load(slots_ptr + rows % frames).to(tl.int32)
        slot += (rows // frames * NUM_HEADS + head) * num_slots
        target = slot[:, None] * HEAD_DIM + offs_d[None]
        cache = k_cache
        if part == 2:
            cache = v_cache
        tl.store(cache + target, made.to(dtype), mask=mask)


@triton.jit
def _fc1(
    tile, w, x_ptr, weights, modulation, out_ptr, frames, WIDTH: tl.constexpr,
    INNER: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr, SPLIT: tl.constexpr,
):
    rows, columns, made = _normed_product(
        tile, w, x_ptr, weights + INNER * WIDTH, modulation + 3 * WIDTH, 2 * frames, WIDTH, BM, BN,
        SPLIT,
    )
    inner = 0.7978845608028654 * (made + 0.044715 * made * made * made)
    made = made * tl.sigmoid(2 * inner)
    out = out_ptr + rows[:, None] * INNER + columns[None]
    tl.store(out, made.to(x_ptr.dtype.element_ty), mask=(rows < 2 * frames)[:, None])


@triton.jit
def _gated(
    out_ptr, x_ptr, a_ptr, stride_frame, stride_batch, frames, weight_ptr, gate_ptr, barrier_ptr,
    arrivals, WIDTH: tl.constexpr, K: tl.constexpr, CHUNKS: tl.constexpr, PROGRAMS: tl.constexpr,
    BM: tl.constexpr, BN: tl.constexpr, SPLIT: tl.constexpr, PRELOAD: tl.constexpr,
    WAIT: tl.constexpr, GATED: tl.constexpr,
):
    """Write the product, or add `gate` times the product to `x`."""
    pid = tl.program_id(0)
    row_tiles = tl.cdiv(2 * frames, BM)
    tiles = row_tiles * (WIDTH // BN)
    if WAIT:
        _arrive(barrier_ptr, PROGRAMS)
    if PRELOAD:
        columns = (pid // row_tiles) * BN % WIDTH + tl.arange(0, BN)
        w0, w1, w2, w3 = _weights(weight_ptr, columns, K, CHUNKS, SPLIT, PROGRAMS)
    if WAIT:
        arrivals = _wait(barrier_ptr, arrivals, PROGRAMS)
    if PRELOAD:
        if pid < tiles:
            _gated_tile(pid, w0, w1, w2, w3, out_ptr, x_ptr, a_ptr, stride_frame, stride_batch,
                        frames, weight_ptr, gate_ptr, WIDTH, K, CHUNKS, BM, BN, SPLIT, GATED, PROGRAMS)
    else:
        for tile in tl.range(pid, tiles, PROGRAMS, num_stages=1):
            columns = (tile // row_tiles) * BN + tl.arange(0, BN)
            w0, w1, w2, w3 = _weights(weight_ptr, columns, K, CHUNKS, SPLIT, PROGRAMS)
            _gated_tile(tile, w0, w1, w2, w3, out_ptr, x_ptr, a_ptr, stride_frame, stride_batch,
                        frames, weight_ptr, gate_ptr, WIDTH, K, CHUNKS, BM, BN, SPLIT, GATED, PROGRAMS)
    return arrivals


@triton.jit
def _hold(x, PROGRAMS: tl.constexpr):
    """Return `x`; what comes after stays behind all loads before."""
    if PROGRAMS > 1:
        x = tl.inline_asm_elementwise(
            "mov.b32 $0, $1;", "=r,r", [x], dtype=x.dtype, is_pure=False, pack=2
        )
    return x


@triton.jit
def _gated_tile(
    tile, w0, w1, w2, w3, out_ptr, x_ptr, a_ptr, stride_frame, stride_batch, frames, weight_ptr,
    gate_ptr, WIDTH: tl.constexpr, K: tl.constexpr, CHUNKS: tl.constexpr, BM: tl.constexpr,
    BN: tl.constexpr, SPLIT: tl.constexpr, GATED: tl.constexpr, PROGRAMS: tl.constexpr,
):
    BK: tl.constexpr = K // CHUNKS
    row_tiles = tl.cdiv(2 * frames, BM)
    rows = (tile % row_tiles) * BM + tl.arange(0, BM)
    columns = (tile // row_tiles) * BN + tl.arange(0, BN)
    inside = tl.minimum(rows, 2 * frames - 1)
    mask = (rows < 2 * frames)[:, None]
    offs = (inside // frames) * stride_batch + (inside % frames) * stride_frame
    part: tl.constexpr = BK // SPLIT
    within = tl.arange(0, SPLIT)[:, None, None] * part + tl.arange(0, part)[None, None]
    a_ptrs = a_ptr + offs[None, :, None] + within
    a0 = tl.load(a_ptrs)
    a1 = a0
    a2 = a0
    a3 = a0
    if CHUNKS > 1:
        a1 = tl.load(a_ptrs + BK)
    if CHUNKS > 2:
        a2 = tl.load(a_ptrs + 2 * BK)
    if CHUNKS > 3:
        a3 = tl.load(a_ptrs + 3 * BK)
    bias = _vector(weight_ptr + WIDTH * K, columns)
    here = rows[:, None] * WIDTH + columns[None]
    if GATED:
        gate = _vector(gate_ptr, columns)
        residual = tl.load(x_ptr + here, mask=mask, other=0.0).to(tl.float32)
    if HOLD:
        a0 = _hold(a0, PROGRAMS)
        a1 = _hold(a1, PROGRAMS)
        a2 = _hold(a2, PROGRAMS)
        a3 = _hold(a3, PROGRAMS)
    acc = tl.zeros([SPLIT, BM, BN], tl.float32)
    acc = tl.dot(a0, w0, acc, input_precision="ieee")
    if CHUNKS > 1:
        acc = tl.dot(a1, w1, acc, input_precision="ieee")
    if CHUNKS > 2:
        acc = tl.dot(a2, w2, acc, input_precision="ieee")
    if CHUNKS > 3:
        acc = tl.dot(a3, w3, acc, input_precision="ieee")
    made = tl.sum(acc, 0) + bias[None]
    if GATED:
        made = residual + gate[None] * made
    tl.store(out_ptr + here, made.to(out_ptr.dtype.element_ty), mask=mask)


@triton.jit
def _weights(
    ptr, columns, K: tl.constexpr, CHUNKS: tl.constexpr, SPLIT: tl.constexpr,
    PROGRAMS: tl.constexpr,
):
    BK: tl.constexpr = K // CHUNKS
    part: tl.constexpr = BK // SPLIT
    within = tl.arange(0, SPLIT)[:, None, None] * part + tl.arange(0, part)[None, :, None]
    ptrs = ptr + columns[None, None] * K + within
    w0 = tl.load(ptrs)
    w1 = w0
    w2 = w0
    w3 = w0
    if CHUNKS > 1:
        w1 = tl.load(ptrs + BK)
    if CHUNKS > 2:
        w2 = tl.load(ptrs + 2 * BK)
    if CHUNKS > 3:
        w3 = tl.load(ptrs + 3 * BK)
    if HOLD:
        w0 = _hold(w0, PROGRAMS)
        w1 = _hold(w1, PROGRAMS)
        w2 = _hold(w2, PROGRAMS)
        w3 = _hold(w3, PROGRAMS)
    return w0, w1, w2, w3


@triton.jit
def _conv_row(
    task,
    x_ptr,
    out_ptr,
    cache_ptr,
    tail_ptr,
    weight,
    bias,
    frames,
    eps,
    WIDTH: tl.constexpr,
    MISH: tl.constexpr,
):
    whole = tl.arange(0, WIDTH)
    batch = task // (frames + 2)
    frame = task % (frames + 2)
    out_ptrs = out_ptr + task * WIDTH + whole
    cache_ptrs = cache_ptr + (batch * 2 + frame) * WIDTH + whole
    source = frame - 2
    if frame < 2:
        tl.store(out_ptrs, tl.load(cache_ptrs))
        source = (tl.load(tail_ptr + frame) - 2).to(tl.int32)
    x = tl.load(x_ptr + (batch * frames + source) * WIDTH + whole).to(tl.float32)
    y = layer_norm(x[None], weight, bias, whole[None] < WIDTH, eps, WIDTH)
    if MISH:
        e = tl.exp(-tl.abs(y))
        softplus = tl.maximum(y, 0.0) + tl.log(1 + e)
        y = y * (2 * tl.sigmoid(2 * softplus) - 1)
    y = tl.reshape(y, [WIDTH]).to(out_ptr.dtype.element_ty)
    if frame < 2:
        tl.store(cache_ptrs, y)
    else:
        tl.store(out_ptrs, y)


@triton.jit
def _attend_split(
    q,
    k_ptr,
    v_ptr,
    mask_ptr,
    num_slots,
    HEAD_DIM: tl.constexpr,
    KEYS: tl.constexpr,
    SPLIT: tl.constexpr,
    STAGES: tl.constexpr,
):
    """Attend from `q` [16, HEAD_DIM]: every warp to an own part of the keys, merged at the end."""
    offs_d = tl.arange(0, HEAD_DIM)
    q = tl.broadcast_to(q[None], [SPLIT, 16, HEAD_DIM])
    within = tl.arange(0, SPLIT)[:, None] * KEYS + tl.arange(0, KEYS)[None]
    m_i = tl.full([SPLIT, 16], -1e30, tl.float32)
    l_i = tl.zeros([SPLIT, 16], tl.float32)
    acc = tl.zeros([SPLIT, 16, HEAD_DIM], tl.float32)
    for start in tl.range(0, num_slots, SPLIT * KEYS, num_stages=STAGES):
        offs = start + within
        inside = offs < num_slots
        cached = tl.minimum(offs, num_slots - 1)[:, :, None] * HEAD_DIM + offs_d[None, None]
        k = tl.load(k_ptr + cached)
        v = tl.load(v_ptr + cached)
        mask = tl.load(mask_ptr + offs, mask=inside, other=float("-inf")).to(tl.float32)
        scores = tl.dot(q, tl.permute(k, [0, 2, 1]), input_precision="ieee") + mask[:, None]
        m_new = tl.maximum(m_i, tl.max(scores, 2))
        p = tl.exp(scores - m_new[:, :, None])
        alpha = tl.exp(m_i - m_new)
        l_i = l_i * alpha + tl.sum(p, 2)
        acc = acc * alpha[:, :, None] + tl.dot(p.to(v.dtype), v, input_precision="ieee")
        m_i = m_new
    part = tl.exp(m_i - tl.max(m_i, 0)[None])
    l_i = tl.sum(l_i * part, 0)
    return tl.sum(acc * part[:, :, None], 0) / l_i[:, None]
