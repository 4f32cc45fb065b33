"""Native speech at full size: ours and upstream's way of driving the same modules, in one run.

python -m bench.speech --random    (a CUDA GPU; random weights, so the sound means nothing)
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import islice

import torch
from torch import Tensor

from bench.machine import describe
from bench.upstream_talker import UpstreamTalker
from bench.upstream_vocoder import UpstreamVocoder, available
from video_commentary.core.cancel import CancelToken
from video_commentary.engines.minicpmo.speech.audio_sampling import AudioSamplingParams
from video_commentary.engines.minicpmo.speech.flow import Flow, FlowConfig
from video_commentary.engines.minicpmo.speech.flow_stream import (
    CHUNK_CODES,
    SILENT_CODE,
    FlowStream,
    VoicePrompt,
)
from video_commentary.engines.minicpmo.speech.hift import Hift, HiftConfig
from video_commentary.engines.minicpmo.speech.native_speech import NativeSpeech
from video_commentary.engines.minicpmo.speech.talker import Talker, TalkerConfig
from video_commentary.engines.minicpmo.speech.vocoder import Vocoder

CUDA = torch.device("cuda")
WORDS = (10, 10, 10, 10)
"""Text tokens of a comment, by group."""
CODES = 38
"""Audio codes of a group: 4 groups make a comment of 6.1 s."""
LLM_WIDTH, TEXT_IDS, AUDIO_IDS = 4096, 152_064, 6_562
CONFIG = TalkerConfig(
    num_heads=12,
    num_kv_heads=12,
    text_eos_id=151_692,
    audio_bos_id=151_687,
    sliding_recompute=False,
    sampling=AudioSamplingParams(),
)


class PacedTalker(Talker):
    """Ends every group after CODES codes: random weights never end one by themselves."""

    def generate(self, condition: Tensor, last: bool) -> Iterator[int]:
        """Yield the audio codes of a group of words."""
        yield from islice(super().generate(condition, last), CODES)


def talker_tensors(dtype: torch.dtype, device: torch.device = CUDA) -> dict[str, Tensor]:
    """Return random tensors of the published talker: 20 layers, 768 wide."""
    width, inner = 768, 3072
    shapes: dict[str, tuple[int, ...]] = {
        "emb_text.weight": (TEXT_IDS, width),
        "emb_code.0.weight": (AUDIO_IDS, width),
        "head_code.0.parametrizations.weight.original0": (AUDIO_IDS, 1),
        "head_code.0.parametrizations.weight.original1": (AUDIO_IDS, width),
        "projector_semantic.linear1.weight": (width, LLM_WIDTH),
        "projector_semantic.linear1.bias": (width,),
        "projector_semantic.linear2.weight": (width, width),
        "projector_semantic.linear2.bias": (width,),
        "model.norm.weight": (width,),
    }
    for i in range(20):
        layer = f"model.layers.{i}"
        shapes |= {f"{layer}.self_attn.{name}_proj.weight": (width, width) for name in "qkvo"}
        shapes |= {
            f"{layer}.mlp.gate_proj.weight": (inner, width),
            f"{layer}.mlp.up_proj.weight": (inner, width),
            f"{layer}.mlp.down_proj.weight": (width, inner),
            f"{layer}.input_layernorm.weight": (width,),
            f"{layer}.post_attention_layernorm.weight": (width,),
        }
    tensors = {
        name: torch.ones(shape, dtype=dtype, device=device)
        if "norm" in name
        else torch.randn(shape, dtype=dtype, device=device) * shape[-1] ** -0.5
        for name, shape in shapes.items()
    }
    # EOS gets a logit of 0, so that it is hardly ever sampled
    tensors["head_code.0.parametrizations.weight.original0"][-1] = 0
    return tensors


def random_voice(seconds: float) -> VoicePrompt:
    """Return what a sample of this length is prepared into."""
    codes = int(25 * seconds)
    return VoicePrompt(
        torch.randint(0, 6561, (codes,)), torch.randn(2 * codes, 80) - 4, torch.randn(192)
    )


def median_ms(action: Callable[[], object], repeats: int = 9, *, finish: bool = True) -> float:
    """Return the median wall time of an action; with `finish` until the GPU has nothing to do."""
    times = []
    for _ in range(repeats):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        action()
        if finish:
            torch.cuda.synchronize()
        times.append(1e3 * (time.perf_counter() - begin))
    return statistics.median(times)


def chunk_ms(vocoder: Vocoder | UpstreamVocoder) -> list[float]:
    """Return the wall time of the chunks of an utterance: first, 2nd ... 5th, last, in ms."""
    vocoder.start()
    codes = [SILENT_CODE] * 3 + torch.randint(0, 6561, (CHUNK_CODES,)).tolist()
    return [
        median_ms(lambda last=last: vocoder.chunk(codes, last), repeats=1)  # type: ignore[misc]
        for last in (False,) * 5 + (True,)
    ]


def code_ms(generate: Callable[[int], object]) -> tuple[float, float]:
    """Return ms a code, and ms to read a group of words until its first code is on the host."""
    read = median_ms(lambda: generate(1), finish=False)
    first, all_codes = median_ms(lambda: generate(1)), median_ms(lambda: generate(CODES))
    return (all_codes - first) / (CODES - 1), read


def comment_ms(
    start: Callable[[], None], feed: Callable[[Tensor, Tensor, bool], Iterator[float]]
) -> tuple[float, float, float]:
    """Speak a comment; return ms to its first sound, ms in all, and its length in s."""
    torch.cuda.synchronize()
    begin, first, length = time.perf_counter(), 0.0, 0.0
    start()
    for i, count in enumerate(WORDS):
        ids = torch.randint(0, TEXT_IDS, (count,), device=CUDA)
        hidden = torch.randn(count, LLM_WIDTH, device=CUDA)
        for seconds in feed(ids, hidden, i == len(WORDS) - 1):
            first = first or time.perf_counter() - begin
            length += seconds
    return 1e3 * first, 1e3 * (time.perf_counter() - begin), length


def ours(
    flow: Flow,
    hift: Hift,
    voice: VoicePrompt,
    tensors: dict[str, Tensor],
    options: argparse.Namespace,
) -> dict[str, float]:
    """Measure our way."""
    torch.cuda.reset_peak_memory_stats()
    before, begin = torch.cuda.memory_allocated(), time.perf_counter()
    flow = flow.to(CUDA, getattr(torch, options.dtype))
    vocoder = Vocoder(FlowStream(flow, voice, options.steps), hift)
    talker = PacedTalker(tensors, CONFIG)
    speech = NativeSpeech(talker, vocoder, options.first_chunk)
    speech.capture()
    torch.cuda.synchronize()
    ready = time.perf_counter() - begin

    def feed(ids: Tensor, hidden: Tensor, last: bool) -> Iterator[float]:
        return (pcm.duration for pcm in speech.feed(ids, hidden, last))

    def start() -> None:
        speech.start(CancelToken())

    rows = torch.randn(10, 768, device=CUDA)
    for _ in range(3):
        comment_ms(start, feed)
    runs = [comment_ms(start, feed) for _ in range(5)]
    talker.start()
    utterances = [chunk_ms(vocoder) for _ in range(5)]
    chunks = [statistics.median(times) for times in zip(*utterances, strict=True)]
    code, words = code_ms(lambda count: list(islice(talker.generate(rows, False), count)))
    return {
        "talker, ms a code": code,
        "talker, ms to read 10 tokens": words,
        "vocoder, ms a chunk of 1 s": statistics.median(chunks[:5]),
        "vocoder, ms the last chunk": chunks[5],
        "first sound of a comment, ms": statistics.median(run[0] for run in runs),
        "whole comment, ms": statistics.median(run[1] for run in runs),
        "real-time factor": statistics.median(run[1] / run[2] / 1e3 for run in runs),
        "memory beside the talker's, MiB": (torch.cuda.max_memory_allocated() - before) / 2**20,
        "ready after, s": ready,
    }


def theirs(
    flow: Flow, hift: Hift, voice: VoicePrompt, tensors: dict[str, Tensor], steps: int
) -> dict[str, float]:
    """Measure upstream's way: eager, the vocoder in float32."""
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    vocoder = UpstreamVocoder(flow, hift, voice, steps, CUDA)
    talker = UpstreamTalker(tensors, CONFIG)
    codes: list[int] = []

    def start() -> None:
        talker.start()
        vocoder.start()
        codes[:] = [SILENT_CODE] * 3

    def feed(ids: Tensor, hidden: Tensor, last: bool) -> Iterator[float]:
        rows = tensors["emb_text.weight"][ids]
        # upstream too yields whenever 25 codes are there
        for count in (CHUNK_CODES, CODES - CHUNK_CODES):
            codes.extend(talker.generate(rows, count))
            rows = rows[-1:]
            while len(codes) >= CHUNK_CODES + 3:
                yield len(vocoder.chunk(codes[: CHUNK_CODES + 3], False)) / 24_000
                del codes[:CHUNK_CODES]
        if last:
            yield len(vocoder.chunk(codes, True)) / 24_000

    runs = [comment_ms(start, feed) for _ in range(2)][1:]
    talker.start()
    chunks = [chunk_ms(vocoder) for _ in range(2)][1]
    rows = torch.randn(11, 768, device=CUDA)
    code, words = code_ms(lambda count: talker.generate(rows, count))
    return {
        "talker, ms a code": code,
        "talker, ms to read 10 tokens": words,
        "vocoder, ms a chunk of 1 s": statistics.median(chunks[:5]),
        "vocoder, ms the last chunk": chunks[5],
        "first sound of a comment, ms": runs[0][0],
        "whole comment, ms": runs[0][1],
        "real-time factor": runs[0][1] / runs[0][2] / 1e3,
        "memory beside the talker's, MiB": (torch.cuda.max_memory_allocated() - before) / 2**20,
    }


