"""The talker and the vocoder from the files of a model, if the GPU has room for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ....core.engine import EngineError
from ..checkpoint import Tensors
from ..checkpoint_shapes import TALKER_PREFIX
from ..gpu_errors import is_gpu_error, is_out_of_memory
from .flow_stream import FlowStream, VoicePrompt, cache_bytes
from .native_speech import NativeSpeech
from .talker import Talker, TalkerConfig
from .vocoder import Vocoder
from .vocoder_loader import VOCODER_FOLDER, load_flow, load_hift
from .voice_reference import VoiceRefusedError, load_voice

DEFAULT_VOICES = (
    Path("assets") / "HT_ref_audio.wav",
    Path("assets") / "system_ref_audio.wav",
)
"""The published samples in a model's folder, the one that upstream's examples speak with first."""
_WORKING_BYTES = 600_000_000
"""Graphs, convolution workspaces and the talker's KV cache."""
_DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}


class SpeechUnavailableError(EngineError):
    """The model can't speak here, though it can write; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class SpeechOptions:
    """`steps` of the flow, and its `dtype` on a GPU. `voice`: WAV file, empty for the model's."""

    steps: int = 10
    dtype: str = "float16"
    voice: str = ""


class TalkerTensors(Mapping[str, Tensor]):
    """The tensors under `tts.`, named without that prefix, each loaded on access.

    So no tensor stays on the device beside the talker's own.
    """

    def __init__(self, tensors: Tensors, dtype: torch.dtype) -> None:
        self._tensors, self._dtype = tensors, dtype
        self._names = {
            name.removeprefix(TALKER_PREFIX): name
            for name in tensors.names()
            if name.startswith(TALKER_PREFIX)
        }

    def __getitem__(self, name: str) -> Tensor:
        return self._tensors.load(self._names[name]).to(self._dtype)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def load_speech(
    model: Path,
    tensors: Mapping[str, Tensor],
    config: Mapping[str, Any],
    device: torch.device,
    options: SpeechOptions,
) -> NativeSpeech:
    """Load the voice of the checkpoint folder `model`, its graphs captured.

    `tensors`: see TalkerTensors, on `device` in the dtype to compute in; `config`: tts_config.
    Raise SpeechUnavailableError if the model can only write here, EngineError if `options.voice`
    is refused.
    """
    folder = model / VOCODER_FOLDER
    if not tensors or not folder.is_dir():
        missing = folder if tensors else "the checkpoint's tts tensors"
        raise SpeechUnavailableError(
            f"no native voice: {missing} missing; fetch the model again or set voice:=neural"
        )
    voice = _load_voice(model, folder, options)
    # a CPU computes 16-bit floats slowly or not at all
    dtype = _DTYPES[options.dtype] if device.type == "cuda" else torch.float32
    try:
        talker = Talker(tensors, TalkerConfig.from_tts_config(config))
        vocoder = _load_vocoder(folder, voice, device, dtype, options.steps)
        speech = NativeSpeech(talker, vocoder)
        speech.capture()
    except SpeechUnavailableError:
        raise
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise SpeechUnavailableError(_no_room("out of memory")) from None
        if is_gpu_error(error):
            raise
        raise SpeechUnavailableError(f"no native voice: {error}") from None
    except (EngineError, KeyError, ValueError) as error:
        raise SpeechUnavailableError(f"no native voice: {error}") from None
    return speech


def _load_voice(model: Path, folder: Path, options: SpeechOptions) -> VoicePrompt:
    sample = Path(options.voice) if options.voice else _default_voice(model)
    try:
        return load_voice(sample, folder)
    except EngineError as error:
        # only a sample the user chose stops the engine: another choice helps
        if options.voice and isinstance(error, VoiceRefusedError):
            raise
        raise SpeechUnavailableError(f"no native voice: {error}") from None


def _default_voice(model: Path) -> Path:
    """Return the first of DEFAULT_VOICES that `model` has, the first of all if it has none."""
    samples = [model / sample for sample in DEFAULT_VOICES]
    return next((sample for sample in samples if sample.is_file()), samples[0])


def _load_vocoder(
    folder: Path, voice: VoicePrompt, device: torch.device, dtype: torch.dtype, steps: int
) -> Vocoder:
    flow = load_flow(folder, torch.device("cpu"), dtype)
    hift = load_hift(folder, torch.device("cpu"))
    if device.type == "cuda":
        needed = (
            sum(tensor.nbytes for module in (flow, hift) for tensor in module.state_dict().values())
            + cache_bytes(flow, voice, steps)
            + _WORKING_BYTES
        )
        torch.cuda.empty_cache()  # memory that torch only caches is free too
        free, total = torch.cuda.mem_get_info(device)
        if needed > free:
            raise SpeechUnavailableError(
                _no_room(
                    f"it needs {needed / 1e9:.1f} GB, "
                    f"{free / 1e9:.1f} of {total / 1e9:.1f} are free"
                )
            )
    return Vocoder(FlowStream(flow.to(device), voice, steps), hift.to(device))


def _no_room(why: str) -> str:
    return (
        f"text only, no room for the native voice on this GPU: {why}; free memory, "
        "set voice_reference to a shorter sample, or set voice:=neural (no GPU)"
    )
