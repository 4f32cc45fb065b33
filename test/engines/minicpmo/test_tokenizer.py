"""The ids that end a reply, and those that are never sampled."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from tokenizers import Tokenizer as Bpe

from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import EngineError
from video_commentary.engines.minicpmo.language.language_model import LanguageModel
from video_commentary.engines.minicpmo.language.sampling import SamplingParams
from video_commentary.engines.minicpmo.language.tokenizer import Tokenizer

from .models import Parts

MARKS = (
    *("<think>", "</think>", "<tool_call>", "<|listen|>", "<|speak|>", "<|chunk_eos|>"),
    *("<|turn_eos|>", "<|im_start|>", "<|tts_bos|>", "<unk>", "<image>"),
)


def test_every_added_token_is_suppressed_or_ends_the_reply(parity: Path) -> None:
    tokenizer = Tokenizer(parity / "checkpoint")
    suppressed = set(tokenizer.suppress_tokens)
    assert {tokenizer.id(mark) for mark in MARKS} < suppressed
    ends = {tokenizer.id(name) for name in ("<|tts_eos|>", "<|im_end|>", "<|endoftext|>")}
    assert set(tokenizer.eos_ids) == ends
    added = Bpe.from_file(str(parity / "checkpoint" / "tokenizer.json")).get_added_tokens_decoder()
    assert suppressed | ends == set(added) and not suppressed & ends


def test_lines_together_are_tokenised_as_the_text(parity: Path) -> None:
    tokenizer, rng = Tokenizer(parity / "checkpoint"), random.Random(0)
    pieces = (
        "\n",
        "\n\n",
        "\r\n",
        " ",
        "  ",
        "\t",
        "\u00a0",
        "\u2028",
        "\u200b",
        "a",
        "Word",
        " is",
    )
    signs = ("1", "23", "'s", "!", "?!", "...", "- ", "_", ":", "é", "e\u0301", "\u0301", "中文")
    for _ in range(500):
        text = "".join(rng.choices(pieces + signs, k=rng.randint(1, 16)))
        assert tokenizer.encode_lines(text) == tokenizer.encode(text), repr(text)


@pytest.mark.parametrize("character", [":", "$", "#", "("])
def test_only_its_own_voice_does_without_a_character(parity: Path, character: str) -> None:
    tokenizer = Tokenizer(parity / "checkpoint")
    (id,) = tokenizer.encode(character)
    assert id in tokenizer.unspeakable_tokens
    assert id not in tokenizer.suppress_tokens


def test_what_cannot_be_spoken_is_sampled_only_where_the_reply_is_written(parity: Path) -> None:
    parts = Parts(parity / "checkpoint")
    never = parts.tokenizer.suppress_tokens

    def first_token(speak: bool, *unspeakable: int) -> int:
        model = LanguageModel(
            parts.qwen3,
            SamplingParams(greedy=True),
            suppress_tokens=never,
            unspeakable_tokens=unspeakable,
            eos_ids=(),
            media_start_ids=(),
        )
        model.prefill([1], [2, 3], [], max_new_tokens=2, speak=speak)
        return next(model.generate(2, CancelToken())).id

    likely = first_token(False)
    assert first_token(True) == likely
    assert first_token(False, likely) == likely
    assert first_token(True, likely) not in {likely, *never}


def test_a_tokenizer_that_splits_a_frames_placeholder_is_refused(copy: Path) -> None:
    path = copy / "tokenizer.json"
    document = json.loads(path.read_text())
    for token in document["added_tokens"]:
        if token["content"] == "<unk>":
            token["content"] = "<unknown>"
    document["model"]["vocab"]["<unk>"] = 300
    path.write_text(json.dumps(document))
    with pytest.raises(EngineError, match="splits the placeholder") as caught:
        Tokenizer(copy)
    assert not caught.value.retry
