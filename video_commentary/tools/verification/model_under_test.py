"""The model that `verify` checks: what several checks need is made once, on first use."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch

from ...config.paths import share_dir
from ...core.engine import EngineError
from ...engines.minicpmo.checkpoint import Checkpoint, Tensors
from ...engines.minicpmo.config import FETCH, ModelConfig, read_config
from ...engines.minicpmo.language.sampling import SamplingParams
from ...engines.minicpmo.language.tokenizer import Tokenizer
from ...engines.minicpmo.memory import release_gpu_memory, resolve_device
from ...engines.minicpmo.model_loader import MiniCpmoConfig
from ...engines.minicpmo.speech.speech_loader import SpeechOptions
from .check import NotCheckedError
from .gpu_specs import read_specs
from .greedy_reply import reply_to_picture
from .inspectable_engine import InspectableEngine, LogCapture
from .safetensors_header import StoredTensors, read_header
from .spoken_reply import speak_about_picture
from .upstream_checks import compare_with_upstream
from .weight_checks import rows_look_random

PICTURE = Path("models") / "verify" / "picture.jpg"
CONTEXT_TOKENS = 4096
"""The engine's default."""

Made = TypeVar("Made")


@dataclass(frozen=True, kw_only=True)
class VerifyOptions:
    """What the user chose.

    `folder`: the checkpoint. `wav`: where the spoken sentence goes. `upstream_python`: the
    environment with upstream's packages, None if nothing is to be compared; `upstream_model`: the
    folder that upstream's code loads.
    """

    folder: Path
    device: str
    speak: bool
    wav: Path
    upstream_python: Path | None = None
    upstream_model: Path | None = None


class MadeOnce(Generic[Made]):
    """A value made on first use. If that fails, the first caller gets the error, later ones skip.

    So a missing model is one failed row, not ten.
    """

    def __init__(self, what: str, make: Callable[[], Made]) -> None:
        self._what = what
        self._make = make
        self._made: list[Made] = []
        self._skip_reason = ""

    def __call__(self) -> Made:
        """Return the value. Raise what making it raises, or NotCheckedError after that."""
        if self._skip_reason:
            raise NotCheckedError(self._skip_reason)
        if not self._made:
            try:
                self._made.append(self._make())
            except NotCheckedError as error:
                self._skip_reason = str(error)
                raise
            except Exception:
                self._skip_reason = f"needs {self._what}"
                raise
        return self._made[0]

    @property
    def peek(self) -> Made | None:
        """The value if it was made."""
        return self._made[0] if self._made else None


class ModelUnderTest:
    """The checkpoint, its parts and its replies."""

    def __init__(self, options: VerifyOptions) -> None:
        self.options = options
        self.log = LogCapture()
        self.driver_bytes_before: int | None = None
        self.document = MadeOnce("config.json", self._read_document)
        self.config = MadeOnce("config.json", self._read_config)
        self.headers = MadeOnce("the safetensors files", self._read_headers)
        self.tensors = MadeOnce("the safetensors files", self._open_checkpoint)
        self.tokenizer = MadeOnce("the tokenizer", lambda: Tokenizer(options.folder))
        self.device = MadeOnce("a device", lambda: resolve_device(options.device))
        self.specs = MadeOnce("the GPU's figures", lambda: read_specs(self.device()))
        self.random_weights = MadeOnce("the weights", self._are_random)
        self.engine = MadeOnce("the loaded model", self._load_engine)
        self.reply = MadeOnce("an answer", lambda: reply_to_picture(self))
        self.speech = MadeOnce("a spoken answer", lambda: speak_about_picture(self))
        self.upstream = MadeOnce("upstream's answer", lambda: compare_with_upstream(self))

    @property
    def picture(self) -> Path:
        """The shipped picture."""
        return share_dir() / PICTURE

    def gpu(self, why: str) -> torch.device:
        """Return the GPU. Raise NotCheckedError with `why` on a CPU."""
        device = self.device()
        if device.type != "cuda":
            raise NotCheckedError(why)
        return device

    def dtype(self) -> torch.dtype:
        """Return what the model computes in on a GPU."""
        return self.tensors().load("llm.model.norm.weight").dtype

    def release(self) -> None:
        """Free the model's memory; replies made so far stay."""
        engine = self.engine.peek
        if engine is not None:
            engine.close()
        release_gpu_memory()

    def _read_document(self) -> dict[str, Any]:
        path = self.options.folder / "config.json"
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise EngineError(f"{path.name}: {error}; {FETCH}") from None
        if not isinstance(document, dict):
            raise EngineError(f"{path.name} is not a JSON object; {FETCH}")
        return document

    def _read_config(self) -> ModelConfig:
        self.document()
        return read_config(self.options.folder)

    def _read_headers(self) -> dict[str, StoredTensors]:
        paths = sorted(self.options.folder.glob("*.safetensors"))
        if not paths:
            raise EngineError(f"no *.safetensors in {self.options.folder}: {FETCH}")
        headers = {}
        for path in paths:
            try:
                headers[path.name] = read_header(path)
            except (OSError, ValueError) as error:
                raise EngineError(f"{path.name}: {error}; {FETCH}") from None
        return headers

    def _open_checkpoint(self) -> Tensors:
        return Checkpoint(self.options.folder, torch.device("cpu"))

    def _are_random(self) -> bool:
        names = ("llm.model.embed_tokens.weight", "llm.lm_head.weight")
        return all(rows_look_random(self.tensors().load(name)) for name in names)

    def _load_engine(self) -> InspectableEngine:
        engine = InspectableEngine(
            MiniCpmoConfig(
                model_path=str(self.options.folder),
                device=self.options.device,
                max_seq_len=CONTEXT_TOKENS,
                sampling=SamplingParams(greedy=True),
                speech=SpeechOptions() if self.options.speak else None,
            )
        )
        if self.device().type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device())
        with self.log.listening(logging.INFO):
            engine.load()
        return engine
