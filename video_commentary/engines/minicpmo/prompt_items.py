"""What a prompt shows before its text: frames and sounds, in the order of their time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from ...core.engine import Request
from ...core.frames import Frame
from ...core.prompting import Prompt
from ...core.stamp import from_seconds
from .hearing.hearing import HeardSecond, Hearing
from .language.tokenizer import image_placeholder, sound_placeholder
from .vision.image_processing import SlicedImage

SCENE_SOUND = "The sound of each second follows its frames: say what you hear too, if it matters."
"""Stands before the text of a prompt with the scene's sound."""
SPOKEN_QUESTION = "The last sound is the viewer, asking a question."
"""Stands before the text of a prompt with a question as sound."""


EncodedFrame = tuple[Frame, SlicedImage, Sequence[Tensor]]
"""A frame, its overview and slices, and their embeddings."""


@dataclass(frozen=True, eq=False)
class PromptItem:
    """A frame or a sound: its placeholder tokens, and the embeddings that take their place."""

    placeholder: str
    embeds: Sequence[Tensor]


def build_items(
    frames: Sequence[EncodedFrame], request: Request, hearing: Hearing | None, seconds: int
) -> tuple[list[PromptItem], Prompt]:
    """Return what is seen and heard, in order, and the prompt whose text follows it.

    Each second of the scene's sound, the newest `seconds` of them, stands after its frames, and a
    spoken question is the last. Without `hearing` there are only frames, and without frames none of
    the scene's sound. Raise EngineError.
    """
    if hearing is None:
        return _merge(frames, []), request.prompt
    scene: list[HeardSecond] = []
    if frames:
        scene = hearing.since(frames[-1][0].stamp - from_seconds(seconds), seconds)
    items = _merge(frames, scene)
    question = hearing.encode(request.question_sound) if request.question_sound else None
    if question is not None:
        items.append(_sound_item(question))
    said = ((SCENE_SOUND, scene), (SPOKEN_QUESTION, question is not None))
    lines = [line for line, heard in said if heard]
    return items, replace(request.prompt, text="\n".join([*lines, request.prompt.text]))


def _merge(frames: Sequence[EncodedFrame], scene: Sequence[HeardSecond]) -> list[PromptItem]:
    items: list[PromptItem] = []
    waiting = deque(scene)
    for frame, image, embeds in frames:
        while waiting and waiting[0].end < frame.stamp:
            items.append(_sound_item(waiting.popleft().embeds))
        items.append(PromptItem(image_placeholder(image), embeds))
    return items + [_sound_item(second.embeds) for second in waiting]


def _sound_item(embeds: Tensor) -> PromptItem:
    return PromptItem(sound_placeholder(len(embeds)), [embeds])
