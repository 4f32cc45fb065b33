"""The parity folder's tiny models, loaded as the engine loads them, on the CPU."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from video_commentary.engines.minicpmo.config import ModelConfig, read_config
from video_commentary.engines.minicpmo.language.qwen import Qwen, load_qwen
from video_commentary.engines.minicpmo.language.tokens import Tokens
from video_commentary.engines.minicpmo.vision.vision import Vision
from video_commentary.engines.minicpmo.weights import Checkpoint, check

CPU = torch.device("cpu")
CONTEXT = 1024


class Parts:
    """Config, tokens, vision tower and language model of one checkpoint."""

    def __init__(self, folder: Path) -> None:
        self.config: ModelConfig = read_config(folder)
        self.tensors = Checkpoint(folder, CPU)
        check(self.tensors, self.config)
        self.tokens = Tokens(folder)
        self.vision = Vision(lambda name: self.tensors.load(name).float(), self.config.vision)
        self.qwen: Qwen = load_qwen(self.tensors, self.config, torch.float32, CONTEXT, False)

    def logits(self, hidden: Tensor) -> NDArray[np.float32]:
        """Return the head's raw output for hidden states [n, width]."""
        result: NDArray[np.float32] = self.qwen.head(hidden).numpy()
        return result


def frames(parity: Path, golden: dict[str, Any]) -> list[NDArray[np.uint8]]:
    """Return the test images that golden.json lists."""
    made = runpy.run_path(str(parity / "frames.py"))["frame_rgb"]
    return [made(f["width"], f["height"], f["index"], f["seed"]) for f in golden["frames"]]
