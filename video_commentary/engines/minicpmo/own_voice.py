"""The model's own voice, from its files to a speaking model, at once or when there is room."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import torch

from ...core.load_progress import LoadProgress
from .answer import SpeechSynthesizer
from .checkpoint import Checkpoint, Tensors
from .config import ModelConfig
from .memory import FreeMemory, release_gpu_memory, use_device
from .speech.speech_loader import (
    SpeechOptions,
    TalkerTensors,
    VocoderFiles,
    load_speech,
    read_vocoder,
)
from .speech.speech_memory import NoRoomError, SpeechUnavailableError
from .speech.speech_recovery import SpeechRecovery

LOG = logging.getLogger(__name__)


class OwnVoice:
    """Loads speech as `options` say, never if they are None.

    `read` begins while the language model is loaded, `load` takes what it read to the device. A
    GPU without room is watched, and speech loaded in the background: `recovered`. `trouble` says
    why there is no speech and what to do; empty if there is, or none is wanted. Hold `commenting`
    during a comment: the graphs of a voice that comes later are captured between two.
    """

    def __init__(
        self, options: SpeechOptions | None, progress: LoadProgress, free_memory: FreeMemory
    ) -> None:
        self._options = options
        self._progress = progress
        self._free_memory = free_memory
        self._files: Future[VocoderFiles] = Future()
        self._recovery: SpeechRecovery | None = None
        self._unavailable = ""
        self.commenting = threading.Lock()

    @property
    def trouble(self) -> str:
        """Why there is no speech, and what to do."""
        return self._recovery.trouble if self._recovery else self._unavailable

    def read(self, folder: Path) -> None:
        """Begin to read the vocoder and the voice of the checkpoint in `folder`."""
        self._files = Future()
        if self._options is not None:
            arguments = (folder, self._options, self._files)
            threading.Thread(
                target=self._read, args=arguments, name="voice files", daemon=True
            ).start()

    def _read(self, folder: Path, options: SpeechOptions, files: Future[VocoderFiles]) -> None:
        try:
            with self._progress.phase("voice files"):
                files.set_result(read_vocoder(folder, options))
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            files.set_exception(error)

    def load(
        self,
        tensors: Tensors,
        config: ModelConfig,
        folder: Path,
        device: torch.device,
        dtype: torch.dtype,
    ) -> SpeechSynthesizer | None:
        """Load speech, beside a language model that computes in `dtype`; None if it can't be.

        Raise EngineError if the voice that the user chose is refused.
        """
        self._unavailable = ""
        if self._options is None:
            return None
        load = partial(self._load, self._options, config.tts, folder, device, dtype)
        # not kept: its vocoder moves to the device, where `close` must leave nothing
        files, self._files = self._files, Future()
        needed: int | None = None
        try:
            with self._progress.phase("voice"):
                return load(
                    tensors,
                    vocoder=files.result(),
                    capturing=self._progress.phase("voice graphs"),
                )
        except SpeechUnavailableError as error:
            self._unavailable = str(error)
            needed = error.needed if isinstance(error, NoRoomError) else None
        # not in the handler: there the error still holds what was loaded
        LOG.warning(self._unavailable)
        release_gpu_memory()
        if needed is not None:
            self._recovery = SpeechRecovery(
                lambda: load(Checkpoint(folder, device), capturing=self.commenting),
                partial(self._free_bytes, device),
                needed,
                self._unavailable,
            )
        return None

    def recovered(self) -> SpeechSynthesizer | None:
        """Return speech that was loaded in the background since `load`, else None."""
        speech = self._recovery.speech if self._recovery else None
        if speech is not None:
            self._recovery, self._unavailable = None, ""
        return speech

    def close(self) -> None:
        """Stop to look for room."""
        if self._recovery:
            self._recovery.close()
        self._recovery, self._unavailable = None, ""

    def _load(
        self,
        options: SpeechOptions,
        tts_config: Mapping[str, Any],
        folder: Path,
        device: torch.device,
        dtype: torch.dtype,
        tensors: Tensors,
        *,
        vocoder: VocoderFiles | None = None,
        capturing: AbstractContextManager[object] | None = None,
    ) -> SpeechSynthesizer:
        use_device(device)
        return load_speech(
            folder,
            TalkerTensors(tensors, dtype),
            tts_config,
            device,
            options,
            vocoder=vocoder,
            free_memory=self._free_memory,
            capturing=capturing,
        )

    def _free_bytes(self, device: torch.device) -> int | None:
        memory = self._free_memory(device)
        return None if memory is None else memory[0]
