"""Yes or no to the conditions of watches, from the model's own logits."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ...core.cancel import CancelToken
from ...core.engine import Judgement
from ...core.prompting import Prompt, judging_question
from .language.language_model import LanguageModel
from .language.tokenizer import Tokenizer, judging_ids
from .vision.image_processing import SlicedImage

YES = ("yes", "Yes", "YES", " yes", " Yes")
NO = ("no", "No", "NO", " no", " No")


def judgements(
    tokenizer: Tokenizer,
    language_model: LanguageModel,
    prompt: Prompt,
    frames: Sequence[tuple[SlicedImage, Sequence[Tensor]]],
    conditions: Sequence[str],
    cancel: CancelToken,
) -> list[Judgement]:
    """Return the judgement on each condition; after `cancel`, on the first ones only.

    `frames`: each with its images and their embeddings. Raise EngineError if they do not fit into
    the context.
    """
    images = [image for image, _ in frames]
    questions = [judging_question(condition) for condition in conditions]
    shared, endings = judging_ids(tokenizer, prompt, images, questions)
    embeds = [embed for _, of_frame in frames for embed in of_frame]
    logits = language_model.first_logits(shared, embeds, endings, cancel)
    yes, no = answer_tokens(tokenizer)
    return [Judgement(probability_of_yes(row, yes, no)) for row in logits]


def answer_tokens(tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """Return the ids with which an answer of yes, and one of no, begins."""
    yes = {tokenizer.encode_cached(word)[0] for word in YES}
    no = {tokenizer.encode_cached(word)[0] for word in NO}
    return sorted(yes - no), sorted(no - yes)


def probability_of_yes(logits: Tensor, yes: Sequence[int], no: Sequence[int]) -> float:
    """Return p(yes) / (p(yes) + p(no)) from the logits [vocab_size] of the first token."""
    both = torch.stack([logits[list(ids)].float().logsumexp(0) for ids in (yes, no)])
    return float(both.softmax(0)[0])
