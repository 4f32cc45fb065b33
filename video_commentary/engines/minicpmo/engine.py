"""MiniCPM-o 4.5 as an engine: frames and sound in, text and its own voice out."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...core.audio import AudioFormat, Pcm
from ...core.cancel import CancelToken
from ...core.engine import Delta, EngineError, Judgement, Request
from ...core.frames import Frame
from ...core.load_progress import LoadProgress
from ...core.stamp import Stamp
from .answer import SpokenAnswer, text_deltas
from .checkpoint import Checkpoint, Tensors, is_awq
from .checkpoint_shapes import check_tensors
from .config import ModelConfig, model_folder, read_config
from .given_text import say_given_text
from .gpu_errors import OUT_OF_MEMORY, is_gpu_error, is_out_of_memory, to_engine_error
from .judging import judgements
from .kernels.compile_processes import compile_processes
from .language.decode_step import MAX_NEW_TOKENS
from .language.tokenizer import prompt_ids
from .memory import (
    FreeMemory,
    check_gpu_memory,
    free_gpu_memory,
    release_gpu_memory,
    resolve_device,
    settle_host_memory,
    use_device,
)
from .model_loader import LoadedModel, MiniCpmoConfig, load_model
from .own_voice import OwnVoice
from .prompt_items import build_items
from .vision.image_processing import SlicedImage, slice_image

LOG = logging.getLogger(__name__)


class MiniCpmoEngine:
    """MiniCPM-o 4.5 in this process, on plain torch."""

    look_fps = 0.0
    reads_prompt = True
    says_given_text = True

    def __init__(
        self,
        config: MiniCpmoConfig,
        progress: LoadProgress | None = None,
        free_memory: FreeMemory = free_gpu_memory,
    ) -> None:
        self._config = config
        self._progress = progress or LoadProgress()
        self._own_voice = OwnVoice(config.speech, self._progress, free_memory)
        self._model: LoadedModel | None = None
        self._lost = False
        self._encoded: weakref.WeakKeyDictionary[Frame, tuple[SlicedImage, list[Tensor]]] = (
            weakref.WeakKeyDictionary()
        )
        self._encoding = threading.Lock()

    @property
    def description(self) -> str:
        """The model, its dtype and device, in one line."""
        return self._model.description if self._model else "MiniCPM-o 4.5, not loaded"

    @property
    def voice(self) -> AudioFormat | None:
        """The format of the model's own voice, None if it only writes."""
        return self._model.speech.format if self._model and self._model.speech else None

    @property
    def voice_trouble(self) -> str:
        """Why the model's own voice is missing and what to do; empty if it speaks."""
        return self._own_voice.trouble

    def load(self) -> None:
        """Load the checkpoint and capture the CUDA graphs. Raise EngineError."""
        self._unload()
        with self._torch_errors():
            with self._progress.phase("checks"):
                device = resolve_device(self._config.device)
                folder = model_folder(self._config.model_path)
                tensors, model_config = self._open(folder, device)
            self.build(tensors, model_config, folder, device)
        del tensors  # else the pages of its files count as memory of this process
        settle_host_memory()
        self._lost = False
        LOG.info("%s: loaded (%s)", self.description, self._progress.summary)

    def _open(self, folder: Path, device: torch.device) -> tuple[Checkpoint, ModelConfig]:
        """Open the checkpoint, and check it and the room for it. Raise EngineError."""
        model_config = read_config(folder)
        tensors = Checkpoint(folder, device)
        hear = self._config.hear_seconds is not None
        check_tensors(tensors, model_config, hear=hear)
        check_gpu_memory(
            tensors,
            model_config,
            device,
            max_seq_len=self._config.max_seq_len,
            int8_lm_head=self._config.int8_lm_head,
            hear=hear,
        )
        return tensors, model_config

    def build(
        self, tensors: Tensors, model_config: ModelConfig, folder: Path, device: torch.device
    ) -> None:
        """Load the model from `tensors`, with the tokenizer and vocoder of `folder`."""
        # what decides which kernels there are, wherever the files lie
        config = replace(self._config, model_path="", device="", saved_plan=False)
        with compile_processes(device, (model_config, is_awq(tensors), config)):
            self._own_voice.read(folder)
            model = load_model(tensors, model_config, folder, device, self._config, self._progress)
            speech = self._own_voice.load(tensors, model_config, folder, device, model.dtype)
        self._model = replace(model, speech=speech)

    def look(self, frame: Frame) -> None:
        """Encode a frame as it arrives. Raise EngineError."""
        model = self._model
        if model is not None:
            with self._torch_errors():
                self._encode(model, frame)

    @property
    def hears(self) -> bool:
        """Whether the model hears. Known after `load`."""
        return self._model is not None and self._model.hearing is not None

    def hear(self, pcm: Pcm, stamp: Stamp) -> None:
        """Encode the scene's sound as it arrives; `stamp`: of its first sample.

        Raise EngineError.
        """
        model = self._model
        # with 0 seconds only spoken questions are heard
        if model is not None and model.hearing is not None and self._config.hear_seconds:
            with self._torch_errors(), self._encoding:
                model.hearing.hear(pcm, stamp)

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        """Yield the comment piece by piece. Raise EngineError.

        A model lost with its GPU is loaded again first. If the GPU runs out of memory before the
        first word, the newest half of the frames is tried. A voice that was loaded meanwhile
        speaks from the next comment on.
        """
        if self._lost:
            self.load()
        # here, where no comment relies on the format of the sound yet
        if self._model and (speech := self._own_voice.recovered()):
            self._model = replace(self._model, speech=speech)
        with self._own_voice.commenting:
            yield from self._comment_in_memory(request, cancel)

    def _comment_in_memory(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        frames, said = request.frames, False
        while True:
            try:
                for delta in self._comment(request, frames, cancel):
                    said = True
                    yield delta
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
            else:
                return
            # not in the handler: there the error still holds the comment's tensors
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
        max_new_tokens = min(request.limits.max_tokens, MAX_NEW_TOKENS - 2)
        with self._torch_errors(memory=False):
            use_device(model.device)
            if request.announcement and speech is not None:
                yield from say_given_text(model, speech, request, cancel)
                return
            encoded = [(frame, *self._encode(model, frame)) for frame in frames]
            with self._encoding:
                items, prompt = build_items(
                    encoded, request, model.hearing, self._config.hear_seconds or 0
                )
            if cancel.cancelled:
                return
            placeholders = [item.placeholder for item in items]
            prefix, rest = prompt_ids(
                model.tokenizer, prompt, placeholders, speak=speech is not None
            )
            language_model = model.language_model
            embeds = [embed for item in items for embed in item.embeds]
            language_model.prefill(
                prefix, rest, embeds, max_new_tokens=max_new_tokens, speak=speech is not None
            )
            tokens = language_model.generate(max_new_tokens, cancel)
            ended_with_eos = language_model.ended_with_eos
            if speech is None:
                yield from text_deltas(model.tokenizer, tokens, ended_with_eos, cancel)
            else:
                answer = SpokenAnswer(model.tokenizer, speech, model.device)
                yield from answer.deltas(
                    tokens, language_model.hidden_states, ended_with_eos, cancel
                )

    def judge(
        self, request: Request, conditions: Sequence[str], cancel: CancelToken
    ) -> Iterator[Judgement]:
        """Yield p(yes) of each condition, from one decode step. Raise EngineError."""
        if self._lost:
            self.load()
        model = self._model
        if model is None:
            raise EngineError("the model is not loaded")
        with self._own_voice.commenting, self._torch_errors():
            use_device(model.device)
            frames = []
            for frame in request.frames:
                frames.append(self._encode(model, frame))
                if cancel.cancelled:
                    return
            found = judgements(
                model.tokenizer, model.language_model, request.prompt, frames, conditions, cancel
            )
        yield from found

    def _encode(self, model: LoadedModel, frame: Frame) -> tuple[SlicedImage, list[Tensor]]:
        """Return a frame's images and their embeddings, encoded now unless `look` has."""
        with self._encoding:
            if frame not in self._encoded:
                use_device(model.device)
                pixels = torch.from_numpy(np.ascontiguousarray(frame.image))
                with torch.cuda.stream(model.stream):
                    image = slice_image(pixels.to(model.device), self._config.max_slice_nums)
                    embeds = model.vision([image.overview, *image.slices])
                if model.stream is not None:
                    model.stream.synchronize()
                self._encoded[frame] = image, embeds
            return self._encoded[frame]

    def close(self) -> None:
        """Free the model and its memory; `load` may follow."""
        self._lost = False
        self._unload()

    def _unload(self) -> None:
        self._model = None
        self._own_voice.close()
        self._release()

    def _release(self) -> None:
        with self._encoding:
            self._encoded.clear()
        release_gpu_memory()

    @contextmanager
    def _torch_errors(self, memory: bool = True) -> Iterator[None]:
        """Turn torch's errors into ones that say what to do; a lost GPU also unloads the model.

        Without `memory`, an out-of-memory error is left to the caller.
        """
        try:
            yield
        except RuntimeError as error:
            engine_error = to_engine_error(error)
            if engine_error is None or (is_out_of_memory(error) and not memory):
                raise
            if is_out_of_memory(error):
                self._release()
            elif is_gpu_error(error):
                self._model, self._lost = None, True
            raise engine_error from None
