"""Checks against upstream's own code: the first greedy tokens, and the mel of one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...core.engine import EngineError
from ...engines.minicpmo.config import VOCODER_FOLDER
from ...engines.minicpmo.language.sampling import SamplingParams
from ...engines.minicpmo.memory import release_gpu_memory
from ...engines.minicpmo.speech.code_chunker import CodeChunker
from ...engines.minicpmo.speech.flow_stream import FlowStream, VoicePrompt
from ...engines.minicpmo.speech.speech_loader import DEFAULT_VOICES, SpeechOptions
from ...engines.minicpmo.speech.vocoder import Vocoder
from ...engines.minicpmo.speech.vocoder_loader import load_flow, load_hift
from ...engines.minicpmo.speech.voice_features import flow_mel
from ...engines.minicpmo.speech.voice_reference import load_voice
from .check import CheckOutcome, NotCheckedError, fail, ok, warn
from .greedy_reply import GreedyReply, greedy_reply, picture_frames, picture_prompt
from .upstream_run import UpstreamAnswer, run_upstream

if TYPE_CHECKING:
    from .model_under_test import ModelUnderTest

COMPARED_IDS = 32
_MAX_NEW_TOKENS = 40
"""Upstream decodes in tens, and keeps the last token back."""
_FEW_IDS = 8
"""Ids that must agree even where 16-bit rounding later leads to another word."""
SENTENCE_CODES = 75
"""Three seconds of the voice sample's own codes: the sentence whose mel is compared."""
_UPSTREAM_LEAD = 3840
"""Zeros that upstream puts before the first chunk."""
_NOISE_FRAMES = 400
"""Frames of noise beyond the prompt's: more than the flow's caches and a chunk hold."""
_SAME, _SIMILAR = 1.5, 3.0
"""Difference to upstream over that between two of our own sounds from different noise."""


@dataclass(frozen=True)
class Comparison:
    """Our side, made before the GPU is freed for upstream's, and upstream's answer."""

    ours: GreedyReply
    voice: VoicePrompt | None
    answer: UpstreamAnswer


def compare_with_upstream(model: ModelUnderTest) -> Comparison:
    """Reply on both sides. The model is released before upstream's is loaded."""
    python, folder = model.options.upstream_python, model.options.upstream_model
    if python is None or folder is None:
        raise NotCheckedError("not asked for: --against names upstream's Python")
    frames = picture_frames(model, 1)
    # upstream bars what its voice cannot say in written replies too
    ours = greedy_reply(model.engine(), frames, COMPARED_IDS, speakable=True)
    sample = _voice_sample(model)
    voice = load_voice(sample, model.options.folder / VOCODER_FOLDER) if sample else None
    prompt = picture_prompt(frames)
    order: dict[str, Any] = {
        "model": str(folder.resolve()),
        "picture": str(model.picture.resolve()),
        "system": prompt.system,
        "text": prompt.text,
        "max_new_tokens": _MAX_NEW_TOKENS,
        "sampling": {"repetition_penalty": SamplingParams().repetition_penalty},
        "sample": str(sample.resolve()) if sample else "",
        "codes": _sentence(voice) if voice else [],
    }
    model.release()
    return Comparison(ours, voice, run_upstream(python, order))


def check_upstream_text(model: ModelUnderTest) -> CheckOutcome:
    """Compare the first greedy ids."""
    comparison = model.upstream()
    answer = comparison.answer
    if answer.text is None:
        raise EngineError(f"upstream's code failed: {answer.text_error}")
    tokenizer = model.tokenizer()
    # both tokenised from their text: upstream's streaming returns no ids
    ours, theirs = (
        tokenizer.encode(text)[:COMPARED_IDS] for text in (comparison.ours.text, answer.text)
    )
    pairs = zip(ours, theirs, strict=False)
    same = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(ours), len(theirs)))
    figures: dict[str, Any] = {"same": same, "ours": ours, "theirs": theirs}
    length = max(len(ours), len(theirs))
    if same == length:
        return ok(f"the first {length} greedy ids are the same", **figures)
    found = (
        f"{same} of {length} greedy ids are the same, then "
        f'"{tokenizer.decode(ours[same : same + 4])}" against '
        f'"{tokenizer.decode(theirs[same : same + 4])}"'
    )
    if same >= _FEW_IDS:
        return warn(found, "16-bit rounding may decide between two likely words", **figures)
    return fail(found, "send the report: one of the two reads the weights wrongly", **figures)


def check_upstream_sound(model: ModelUnderTest) -> CheckOutcome:
    """Compare the mel of one sentence, made from the same codes and other noise."""
    comparison = model.upstream()
    voice, answer = comparison.voice, comparison.answer
    if voice is None:
        raise NotCheckedError("the model has no voice sample")
    if answer.wave is None:
        raise EngineError(f"upstream's vocoder failed: {answer.sound_error}")
    if not np.isfinite(answer.wave).all():
        raise EngineError("upstream's sound holds NaN or infinity")
    ours = [_speak_codes(model, voice, seed) for seed in (0, 1)]
    release_gpu_memory()
    theirs = torch.from_numpy(answer.wave)
    if not bool(theirs[:_UPSTREAM_LEAD].any()):
        theirs = theirs[_UPSTREAM_LEAD:]
    expected = mel_difference(ours[0], ours[1])
    found = mel_difference(ours[0], theirs)
    ratio = found / max(expected, 1e-3)
    text = f"mel differs by {found:.2f} on average, two of our own by {expected:.2f} (other noise)"
    figures = {"difference": round(found, 3), "own": round(expected, 3), "ratio": round(ratio, 2)}
    if ratio <= _SAME:
        return ok(text, **figures)
    if ratio <= _SIMILAR:
        return warn(text, "listen to both", **figures)
    return fail(text, "send the report: the vocoders do not agree", **figures)


def mel_difference(one: Tensor, other: Tensor) -> float:
    """Return the mean difference of the log-mel frames of two sounds at 24 kHz."""
    length = min(len(one), len(other))
    return float((flow_mel(one[:length]) - flow_mel(other[:length])).abs().mean())


def _voice_sample(model: ModelUnderTest) -> Path | None:
    if not model.options.speak or model.engine().voice is None:
        return None
    paths = [model.options.folder / path for path in DEFAULT_VOICES]
    return next((path for path in paths if path.is_file()), None)


def _sentence(voice: VoicePrompt) -> list[int]:
    codes: list[int] = voice.codes[:SENTENCE_CODES].tolist()
    return codes


def _speak_codes(model: ModelUnderTest, voice: VoicePrompt, seed: int) -> Tensor:
    """Return our sound of the sentence, float32 on the CPU."""
    folder, device = model.options.folder / VOCODER_FOLDER, model.device()
    dtype = torch.float16 if device.type == "cuda" else torch.float32
    flow = load_flow(folder, device, dtype)
    noise = torch.randn(
        flow.config.num_mels,
        len(voice.mel) + _NOISE_FRAMES,
        generator=torch.Generator().manual_seed(seed),
    )
    stream = FlowStream(flow, voice, SpeechOptions().steps, noise=noise)
    vocoder = Vocoder(stream, load_hift(folder, device))
    chunker, pieces = CodeChunker(), list[NDArray[np.float32]]()
    for code in _sentence(voice):
        chunk = chunker.add(code)
        if chunk is not None:
            pieces.append(vocoder.chunk(chunk, last=False))
    pieces.append(vocoder.chunk(chunker.flush() or [], last=True))
    return torch.from_numpy(np.concatenate(pieces))
