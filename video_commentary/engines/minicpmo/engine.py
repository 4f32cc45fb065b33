"""MiniCPM-o 4.5 as an engine: frames in, text and its own voice out."""

from __future__ import annotations

import gc
import logging
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...core.audio import AudioFormat
from ...core.cancel import CancelToken
from ...core.engine import Delta, EngineError, Request
from ...core.frames import Frame
from .answer import Speech, Spoken, written
from .config import ModelConfig, newest_model, read_config
from .failures import OUT_OF_MEMORY, explained, gpu_failed, out_of_memory
from .language.language import MAX_NEW, Language
from .language.qwen import load_qwen
from .language.sampling import Sampling
from .language.tokens import Tokens, picture_text, prompt_ids, user_segment
from .memory import check_room, resolve_device, use_device
from .settings import MiniCpmoSettings
from .speech.speech_loading import (
    SpeechOptions,
    SpeechUnavailableError,
    TalkerTensors,
    load_speech,
)
from .vision.pixels import Pictures, cut
from .vision.vision import Vision
from .weights import Checkpoint, Tensors, check, is_awq

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class MiniCpmoConfig:
    """How to run the model.

    `path`: checkpoint folder, empty for the newest below `models_dir()`. `device`: auto, cpu or
    cuda[:n]. `context`: positions that prompt and answer share. `speech`: None for text only.
    """

    path: str = ""
    device: str = "auto"
    max_slices: int = 1
    context: int = 4096
    int8_head: bool = False
    sampling: Sampling = field(default_factory=Sampling)
    speech: SpeechOptions | None = None


@dataclass(eq=False)
class _Model:
    tokens: Tokens
    language: Language
    vision: Vision
    device: torch.device
    speech: Speech | None
    description: str


def from_settings(settings: MiniCpmoSettings, *, own_voice: bool) -> MiniCpmoEngine:
    """Make the engine that `settings` describe, for text only unless `own_voice`."""
    speech = SpeechOptions(settings.speech_steps, settings.speech_dtype, settings.voice_reference)
    return MiniCpmoEngine(
        MiniCpmoConfig(
            path=settings.model_path,
            device=settings.device,
            max_slices=settings.max_slice_nums,
            context=settings.context_tokens,
            int8_head=settings.int8_lm_head,
            sampling=Sampling(
                temperature=settings.temperature,
                top_p=settings.top_p,
                top_k=settings.top_k,
                repetition_penalty=settings.repetition_penalty,
                greedy=settings.greedy,
            ),
            speech=speech if own_voice else None,
        )
    )


