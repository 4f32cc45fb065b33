"""Checks of speed and memory, against the least that they can take on this card."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from typing import TYPE_CHECKING

import torch

from ...core.cancel import CancelToken
from ...engines.minicpmo.memory import bytes_needed
from .check import CheckOutcome, Figure, ok, warn
from .gpu_specs import driver_used_bytes
from .greedy_reply import picture_frames, prefill_picture
from .lower_bounds import model_cost
from .spoken_reply import timed_comment

if TYPE_CHECKING:
    from .model_under_test import ModelUnderTest

FRAMES = 4
_GPU_TOKENS, _CPU_TOKENS = 256, 8
_WORDS = 40
"""Most tokens of a comment."""
_REPEATS = 5
_LEAST_SHARE = 0.25
"""Share of the possible speed below which something else slows the card."""
_MOST_TIMES, _HOST_SECONDS = 3.0, 0.1
"""A first word may take this many times its lower bound, and these seconds more for the host."""
_SPEECH_BYTES = 2.1e9
_DRIVER_BYTES = 0.9e9
"""What talker and vocoder take (docs/speech.md), and what the driver adds."""
_SLOW = "close other programs on the GPU; `nvidia-smi -q -d PERFORMANCE` shows what throttles it"


def check_decode(model: ModelUnderTest) -> CheckOutcome:
    """Measure decoding after a prompt of four frames."""
    engine = model.engine()
    cuda = engine.parts.device.type == "cuda"
    count = _GPU_TOKENS if cuda else _CPU_TOKENS
    frames = picture_frames(model, FRAMES)
    prompt = prefill_picture(engine.parts, frames, count)
    seconds = []
    for _ in range(3 if cuda else 1):
        prefill_picture(engine.parts, frames, count)
        begun = time.perf_counter()
        tokens = engine.parts.language_model.generate(count, CancelToken(), ignore_eos=True)
        made = sum(1 for _ in tokens)
        seconds.append((time.perf_counter() - begun) / made)
    speed = 1 / statistics.median(seconds)
    cost = model_cost(model.tensors(), model.config())
    context = prompt + count // 2
    rate = speed * (cost.step_bytes + cost.kv_bytes * context) / 1e9
    figures: dict[str, Figure] = {
        "tokens_per_s": round(speed, 1),
        "gb_per_s": round(rate, 1),
        "prompt_tokens": prompt,
    }
    if not cuda:
        return ok(f"{speed:.1f} tokens/s on the CPU", **figures)
    found = f"{speed:.0f} tokens/s, {rate:.0f} GB/s"
    bound = 1 / cost.decode_seconds(model.specs(), context)
    share = speed / bound
    figures |= {"possible_tokens_per_s": round(bound, 1), "share": round(share, 2)}
    found += f"; {share:.0%} of the {bound:.0f} that the card's memory allows"
    if share < _LEAST_SHARE:
        return warn(found, _SLOW, **figures)
    return ok(found, **figures)


def check_latency(model: ModelUnderTest) -> CheckOutcome:
    """Measure first word and first sound of a comment on four frames, encoded ahead or new."""
    model.gpu("no GPU: not measured on the CPU")
    engine = model.engine()
    times: dict[str, list[float]] = {}
    for _ in range(1 + _REPEATS):
        frames = picture_frames(model, FRAMES)
        for when in ("new", "ahead"):  # the first comment encodes the frames for the next
            said = timed_comment(engine, frames, _WORDS, speak=False)
            _add(times, f"first word, {when}", said.first_word)
        if engine.voice is not None:
            said = timed_comment(engine, frames, _WORDS, speak=True)
            _add(times, "first sound, ahead", said.first_sound)
    # the first round compiles what no other has used yet
    ms = {name: 1e3 * statistics.median(t[1:] or t) for name, t in times.items()}
    figures: dict[str, Figure] = {f"{name}, ms": round(value, 1) for name, value in ms.items()}
    found = ", ".join(f"{name} {value:.0f} ms" for name, value in ms.items()) or "no words came"
    if not ms:
        return warn(found, "see the answer above", **figures)
    return _beside_bounds(model, ms, found, figures)


def _beside_bounds(
    model: ModelUnderTest, ms: dict[str, float], found: str, figures: dict[str, Figure]
) -> CheckOutcome:
    engine = model.engine()
    specs = model.specs()
    cost = model_cost(model.tensors(), model.config())
    prompt = prefill_picture(engine.parts, picture_frames(model, FRAMES), 1)
    bounds = {
        "first word, new": cost.first_word_seconds(specs, FRAMES, prompt),
        "first word, ahead": cost.first_word_seconds(specs, 0, prompt),
        "first sound, ahead": cost.first_sound_seconds(specs, 0, prompt),
    }
    slow = []
    for name, value in ms.items():
        figures[f"{name}, at least ms"] = round(1e3 * bounds[name], 1)
        if value > 1e3 * (_MOST_TIMES * bounds[name] + _HOST_SECONDS):
            slow.append(name)
    found += f" ({FRAMES} frames; new ones take at least {1e3 * bounds['first word, new']:.0f} ms)"
    if slow:
        return warn(f"{found}; slow: {', '.join(slow)}", _SLOW, **figures)
    return ok(found, **figures)


def check_memory(model: ModelUnderTest) -> CheckOutcome:
    """Compare torch's peak and the driver's count with what the model should take."""
    device = model.gpu("no GPU")
    engine = model.engine()
    reserved = torch.cuda.max_memory_reserved(device)
    free, total = torch.cuda.mem_get_info(device)
    driver = _process_bytes() or _difference(model, device)
    computed = bytes_needed(
        model.tensors(),
        model.config(),
        max_seq_len=engine.parts.language_model.max_seq_len,
        int8_lm_head=False,
    )
    computed += int(_SPEECH_BYTES * (engine.voice is not None) + _DRIVER_BYTES)
    figures: dict[str, Figure] = {
        "torch_gb": round(reserved / 1e9, 2),
        "driver_gb": round(driver / 1e9, 2) if driver else None,
        "computed_gb": round(computed / 1e9, 2),
        "free_gb": round(free / 1e9, 2),
        "total_gb": round(total / 1e9, 2),
    }
    counted = f"{driver / 1e9:.1f} GB" if driver else "unknown"
    found = (
        f"torch {reserved / 1e9:.1f} GB, driver {counted}, computed {computed / 1e9:.1f}; "
        f"{free / 1e9:.1f} of {total / 1e9:.1f} GB left"
    )
    if driver and driver > 1.15 * computed:
        return warn(found, "more than computed: send the report", **figures)
    return ok(found, **figures)


def _add(times: dict[str, list[float]], name: str, seconds: float | None) -> None:
    if seconds is not None:
        times.setdefault(name, []).append(seconds)


def _process_bytes() -> int:
    """Return this process's GPU memory by the driver's count, 0 if it does not say."""
    query = ["nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return 0
    for line in done.stdout.splitlines():
        pid, _, used = line.partition(",")
        if pid.strip() == str(os.getpid()) and used.strip().isdigit():
            return int(used) << 20
    return 0


def _difference(model: ModelUnderTest, device: torch.device) -> int:
    """Return what the card's use has grown by since `verify` began, 0 if unknown."""
    before, now = model.driver_bytes_before, driver_used_bytes(device)
    return now - before if before is not None and now is not None else 0
