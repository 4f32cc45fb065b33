"""The whole model from the tensors of a checkpoint, its kernels compiled and captured."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

import torch

from ...core.cancel import CancelToken
from ...core.engine import EngineError
from .answer import SpeechSynthesizer
from .checkpoint import Tensors, is_awq
from .config import ModelConfig
from .language.autotune import tune_kernels
from .language.language_model import LanguageModel
from .language.qwen3 import load_qwen3
from .language.sampling import SamplingParams
from .language.tokenizer import Tokenizer, image_placeholder, user_segment
from .memory import release_gpu_memory, use_device
from .speech.speech_loader import (
    SpeechOptions,
    SpeechUnavailableError,
    TalkerTensors,
    load_speech,
)
from .vision.encoder import VisionEncoder
from .vision.image_processing import slice_image

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class MiniCpmoConfig:
    """How to run the model.

    `model_path`: checkpoint folder, empty for the newest below `models_dir()`. `device`: auto, cpu
    or cuda[:n]. `max_seq_len`: positions that a prompt and its reply share. `speech`: None for
    text only.
    """

    model_path: str = ""
    device: str = "auto"
    max_slice_nums: int = 1
    max_seq_len: int = 4096
    int8_lm_head: bool = False
    sampling: SamplingParams = field(default_factory=SamplingParams)
    speech: SpeechOptions | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadedModel:
    """A model ready to comment. Frames are encoded on `stream`, None on a CPU."""

    tokenizer: Tokenizer
    language_model: LanguageModel
    vision: VisionEncoder
    speech: SpeechSynthesizer | None
    device: torch.device
    stream: torch.cuda.Stream | None
    description: str


def load_model(
    tensors: Tensors,
    model_config: ModelConfig,
    folder: Path,
    device: torch.device,
    config: MiniCpmoConfig,
) -> LoadedModel:
    """Load the model from `tensors`; `folder` has the tokenizer and the vocoder.

    Raise EngineError. A model that cannot speak here is loaded without speech, with a warning.
    """
    use_device(device)
    cuda = device.type == "cuda"
    dtype = tensors.load("llm.model.norm.weight").dtype if cuda else torch.float32
    tokenizer = Tokenizer(folder)
    vision = VisionEncoder(lambda name: tensors.load(name).to(dtype), model_config.vision)
    qwen3 = load_qwen3(
        tensors,
        model_config,
        dtype=dtype,
        max_seq_len=config.max_seq_len,
        int8_lm_head=config.int8_lm_head,
    )
    plan = tune_kernels(qwen3, config.sampling, tokenizer.suppress_tokens)
    language_model = LanguageModel(
        qwen3.with_plan(plan),
        config.sampling,
        suppress_tokens=tokenizer.suppress_tokens,
        unspeakable_tokens=tokenizer.unspeakable_tokens,
        eos_ids=tokenizer.eos_ids,
        image_start_ids=tokenizer.image_start_ids,
    )
    stream = torch.cuda.Stream(device) if cuda else None
    language_model.capture()
    _warm_up(tokenizer, language_model, vision, device, stream)
    _check_logits(language_model, dtype)
    speech = None
    if config.speech is not None:
        speech = _load_speech(
            TalkerTensors(tensors, dtype), model_config, folder, device, config.speech
        )
    return LoadedModel(
        tokenizer=tokenizer,
        language_model=language_model,
        vision=vision,
        speech=speech,
        device=device,
        stream=stream,
        description=f"MiniCPM-o 4.5 ({'AWQ INT4' if is_awq(tensors) else dtype_name(dtype)}) on "
        f"{torch.cuda.get_device_name(device) if cuda else 'CPU'}, "
        f"{'own voice' if speech else 'text only'}",
    )


def _check_logits(language_model: LanguageModel, dtype: torch.dtype) -> None:
    """Raise EngineError if the reply generated last did not begin with finite logits."""
    if not language_model.has_finite_logits():
        raise EngineError(
            f"the model computes NaN or infinity in {dtype_name(dtype)}: its weights are damaged, "
            "or made for another dtype. Check them with "
            "`ros2 run video_commentary fetch_model awq --verify`",
            retry=False,
        )


def _warm_up(
    tokenizer: Tokenizer,
    language_model: LanguageModel,
    vision: VisionEncoder,
    device: torch.device,
    stream: torch.cuda.Stream | None,
) -> None:
    """Run every kernel once, so that the first comment is as fast as the others."""
    with torch.cuda.stream(stream):
        picture = torch.zeros(480, 640, 3, dtype=torch.uint8, device=device)
        embeds = vision([slice_image(picture).overview])
    if stream is not None:
        stream.synchronize()
    ids = tokenizer.encode(user_segment([image_placeholder()]))
    language_model.prefill(ids[:1], ids[1:], embeds, max_new_tokens=2)
    for _ in language_model.generate(2, CancelToken(), ignore_eos=True):
        pass


def _load_speech(
    tensors: TalkerTensors,
    model_config: ModelConfig,
    folder: Path,
    device: torch.device,
    options: SpeechOptions,
) -> SpeechSynthesizer | None:
    try:
        return load_speech(folder, tensors, model_config.tts, device, options)
    except SpeechUnavailableError as error:
        reason = str(error)
    # not in the handler: there the error still holds what was loaded
    LOG.warning(reason)
    release_gpu_memory()
    return None


def dtype_name(dtype: torch.dtype) -> str:
    """Return a dtype's common name."""
    return {torch.bfloat16: "BF16", torch.float16: "FP16"}.get(dtype, "FP32")