class MiniCpmoEngine:
    """MiniCPM-o 4.5 in this process, on plain torch."""

    look_fps = 0.0

    def __init__(self, config: MiniCpmoConfig) -> None:
        self._config = config
        self._model: _Model | None = None
        self._lost = False
        self._seen: weakref.WeakKeyDictionary[Frame, tuple[Pictures, list[Tensor]]] = (
            weakref.WeakKeyDictionary()
        )
        self._encoding = threading.Lock()
        self._stream: torch.cuda.Stream | None = None

    @property
    def description(self) -> str:
        """What this engine is, in one line for people."""
        return self._model.description if self._model else "MiniCPM-o 4.5, not loaded"

    @property
    def voice(self) -> AudioFormat | None:
        """The format of the model's own voice, None if it only writes."""
        return self._model.speech.format if self._model and self._model.speech else None

    def load(self) -> None:
        """Load the checkpoint and record the decode step. Raise EngineError."""
        self._unload()
        begun = time.monotonic()
        device = resolve_device(self._config.device)
        folder = Path(self._config.path).expanduser() if self._config.path else newest_model()
        model = read_config(folder)
        with self._translated():
            tensors = Checkpoint(folder, device)
            check(tensors, model)
            check_room(tensors, model, device, self._config.context, self._config.int8_head)
            self.build(tensors, model, folder, device)
        self._lost = False
        LOG.info("%s: ready after %.1f s", self.description, time.monotonic() - begun)

    def build(
        self, tensors: Tensors, model: ModelConfig, folder: Path, device: torch.device
    ) -> None:
        """Make the model from `tensors`, with the tokenizer of `folder`."""
        use_device(device)
        config, cuda = self._config, device.type == "cuda"
        awq = is_awq(tensors)
        dtype = tensors.load("llm.model.norm.weight").dtype if cuda else torch.float32
        tokens = Tokens(folder)
        vision = Vision(lambda name: tensors.load(name).to(dtype), model.vision)
        qwen = load_qwen(tensors, model, dtype, config.context, config.int8_head)
        language = Language(
            qwen, config.sampling, tokens.suppressed, tokens.terminators, tokens.picture_starts
        )
        self._stream = torch.cuda.Stream(device) if cuda else None
        language.record()
        self._warm_up(tokens, language, vision)
        speech = self._load_speech(tensors, model, folder, device, dtype)
        where = torch.cuda.get_device_name(device) if cuda else "CPU"
        self._model = _Model(
            tokens,
            language,
            vision,
            device,
            speech,
            f"MiniCPM-o 4.5 ({'AWQ INT4' if awq else dtype_name(dtype)}) on {where}, "
            f"{'own voice' if speech else 'text only'}",
        )

    def _warm_up(self, tokens: Tokens, language: Language, vision: Vision) -> None:
        """Go once through all kernels, so that the first comment is as fast as the others."""
        with torch.cuda.stream(self._stream):
            seen = vision([np.zeros((448, 448, 3), dtype=np.uint8)])
        if self._stream is not None:
            self._stream.synchronize()
        ids = tokens.encode(user_segment([picture_text()]))
        language.open(ids[:1], ids[1:], seen, 2)
        for _ in language.generate(2, CancelToken(), endless=True):
            pass

    def _load_speech(
        self,
        tensors: Tensors,
        model: ModelConfig,
        folder: Path,
        device: torch.device,
        dtype: torch.dtype,
    ) -> Speech | None:
        if self._config.speech is None:
            return None
        own = TalkerTensors(tensors, dtype)
        try:
            return load_speech(folder, own, model.speech, device, self._config.speech)
        except SpeechUnavailableError as error:
            why = str(error)
        # the error itself held all that had been loaded
        LOG.warning(why)
        self._release()
        return None

    def look(self, frame: Frame) -> None:
        """Encode a frame as it arrives. Raise EngineError."""
        model = self._model
        if model is not None:
            with self._translated():
                self._pictures(model, frame)

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        """Yield the comment piece by piece. Raise EngineError.

        A model lost with its GPU is loaded again first. Where the GPU's memory is short before the
        first word, it tries again with half the frames, the newest.
        """
        if self._lost:
            self.load()
        frames, said = request.frames, False
        while True:
            try:
                for delta in self._comment(request, frames, cancel):
                    said = True
                    yield delta
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
            else:
                return
            # not above, where the error still holds what the comment had made
            self._release()
            if said or len(frames) < 2 or len(frames) < len(request.frames):
                raise EngineError(OUT_OF_MEMORY)
            LOG.warning("out of GPU memory with %d frames: trying half of them", len(frames))
            frames = frames[len(frames) // 2 :]

    def _comment(
        self, request: Request, frames: tuple[Frame, ...], cancel: CancelToken
    ) -> Iterator[Delta]:
        model = self._model
        if model is None:
            raise EngineError("the model is not loaded")
        speech = model.speech if request.speak else None
        limit = min(request.limits.max_tokens, MAX_NEW - 2)
        with self._translated(memory=False):
            use_device(model.device)
            seen = [self._pictures(model, frame) for frame in frames]
            if cancel.cancelled:
                return
            prefix, rest = prompt_ids(
                model.tokens,
                request.prompt,
                [pictures for pictures, _ in seen],
                speak=speech is not None,
            )
            model.language.open(prefix, rest, [e for _, own in seen for e in own], limit)
            drawn = model.language.generate(limit, cancel)
            if speech is None:
                yield from written(model.tokens, drawn, model.language.ended, cancel)
            else:
                spoken = Spoken(model.tokens, speech, model.device)
                yield from spoken.deltas(drawn, model.language.finish, model.language.ended, cancel)

    def _pictures(self, model: _Model, frame: Frame) -> tuple[Pictures, list[Tensor]]:
        """Return a frame's pictures and their embeddings, made now unless `look` has."""
        with self._encoding:
            if frame not in self._seen:
                use_device(model.device)
                pictures = cut(frame.image, self._config.max_slices)
                with torch.cuda.stream(self._stream):
                    embeddings = model.vision([pictures.overview, *pictures.slices])
                if self._stream is not None:
                    self._stream.synchronize()
                self._seen[frame] = pictures, embeddings
            return self._seen[frame]

    def close(self) -> None:
        """Free the model and its memory; `load` may follow."""
        self._lost = False
        self._unload()

    def _unload(self) -> None:
        self._model = None
        self._release()

    def _release(self) -> None:
        with self._encoding:
            self._seen.clear()
        # what is recorded as a graph holds itself: only the collector finds it
        gc.collect()
        if torch.cuda.is_available():
            with _ignored(RuntimeError):
                torch.cuda.empty_cache()

    @contextmanager
    def _translated(self, memory: bool = True) -> Iterator[None]:
        """Turn torch's errors into ones that say what to do; a lost GPU also unloads the model."""
        try:
            yield
        except RuntimeError as error:
            told = explained(error)
            if told is None or (out_of_memory(error) and not memory):
                raise
            if out_of_memory(error):
                self._release()
            elif gpu_failed(error):
                self._model, self._lost = None, True
            raise told from None


@contextmanager
def _ignored(kind: type[Exception]) -> Iterator[None]:
    try:
        yield
    except kind as error:
        LOG.debug("ignored while freeing the GPU: %s", error)


def dtype_name(dtype: torch.dtype) -> str:
    """Return what people call a dtype."""
    return {torch.bfloat16: "BF16", torch.float16: "FP16"}.get(dtype, "FP32")
