"""A greedy reply to the shipped picture, with its token ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ...config.profiles import load_profiles
from ...core.cancel import CancelToken
from ...core.frames import Frame
from ...core.prompting import Prompt, build_prompt
from ...core.stamp import from_seconds
from ...engines.minicpmo.language.tokenizer import image_placeholder, prompt_ids
from ...engines.minicpmo.memory import use_device
from ...engines.minicpmo.model_loader import LoadedModel
from ...engines.minicpmo.vision.image_processing import slice_image
from .inspectable_engine import InspectableEngine

if TYPE_CHECKING:
    from .model_under_test import ModelUnderTest

QUESTION = "What can be seen?"
MAX_TOKENS = 96
_CAMERA = "picture"


@dataclass(frozen=True)
class GreedyReply:
    """`ids` without the EOS token; `text` with special tokens. `finite`: the logits were."""

    ids: tuple[int, ...]
    text: str
    ended: bool
    finite: bool


def read_picture(model: ModelUnderTest) -> NDArray[np.uint8]:
    """Return the shipped picture, uint8 RGB [H, W, 3]."""
    with Image.open(model.picture) as picture:
        return np.array(picture.convert("RGB"))


def picture_frames(model: ModelUnderTest, count: int) -> tuple[Frame, ...]:
    """Return the shipped picture as `count` new frames, half a second apart."""
    image = read_picture(model)
    return tuple(Frame(image, from_seconds(0.5 * i), _CAMERA, i) for i in range(count))


def picture_prompt(frames: tuple[Frame, ...], question: str = QUESTION) -> Prompt:
    """Return the node's prompt for a question about `frames`."""
    profile = load_profiles()["commentator"]
    return build_prompt(profile, "", question, (), frames)


def reply_to_picture(model: ModelUnderTest) -> GreedyReply:
    """Ask about the shipped picture, greedily. Raise EngineError."""
    return greedy_reply(model.engine(), picture_frames(model, 1), MAX_TOKENS)


def prefill_picture(
    parts: LoadedModel, frames: tuple[Frame, ...], max_new_tokens: int, *, speakable: bool = False
) -> int:
    """Encode `frames`, and prefill the question about them; return the prompt's length."""
    use_device(parts.device)
    with torch.cuda.stream(parts.stream):
        images = [slice_image(torch.from_numpy(frame.image).to(parts.device)) for frame in frames]
        embeds = parts.vision([image.overview for image in images])
    placeholders = [image_placeholder(image) for image in images]
    prefix, rest = prompt_ids(parts.tokenizer, picture_prompt(frames), placeholders, speak=False)
    _synchronize(parts.device)  # the language model has a stream of its own
    parts.language_model.prefill(
        prefix, rest, embeds, max_new_tokens=max_new_tokens, speak=speakable
    )
    _synchronize(parts.device)
    return len(prefix) + len(rest)


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def greedy_reply(
    engine: InspectableEngine,
    frames: tuple[Frame, ...],
    max_new_tokens: int,
    *,
    speakable: bool = False,
) -> GreedyReply:
    """Reply to `frames`; `speakable` bars what the model's own voice cannot say."""
    parts = engine.parts
    prefill_picture(parts, frames, max_new_tokens, speakable=speakable)
    language_model = parts.language_model
    tokens = language_model.generate(max_new_tokens, CancelToken())
    ids = tuple(token.id for token in tokens)
    return GreedyReply(
        ids,
        parts.tokenizer.decode(ids, special=True),
        language_model.ended_with_eos(len(ids)),
        language_model.has_finite_logits(),
    )
