"""The talker and the vocoder from the files of a model, if the GPU has room for them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ....core.engine import EngineError
from ..checkpoint import Checkpoint, Tensors
from ..checkpoint_shapes import TALKER_PREFIX, UNUSED_PREFIXES
from ..config import VOCODER_FOLDER
from ..gpu_errors import is_gpu_error, is_out_of_memory
from ..memory import FreeMemory, free_gpu_memory
from .flow_encoder import LOOKAHEAD
from .flow_stream import CHUNK_CODES, FlowStream, VoicePrompt
from .hift import Hift
from .native_speech import NativeSpeech
from .speech_memory import NoRoomError, SpeechUnavailableError, check_room, speech_bytes
from .talker import HOST_TENSOR, Talker, TalkerConfig
from .vocoder import Vocoder
from .vocoder_loader import load_flow, load_hift
from .voice_reference import VoiceRefusedError, load_voice

DEFAULT_VOICES = (
    Path("assets") / "HT_ref_audio.wav",
    Path("assets") / "system_ref_audio.wav",
)
"""The published samples in a model's folder, the one that upstream's examples speak with first."""
_DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}
"""In the order in which one takes the place of the one before where that one overflows."""
_MAX_MEL = 100.0
"""Magnitude of mel frames, which are logarithms, above which a 16-bit flow has overflowed."""

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class SpeechOptions:
    """`steps` of the flow, and its `dtype` on a GPU. `voice`: WAV file, empty for the model's."""

    steps: int = 10
    dtype: str = "float16"
    voice: str = ""


class TalkerTensors(Mapping[str, Tensor]):
    """The tensors under `tts.`, named without that prefix, each loaded on access.

    So only the talker's own tensors stay on the device.
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

    def text_rows(self) -> Callable[[Sequence[int]], Tensor] | None:
        """Return a reader of HOST_TENSOR's rows, None if they aren't in a file."""
        name = self._names.get(HOST_TENSOR)
        if name is None or not isinstance(self._tensors, Checkpoint):
            return None
        return self._tensors.rows(name)

    @property
    def nbytes(self) -> int:
        """Bytes on the device of what speech uses."""
        unused = (*UNUSED_PREFIXES, TALKER_PREFIX + HOST_TENSOR)
        used = [name for name in self._names.values() if not name.startswith(unused)]
        return sum(self._tensors.size(name) for name in used)


@dataclass(frozen=True, kw_only=True, eq=False)
class VocoderFiles:
    """What speech needs beside the checkpoint, in host memory."""

    voice: VoicePrompt
    hift: Hift


def read_vocoder(model: Path, options: SpeechOptions) -> VocoderFiles:
    """Read the voice and the vocoder's smaller half from the checkpoint folder `model`.

    It needs no GPU, so it may run while something else is loaded there; a new voice sample takes
    five to eight seconds. Raise what `load_speech` raises.
    """
    folder = model / VOCODER_FOLDER
    if not folder.is_dir():
        raise SpeechUnavailableError(_missing(str(folder)))
    voice = _load_voice(model, folder, options)
    try:
        return VocoderFiles(voice=voice, hift=load_hift(folder, torch.device("cpu")))
    except EngineError as error:
        raise SpeechUnavailableError(f"no native voice: {error}") from None


def load_speech(
    model: Path,
    tensors: Mapping[str, Tensor],
    config: Mapping[str, Any],
    device: torch.device,
    options: SpeechOptions,
    *,
    vocoder: VocoderFiles | None = None,
    free_memory: FreeMemory = free_gpu_memory,
    capturing: AbstractContextManager[object] | None = None,
) -> NativeSpeech:
    """Load the voice of the checkpoint folder `model`, its graphs captured.

    `tensors`: see TalkerTensors, on `device` in the dtype to compute in; `config`: tts_config.
    `vocoder`: what `read_vocoder` returned, read now if None. `capturing` is entered while the
    graphs are captured. Raise NoRoomError if the GPU has no room, SpeechUnavailableError if the
    model can only write here, EngineError if `options.voice` is refused.
    """
    if not tensors:
        raise SpeechUnavailableError(_missing("the checkpoint's tts tensors"))
    vocoder = vocoder or read_vocoder(model, options)
    folder = model / VOCODER_FOLDER
    needed = 0
    try:
        dtype = _DTYPES[_dtype_names(device, options.dtype)[0]]
        talker_bytes = _nbytes(tensors)
        needed = speech_bytes(
            talker_bytes, folder, vocoder.hift, vocoder.voice, dtype, options.steps
        )
        check_room(needed, device, free_memory)
        text_rows = tensors.text_rows() if isinstance(tensors, TalkerTensors) else None
        talker = Talker(tensors, TalkerConfig.from_tts_config(config), text_rows=text_rows)
        flow_stream = _load_finite_flow(folder, vocoder.voice, device, options)
        speech = NativeSpeech(talker, Vocoder(flow_stream, vocoder.hift.to(device)))
        with capturing or nullcontext():
            speech.capture()
    except SpeechUnavailableError:
        raise
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise NoRoomError("out of memory", needed) from None
        if is_gpu_error(error):
            raise
        raise SpeechUnavailableError(f"no native voice: {error}") from None
    except (EngineError, KeyError, ValueError) as error:
        raise SpeechUnavailableError(f"no native voice: {error}") from None
    return speech


def _missing(what: str) -> str:
    return f"no native voice: {what} missing; fetch the model again or set voice:=neural"


def _nbytes(tensors: Mapping[str, Tensor]) -> int:
    if isinstance(tensors, TalkerTensors):
        return tensors.nbytes
    return sum(tensor.nbytes for tensor in tensors.values())


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


def _load_finite_flow(
    folder: Path, voice: VoicePrompt, device: torch.device, options: SpeechOptions
) -> FlowStream:
    """Load the flow in the first dtype, from `options.dtype` on, that overflows nowhere.

    Each is tried with a chunk of the voice's own codes.
    """
    codes = voice.codes[: CHUNK_CODES + LOOKAHEAD].tolist()
    for name in _dtype_names(device, options.dtype):
        stream = FlowStream(load_flow(folder, device, _DTYPES[name]), voice, options.steps)
        finite, largest = stream.check(codes)
        if finite and (largest < _MAX_MEL or name == "float32"):
            return stream
        # before the next one is loaded
        del stream
        if name != "float32":
            LOG.warning(
                "the vocoder's flow overflows in %s (largest mel value %.3g): loading it in a "
                "wider dtype; speech_dtype chooses one at once",
                name,
                largest,
            )
    raise SpeechUnavailableError(
        "no native voice: the vocoder computes NaN or infinity even in float32; fetch the model "
        "again, set another voice_reference, or set voice:=neural"
    )


def _dtype_names(device: torch.device, wanted: str) -> list[str]:
    # a CPU computes 16-bit floats slowly or not at all
    names = list(_DTYPES)
    return names[names.index(wanted if device.type == "cuda" else "float32") :]
