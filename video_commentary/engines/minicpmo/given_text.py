"""Given words in the model's own voice: the language model reads them as if it had written them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from ...core.cancel import CancelToken
from ...core.engine import Delta, Request
from .answer import SPEECH_GROUP, SpeechSynthesizer, has_words
from .language.tokenizer import UNSPEAKABLE, Tokenizer, prompt_ids
from .model_loader import LoadedModel

_SPEAKABLE = str.maketrans(dict.fromkeys(UNSPEAKABLE, " "))


def say_given_text(
    model: LoadedModel, speech: SpeechSynthesizer, request: Request, cancel: CancelToken
) -> Iterator[Delta]:
    """Yield `request.announcement` as it is, then its sound.

    The talker needs the language model's hidden states of what it says: one prefill gives them.
    Raise EngineError if the words do not fit into the context.
    """
    text = request.announcement
    ids = _speakable_ids(model.tokenizer, text)
    if not ids:
        yield Delta(text, last=True)
        return
    prompt = replace(request.prompt, text=f"Say exactly this, word for word: {text}")
    prefix, rest = prompt_ids(model.tokenizer, prompt, [], speak=True)
    language_model = model.language_model
    language_model.prefill(prefix, rest, [], max_new_tokens=len(ids), speak=True)
    hidden = language_model.read(ids)
    yield Delta(text)
    speech.start(cancel)
    text_ids = torch.tensor(ids, dtype=torch.int64, device=model.device)
    for first in range(0, len(ids), SPEECH_GROUP):
        if cancel.cancelled:
            return
        group = slice(first, first + SPEECH_GROUP)
        for pcm in speech.feed(text_ids[group], hidden[group], group.stop >= len(ids)):
            yield Delta(pcm=pcm)
    yield Delta(last=True)


def _speakable_ids(tokenizer: Tokenizer, text: str) -> list[int]:
    """Return the ids of `text` without what the voice can't speak; none if no word is left."""
    plain = " ".join(tokenizer.strip_special(text).translate(_SPEAKABLE).split())
    if not has_words(plain):
        return []
    unspeakable = frozenset(tokenizer.unspeakable_tokens)
    return [id for id in tokenizer.encode(plain) if id not in unspeakable]