def report(mine: dict[str, float], upstream: dict[str, float] | None) -> None:
    """Print both columns and their ratio."""
    print(f"{'':34}{'ours':>10}{'upstream':>10}{'ratio':>8}")
    for name, value in mine.items():
        line = f"{name:34}{value:>10.4g}"
        if upstream is not None and name in upstream:
            line += f"{upstream[name]:>10.4g}{upstream[name] / value:>7.1f}x"
        print(line)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--random", action="store_true", required=True, help="random weights")
    parser.add_argument("--dtype", default="float16", choices=("float16", "bfloat16", "float32"))
    parser.add_argument("--steps", type=int, default=10, help="steps of the flow")
    parser.add_argument("--voice-seconds", type=float, default=8.0, help="length of the sample")
    parser.add_argument("--first-chunk", type=int, default=CHUNK_CODES, help="codes, 40 ms each")
    parser.add_argument("--ours", action="store_true", help="leave upstream's way out")
    options = parser.parse_args()
    # on Hopper cuDNN's attention plans again for every length: off for both
    torch.backends.cuda.enable_cudnn_sdp(False)
    torch.manual_seed(0)
    print(describe("torch", "transformers", "minicpmo-utils"))
    print(
        f"{torch.cuda.get_device_name()}; {options.dtype}, {options.steps} steps, voice sample "
        f"{options.voice_seconds} s, comment of {sum(WORDS)} tokens and "
        f"{CODES * len(WORDS) / 25:.1f} s, first chunk {options.first_chunk} codes"
    )
    flow = Flow(FlowConfig()).eval().requires_grad_(False)
    hift = Hift(HiftConfig()).eval().requires_grad_(False).to(CUDA)
    voice = random_voice(options.voice_seconds)
    tensors = talker_tensors(torch.bfloat16)
    upstream = None
    if not options.ours and available():
        upstream = theirs(flow, hift, voice, tensors, options.steps)
        torch.cuda.empty_cache()
    report(ours(flow, hift, voice, tensors, options), upstream)
    if upstream is None:
        print("upstream's way wasn't measured: bench/upstream_vocoder.py says what to install")


if __name__ == "__main__":
    main()
