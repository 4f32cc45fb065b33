"""The parity folder's tiny models, loaded as the engine loads them, on the CPU."""

from __future__ import annotations

import runpy
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from video_commentary.engines.minicpmo.checkpoint import Checkpoint
from video_commentary.engines.minicpmo.checkpoint_shapes import check_tensors
from video_commentary.engines.minicpmo.config import ModelConfig, read_config
from video_commentary.engines.minicpmo.language.qwen3 import Qwen3, load_qwen3
from video_commentary.engines.minicpmo.language.tokenizer import Tokenizer, answer_segment
from video_commentary.engines.minicpmo.vision.encoder import VisionEncoder

CPU = torch.device("cpu")
CONTEXT = 1024


class Parts:
    """Config, tokenizer, vision encoder and language model of one checkpoint."""

    def __init__(self, folder: Path) -> None:
        self.config: ModelConfig = read_config(folder)
        self.tensors = Checkpoint(folder, CPU)
        check_tensors(self.tensors, self.config)
        self.tokenizer = Tokenizer(folder)
        self.vision = VisionEncoder(
            lambda name: self.tensors.load(name).float(), self.config.vision
        )
        self.qwen3: Qwen3 = load_qwen3(
            self.tensors,
            self.config,
            dtype=torch.float32,
            max_seq_len=CONTEXT,
            int8_lm_head=False,
        )

    def logits(self, hidden: Tensor) -> NDArray[np.float32]:
        """Return the raw logits of hidden states [n, hidden_size]."""
        result: NDArray[np.float32] = self.qwen3.lm_head(hidden).numpy()
        return result


def chat(turns: Iterable[tuple[str, str]], *, think: bool = False, speak: bool = False) -> str:
    """Return a chat of (role, text) up to the model's answer, in upstream's layout.

    It is tokenised as one; the streaming session that the engine uses is not.
    """
    text = "".join(f"<|im_start|>{role}\n{said}<|im_end|>\n" for role, said in turns)
    return text + answer_segment(think=think, speak=speak).removeprefix("<|im_end|>\n")


def frames(parity: Path, golden: dict[str, Any]) -> list[NDArray[np.uint8]]:
    """Return the test images that golden.json lists."""
    made = runpy.run_path(str(parity / "frames.py"))["frame_rgb"]
    return [made(f["width"], f["height"], f["index"], f["seed"]) for f in golden["frames"]]
