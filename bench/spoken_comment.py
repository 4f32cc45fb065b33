"""A whole spoken comment by MiniCPM-o 4.5 at full size: from the request to the first sound.

python -m bench.spoken_comment --random [--only awq|bf16]    (a CUDA GPU; random weights)
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from dataclasses import dataclass

import torch

from bench.engine import Rig
from bench.gpu_memory import card_gb, driver_row
from bench.machine import describe
from bench.speech import (
    CODES,
    CONFIG,
    CUDA,
    PacedTalker,
    random_voice,
    talker_tensors,
)
from video_commentary.core.cancel import CancelToken
from video_commentary.core.frames import Frame
from video_commentary.engines.minicpmo.answer import SPEECH_GROUP
from video_commentary.engines.minicpmo.speech.flow import Flow, FlowConfig
from video_commentary.engines.minicpmo.speech.flow_stream import FlowStream
from video_commentary.engines.minicpmo.speech.hift import Hift, HiftConfig
from video_commentary.engines.minicpmo.speech.native_speech import NativeSpeech
from video_commentary.engines.minicpmo.speech.vocoder import Vocoder

TOKENS = 40
BARS = {"first sound, looked ahead, ms": 350, "real-time factor": 0.15, "peak memory, GB": 11.0}


@dataclass
class SpokenTimes:
    """One comment: ms to its first sound, ms in all, seconds of sound."""

    first: float = 0.0
    total: float = 0.0
    length: float = 0.0


class _OneByOne(dict[str, torch.Tensor]):
    def __getitem__(self, name: str) -> torch.Tensor:
        return super().__getitem__(name).to(CUDA)


def speech_beside(rig: Rig, voice_seconds: float) -> NativeSpeech:
    """Build the voice beside the language model."""
    flow = Flow(FlowConfig()).eval().requires_grad_(False).half().to(CUDA)
    hift = Hift(HiftConfig()).eval().requires_grad_(False).to(CUDA)
    vocoder = Vocoder(FlowStream(flow, random_voice(voice_seconds), 10), hift)
    dtype = rig.tensors.load("llm.model.norm.weight").dtype
    # made on the host, as a checkpoint's come from its file one by one
    tensors = _OneByOne(talker_tensors(dtype, torch.device("cpu")))
    speech = NativeSpeech(PacedTalker(tensors, CONFIG), vocoder)
    speech.capture()
    return speech


def comment(rig: Rig, speech: NativeSpeech, frames: tuple[Frame, ...]) -> SpokenTimes:
    """Answer a request aloud: ten tokens, their speech, the next ten, as answer.py does."""
    said = SpokenTimes()
    torch.cuda.synchronize()
    begin = time.perf_counter()
    rig.prefill(frames)
    speech.start(CancelToken())
    ids: list[int] = []
    fed = 0

    def feed(hidden: torch.Tensor, last: bool) -> None:
        nonlocal fed
        group = slice(fed, fed + SPEECH_GROUP)
        text_ids = torch.tensor(ids[group], device=CUDA)
        for pcm in speech.feed(text_ids, hidden[group], last):
            said.first = said.first or 1e3 * (time.perf_counter() - begin)
            said.length += pcm.duration
        fed += SPEECH_GROUP

    language_model = rig.model.language_model
    for token in language_model.generate(TOKENS, rig.never, ignore_eos=True):
        if len(ids) - fed >= SPEECH_GROUP:
            feed(token.hidden, last=False)
        ids.append(token.id)
    feed(language_model.hidden_states(len(ids)), last=True)
    said.total = 1e3 * (time.perf_counter() - begin)
    return said


def measure(kind: str, voice_seconds: float, before: float) -> dict[str, float]:
    """Build everything and speak a few comments; the rows of the table.

    `before`: GB in use on the card before this process used it.
    """
    rig = Rig(kind)
    text_only = torch.cuda.max_memory_reserved() / 1e9
    speech = speech_beside(rig, voice_seconds)
    frames = rig.frames()
    for _ in range(3):
        comment(rig, speech, frames)
    ahead = [comment(rig, speech, frames) for _ in range(9)]
    fresh = [comment(rig, speech, rig.frames()) for _ in range(5)]

    def median(values: list[float]) -> float:
        return statistics.median(values)

    return {
        "first sound, looked ahead, ms": median([said.first for said in ahead]),
        "first sound, new frames, ms": median([said.first for said in fresh]),
        "whole comment, ms": median([said.total for said in ahead]),
        "its length, s": median([said.length for said in ahead]),
        "real-time factor": median([said.total / said.length / 1e3 for said in ahead]),
        "peak memory, text only, GB": text_only,
        "peak memory, GB": torch.cuda.max_memory_reserved() / 1e9,
        **driver_row(before),
    }


def main() -> None:
    """Print a table for each checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", action="store_true", required=True)
    parser.add_argument("--only", choices=("awq", "bf16"))
    parser.add_argument("--voice-seconds", type=float, default=8.0)
    options = parser.parse_args()
    before = card_gb()
    print(describe("torch"))
    print(
        f"{torch.cuda.get_device_name()}; 4 frames 640x480, 300 tokens of prompt, {TOKENS} new "
        f"tokens, {CODES} codes for each {SPEECH_GROUP} of them, voice sample "
        f"{options.voice_seconds} s"
    )
    for kind in (options.only,) if options.only else ("awq", "bf16"):
        print(kind)
        for name, value in measure(kind, options.voice_seconds, before).items():
            bar = BARS.get(name) if kind == "awq" else None
            print(f"  {name:32}{value:10.3f}" + (f"   (bar {bar})" if bar else ""), flush=True)
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


if __name__ == "__main__":
    main()
