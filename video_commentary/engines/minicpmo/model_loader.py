"""The whole model from the tensors of a checkpoint, its kernels compiled and captured."""

from __future__ import annotations

import importlib
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import torch

from ...core.cancel import CancelToken
from ...core.engine import EngineError
from ...core.load_progress import LoadProgress
from .answer import SpeechSynthesizer
from .checkpoint import Tensors, is_awq
from .config import ModelConfig
from .hearing.hearing import Hearing, load_hearing
from .language.autotune import plan_kernels
from .language.language_model import LanguageModel
from .language.qwen3 import Qwen3, load_qwen3
from .language.sampling import SamplingParams
from .language.tokenizer import Tokenizer, image_placeholder, user_segment
from .memory import use_device
from .speech.speech_loader import SpeechOptions
from .vision.encoder import VisionEncoder
from .vision.image_processing import slice_image


@dataclass(frozen=True, kw_only=True)
class MiniCpmoConfig:
    """How to run the model.

    `model_path`: checkpoint folder, empty for the newest below `models_dir()`. `device`: auto, cpu
    or cuda[:n]. `max_seq_len`: positions that a prompt and its reply share. `saved_plan`: take the
    kernel plan that an earlier start measured, and keep the one that this start measures.
    `hear_seconds`: of the scene's sound in a prompt; None to load no ears. `speech`: None for text
    only.
    """

    model_path: str = ""
    device: str = "auto"
    max_slice_nums: int = 1
    max_seq_len: int = 4096
    int8_lm_head: bool = False
    saved_plan: bool = False
    sampling: SamplingParams = field(default_factory=SamplingParams)
    hear_seconds: int | None = None
    speech: SpeechOptions | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadedModel:
    """A model ready to comment. Frames are encoded on `stream`, None on a CPU.

    `dtype`: what the language model computes in. `speech`: None while it only writes. `hearing`:
    None unless it is to hear. `precision` and `place`: both for people.
    """

    tokenizer: Tokenizer
    language_model: LanguageModel
    vision: VisionEncoder
    device: torch.device
    dtype: torch.dtype
    stream: torch.cuda.Stream | None
    precision: str
    place: str
    speech: SpeechSynthesizer | None = None
    hearing: Hearing | None = None

    @property
    def description(self) -> str:
        """The model, its precision, device and voice, in one line."""
        voice = "own voice" if self.speech else "text only"
        ears = ", hears" if self.hearing else ""
        return f"MiniCPM-o 4.5 ({self.precision}) on {self.place}, {voice}{ears}"


def load_model(
    tensors: Tensors,
    model_config: ModelConfig,
    folder: Path,
    device: torch.device,
    config: MiniCpmoConfig,
    progress: LoadProgress,
) -> LoadedModel:
    """Load what sees, hears and writes from `tensors`; `folder` has the tokenizer.

    Raise EngineError.
    """
    use_device(device)
    cuda = device.type == "cuda"
    with progress.phase("weights"):
        dtype = tensors.load("llm.model.norm.weight").dtype if cuda else torch.float32
        tokenizer = Tokenizer(folder)
        vision, qwen3 = _load_weights(tensors, model_config, config, device, dtype)
    plan = plan_kernels(
        qwen3,
        config.sampling,
        tokenizer.suppress_tokens,
        progress,
        saved=config.saved_plan,
    )
    stream = torch.cuda.Stream(device) if cuda else None
    with progress.phase("graphs"):
        language_model = _language_model(qwen3.with_plan(plan), config.sampling, tokenizer)
        language_model.capture()
        _warm_up(tokenizer, language_model, vision, device, stream)
    _check_logits(language_model, dtype)
    hearing = None
    if config.hear_seconds is not None:
        with progress.phase("hearing"):
            hearing = load_hearing(tensors, model_config, dtype, stream)
    return LoadedModel(
        tokenizer=tokenizer,
        language_model=language_model,
        vision=vision,
        device=device,
        dtype=dtype,
        stream=stream,
        precision="AWQ INT4" if is_awq(tensors) else dtype_name(dtype),
        place=torch.cuda.get_device_name(device) if cuda else "CPU",
        hearing=hearing,
    )


def _load_weights(
    tensors: Tensors,
    model_config: ModelConfig,
    config: MiniCpmoConfig,
    device: torch.device,
    dtype: torch.dtype,
) -> tuple[VisionEncoder, Qwen3]:
    cuda = device.type == "cuda"
    if cuda:
        threading.Thread(target=_import_triton, name="import triton", daemon=True).start()
    vision = VisionEncoder(lambda name: tensors.load(name).to(dtype), model_config.vision)
    qwen3 = load_qwen3(
        tensors,
        model_config,
        dtype=dtype,
        max_seq_len=config.max_seq_len,
        int8_lm_head=config.int8_lm_head,
    )
    if cuda:
        torch.cuda.synchronize(device)
    return vision, qwen3


def _language_model(qwen3: Qwen3, sampling: SamplingParams, tokenizer: Tokenizer) -> LanguageModel:
    return LanguageModel(
        qwen3,
        sampling,
        suppress_tokens=tokenizer.suppress_tokens,
        unspeakable_tokens=tokenizer.unspeakable_tokens,
        eos_ids=tokenizer.eos_ids,
        media_start_ids=tokenizer.media_start_ids,
    )


def _import_triton() -> None:
    """Import Triton while weights are copied; where it is missing, a kernel's import says so."""
    with suppress(ImportError):
        importlib.import_module("triton")


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
        overview = slice_image(picture).overview
        vision.compile(overview)
        embeds = vision([overview])
    if stream is not None:
        stream.synchronize()
    ids = tokenizer.encode(user_segment([image_placeholder()]))
    language_model.first_logits(ids, embeds, [ids[-1:], ids[-2:]], CancelToken())
    language_model.prefill(ids[:1], ids[1:], embeds, max_new_tokens=2)
    for _ in language_model.generate(2, CancelToken(), ignore_eos=True):
        pass


def dtype_name(dtype: torch.dtype) -> str:
    """Return a dtype's common name."""
    return {torch.bfloat16: "BF16", torch.float16: "FP16"}.get(dtype, "FP32")
