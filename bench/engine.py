"""MiniCPM-o 4.5 at full size: vision, prefill, decoding, a cycle; beside transformers' generate.

python -m bench.engine --random [--only awq|bf16] [--profile]

Needs a CUDA GPU. The weights are random, so the words mean nothing; the work is the same.
"""

from __future__ import annotations

import argparse
import gc
import logging
import statistics
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from bench.gpu_memory import card_gb, driver_row
from bench.gpu_timing import copy_bandwidth, kernels_ms, median_ms
from bench.hearing import hearing_rows
from bench.machine import describe
from bench.random_model import RandomTensors, published_config
from video_commentary.core.cancel import CancelToken
from video_commentary.core.frames import Frame
from video_commentary.core.prompting import Profile, Prompt
from video_commentary.engines.minicpmo.engine import MiniCpmoEngine
from video_commentary.engines.minicpmo.language.language_model import GeneratedToken
from video_commentary.engines.minicpmo.language.tokenizer import image_placeholder, prompt_ids
from video_commentary.engines.minicpmo.model_loader import MiniCpmoConfig
from video_commentary.engines.minicpmo.vision.image_processing import slice_image

TOKENIZER = Path(__file__).parents[1] / "test" / "data" / "minicpmo" / "checkpoint"
NEW, LONG, TEXT = 40, 256, 300
FIRST_WORD = 2
"""Tokens until a first word leaves: the second one shows that the first word is whole."""
BARS: dict[str, dict[str, float]] = {
    "awq": {
        "decode, tokens/s": 350,
        "cycle, looked ahead, ms": 200,
        "first word, looked ahead, ms": 60,
        "peak memory, GB": 9.5,
    },
    "bf16": {"decode, tokens/s": 210},
}


class Rig:
    """The engine with random weights, and what a request to it is made of."""

    def __init__(self, kind: str) -> None:
        torch.cuda.reset_peak_memory_stats()
        self.device = torch.device("cuda", 0)
        self.config = published_config()
        self.tensors = RandomTensors(self.config, kind == "awq", self.device)
        self.engine = MiniCpmoEngine(MiniCpmoConfig())
        begun = time.perf_counter()
        self.engine.build(self.tensors, self.config, TOKENIZER, self.device)
        torch.cuda.synchronize()
        self.ready = time.perf_counter() - begun
        model = self.engine._model
        assert model is not None
        self.model = model
        tokenizer = model.tokenizer
        ids = tokenizer.encode("What is happening now? " * 200)[: TEXT - 60]
        words = tokenizer.decode(ids)
        profile = Profile("bench", "", ())
        self.prompt = Prompt("You are a live video commentator.", words, profile)
        self.never = CancelToken()

    def frames(self) -> tuple[Frame, ...]:
        """Return four new frames, 640x480."""
        rng = np.random.default_rng()
        images = rng.integers(0, 256, (4, 480, 640, 3), dtype=np.uint8)
        return tuple(Frame(images[i], i * 1_000_000_000, "camera", i) for i in range(4))

    def encode(self, frames: Sequence[Frame]) -> None:
        """Encode frames, which the engine then keeps."""
        for frame in frames:
            self.engine._encode(self.model, frame)

    def prefill(self, frames: Sequence[Frame], max_new_tokens: int = LONG) -> int:
        """Prefill a request; return the prompt's length."""
        encoded = [self.engine._encode(self.model, frame) for frame in frames]
        placeholders = [image_placeholder(image) for image, _ in encoded]
        prefix, rest = prompt_ids(self.model.tokenizer, self.prompt, placeholders, speak=False)
        embeds = [embed for _, of_frame in encoded for embed in of_frame]
        self.model.language_model.prefill(prefix, rest, embeds, max_new_tokens=max_new_tokens)
        return len(prefix) + len(rest)

    def generate(self, count: int) -> list[GeneratedToken]:
        """Decode `count` tokens, whatever they are."""
        return list(self.model.language_model.generate(count, self.never, ignore_eos=True))

    def cycle(self, frames: Sequence[Frame], count: int = NEW) -> None:
        """Answer a request."""
        self.prefill(frames)
        self.generate(count)


def step_bytes(rig: Rig, context: int) -> int:
    """Return the bytes that one decode step has to read: weights, and keys and values so far."""
    language = rig.config.language
    weights = sum(
        rig.tensors.size(name)
        for name in rig.tensors.names()
        if name.startswith("llm.") and "embed_tokens" not in name
    )
    kv_width = language.num_kv_heads * language.head_dim
    return weights + 4 * language.num_layers * kv_width * context


def measure(kind: str, copy: float, before: float) -> tuple[dict[str, float], Rig]:
    """Build the model and measure it; the rows of the table.

    `copy`: GB/s of a copy. `before`: GB in use on the card before this process used it.
    """
    rig = Rig(kind)
    frames = rig.frames()
    vision, pixels = rig.model.vision, torch.from_numpy(frames[0].image)
    image = slice_image(pixels.to(rig.device)).overview
    rows: dict[str, float] = {"load and warm-up, s": rig.ready}
    rig.encode(frames)
    # in a new process the kernels of a long prompt are not loaded yet
    rows["prefill, the first one, ms"] = median_ms(lambda: rig.prefill(frames), 1)
    rig.cycle(frames)
    rows["upload and resize, ms/frame"] = median_ms(lambda: slice_image(pixels.to(rig.device)))
    rows["vision, ms for 1 frame"] = median_ms(lambda: vision([image]))
    rows["vision, ms for 4 frames"] = median_ms(lambda: vision([image] * 4))
    rows["prompt, tokens"] = length = rig.prefill(frames)
    rows["prefill, ms"] = median_ms(lambda: rig.prefill(frames))
    rows["first word, looked ahead, ms"] = median_ms(lambda: rig.cycle(frames, FIRST_WORD))
    fresh = iter([rig.frames() for _ in range(14)])
    rows["first word, new frames, ms"] = median_ms(lambda: rig.cycle(next(fresh), FIRST_WORD))
    rows["cycle, looked ahead, ms"] = median_ms(lambda: rig.cycle(frames))
    rows["cycle, new frames, ms"] = median_ms(lambda: rig.cycle(next(fresh)))
    rig.prefill(frames)
    ms = []
    for _ in range(5):
        rig.prefill(frames)
        ms.append(median_ms(lambda: rig.generate(LONG), 1))
    per_token = statistics.median(ms) / LONG
    rows["decode, ms/token"] = per_token
    rows["decode, tokens/s"] = 1e3 / per_token
    rows["decode, GB/s"] = step_bytes(rig, length + LONG // 2) / per_token / 1e6
    rows["share of copy, %"] = 100 * rows["decode, GB/s"] / copy
    rows["peak memory, GB"] = torch.cuda.max_memory_reserved() / 1e9
    rows |= driver_row(before)
    rows |= hearing_rows(rig.device, rig.model.dtype, rig.model.stream)
    return rows, rig


def transformers_qwen3(rig: Rig) -> Any:
    """Return transformers' model with the same random weights, BF16."""
    import transformers

    # their type hints lack what their constructors take
    qwen3_config: Any = transformers.Qwen3Config
    qwen3_for_causal_lm: Any = transformers.Qwen3ForCausalLM

    language = rig.config.language
    config = qwen3_config(
        vocab_size=language.vocab_size,
        hidden_size=language.hidden_size,
        head_dim=language.head_dim,
        intermediate_size=language.intermediate_size,
        num_hidden_layers=language.num_layers,
        num_attention_heads=language.num_heads,
        num_key_value_heads=language.num_kv_heads,
        rms_norm_eps=language.rms_norm_eps,
        rope_theta=language.rope_theta,
        tie_word_embeddings=False,
        attn_implementation="sdpa",
    )
    with torch.device("meta"):
        model = qwen3_for_causal_lm(config).to(torch.bfloat16)
    model = model.to_empty(device=rig.device)
    plain = RandomTensors(rig.config, awq=False, device=rig.device)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(plain.load(f"llm.{name}"))
        head_dim = language.head_dim
        exponents = torch.arange(0, head_dim, 2, device=rig.device).float() / head_dim
        model.model.rotary_emb.inv_freq = 1.0 / language.rope_theta**exponents
    return model.eval()


def baseline(rig: Rig) -> dict[str, float]:
    """Measure transformers' generate on the same random Qwen3, BF16, after the same prompt."""
    model = transformers_qwen3(rig)
    # as on a consumer card: cuDNN's attention would plan again at every length
    torch.backends.cuda.enable_cudnn_sdp(False)
    width = rig.config.language.hidden_size
    embeds = torch.randn(1, rig.prefill(rig.frames()), width, device=rig.device)
    embeds = embeds.to(torch.bfloat16)

    def generate(count: int) -> Tensor:
        result: Tensor = model.generate(
            inputs_embeds=embeds,
            attention_mask=torch.ones_like(embeds[..., 0]).long(),
            max_new_tokens=count,
            min_new_tokens=count,
            do_sample=False,
            pad_token_id=0,
        )
        return result

    generate(4)
    first = median_ms(lambda: generate(1), 3)
    whole = median_ms(lambda: generate(NEW), 3)
    return {
        "first token, ms": first,
        f"{NEW} tokens, ms": whole,
        "decode, tokens/s": 1e3 * (NEW - 1) / (whole - first),
    }


def show_profile(rig: Rig) -> None:
    """Print which kernels a prefill and 20 decode steps spend their time in.

    Only after all measurements: once a profiler has run, launches are slower in this process.
    """
    frames = rig.frames()
    rig.cycle(frames)
    print(f"  prefill, its kernels alone, ms  {kernels_ms(lambda: rig.prefill(frames)):10.2f}")
    for name, work in (
        ("prefill", lambda: rig.prefill(frames)),
        ("20 decode steps", lambda: rig.generate(20)),
    ):
        with profile(activities=[ProfilerActivity.CUDA]) as found:
            work()
            torch.cuda.synchronize()
        print(f"\n{name}:")
        print(
            found.key_averages().table(
                sort_by="self_cuda_time_total", row_limit=22, max_name_column_width=70
            )
        )


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", action="store_true", required=True)
    parser.add_argument("--only", choices=("awq", "bf16"))
    parser.add_argument("--profile", action="store_true", help="with --only")
    parser.add_argument("--no-baseline", action="store_true")
    options = parser.parse_args()
    if options.profile and not options.only:
        parser.error("--profile slows what is measured after it: add --only awq or --only bf16")
    warnings.filterwarnings("ignore")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    before = card_gb()
    print(describe())
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name()}")
    copy = copy_bandwidth()
    torch.cuda.empty_cache()
    print(f"copy: {copy:.0f} GB/s, read and written")
    tables = {}
    for kind in (options.only,) if options.only else ("awq", "bf16"):
        tables[kind], rig = measure(kind, copy, before)
        print(f"\n{kind}: {rig.engine.description}")
        for name, value in tables[kind].items():
            bar = BARS[kind].get(name)
            print(f"  {name:32}{value:10.2f}" + (f"   (bar {bar})" if bar else ""), flush=True)
        if options.profile:
            show_profile(rig)
        if kind == "bf16" and not options.no_baseline and not options.profile:
            rows = baseline(rig)
            print("\ntransformers generate, BF16, the same random Qwen3")
            for name, value in rows.items():
                print(f"  {name:32}{value:10.2f}")
            for other, table in tables.items():
                ratio = table["decode, tokens/s"] / rows["decode, tokens/s"]
                print(f"  ours / transformers, decode, {other:5}{ratio:9.2f}")
        del rig
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


if __name__ == "__main__":
    main()
