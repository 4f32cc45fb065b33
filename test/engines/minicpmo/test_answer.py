"""What becomes of generated tokens: silence, whole words, sound with its text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from video_commentary.core.audio import AudioFormat, Pcm
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import Delta
from video_commentary.engines.minicpmo.answer import (
    SpokenAnswer,
    text_deltas,
    whole_words,
)
from video_commentary.engines.minicpmo.language.language_model import GeneratedToken
from video_commentary.engines.minicpmo.language.tokenizer import Tokenizer

HIDDEN = torch.arange(1000.0)[:, None]
"""Row i is the hidden state of the i-th token."""
FORMAT = AudioFormat(24_000)
NEVER = CancelToken()
SILENT = [Delta(silent=True, last=True)]
STORY = "A cat jumps over the old wall, lands on the street and runs away from a large dog."


class Recorder:
    """A voice that makes a short sound of every second group."""

    format = FORMAT

    def __init__(self) -> None:
        self.started = 0
        self.groups: list[tuple[list[int], list[float], bool]] = []

    def start(self, cancel: CancelToken) -> None:
        self.started += 1

    def feed(self, ids: Tensor, hidden: Tensor, last: bool) -> Iterator[Pcm]:
        self.groups.append((ids.tolist(), hidden[:, 0].tolist(), last))
        if len(self.groups) % 2 == 0 or last:
            yield Pcm(np.ones(24, np.int16), FORMAT)


@pytest.fixture(scope="module")
def tokenizer(parity: Path) -> Tokenizer:
    return Tokenizer(parity / "checkpoint")


def generated(ids: Iterable[int]) -> Iterator[GeneratedToken]:
    for index, id in enumerate(ids):
        yield GeneratedToken(id, HIDDEN[:index])


def text_of(tokenizer: Tokenizer, ids: list[int], limit: int = 500) -> list[str]:
    return [
        delta.text for delta in text_deltas(tokenizer, generated(ids), lambda n: n < limit, NEVER)
    ]


def spoken(
    tokenizer: Tokenizer, ids: Iterable[int], limit: int = 500
) -> tuple[Recorder, list[Delta]]:
    voice = Recorder()
    deltas = SpokenAnswer(tokenizer, voice, torch.device("cpu")).deltas(
        generated(ids), lambda n: HIDDEN[:n], lambda n: n < limit, NEVER
    )
    return voice, list(deltas)


def spoken_text(tokenizer: Tokenizer, ids: list[int], limit: int = 500) -> str:
    return "".join(delta.text for delta in spoken(tokenizer, ids, limit)[1])


def whole(count: int) -> bool:
    return True


@pytest.mark.parametrize("text", ["...", " ...\n", "…", "", "....."])
def test_an_answer_that_says_nothing_is_silent(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    assert list(text_deltas(tokenizer, generated(ids), lambda n: n < 500, NEVER)) == SILENT


@pytest.mark.parametrize("aloud", [False, True])
@pytest.mark.parametrize("dots", ["...\n", "...\n\n", " …\n", "\n...\n"])
def test_silence_is_known_before_the_answer_ends(
    tokenizer: Tokenizer, dots: str, aloud: bool
) -> None:
    asked = []

    def unending() -> Iterator[int]:
        for id in [*tokenizer.encode(dots), *tokenizer.encode(STORY)]:
            asked.append(id)
            yield id

    if aloud:
        voice, deltas = spoken(tokenizer, unending())
        assert voice.started == 0 and not any(delta.pcm for delta in deltas)
    else:
        deltas = list(text_deltas(tokenizer, generated(unending()), whole, NEVER))
    assert deltas == SILENT
    assert len(asked) <= len(tokenizer.encode(dots)) + 1


@pytest.mark.parametrize("text", ["\n\nA cat jumps.", "A cat.\nIt jumps.", "-5 C", ".5 m"])
def test_what_is_no_silence_is_said_and_written(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    assert "".join(text_of(tokenizer, ids)) == text.strip()
    voice, deltas = spoken(tokenizer, ids)
    assert "".join(delta.text for delta in deltas) == text.strip()
    assert voice.started == 1
    assert [id for group, _, _ in voice.groups for id in group] == ids


@pytest.mark.parametrize("dots", ["...", "... ", " ... ", "\n… ", ". ", "... ... ", "...."])
def test_dots_before_the_first_word_are_neither_shown_nor_spoken(
    tokenizer: Tokenizer, dots: str
) -> None:
    ids = tokenizer.encode(dots + STORY)
    assert "".join(text_of(tokenizer, ids)) == STORY
    voice, deltas = spoken(tokenizer, ids)
    assert "".join(delta.text for delta in deltas) == STORY
    fed = [id for group, _, _ in voice.groups for id in group]
    assert tokenizer.decode(fed).strip() == STORY
    assert fed == ids[-len(fed) :]
    first = len(ids) - len(fed)
    assert [h for _, rows, _ in voice.groups for h in rows] == list(range(first, len(ids)))


def test_dots_and_then_nothing_but_a_character_in_pieces(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("...猫")
    assert len(ids) > 3
    voice, deltas = spoken(tokenizer, ids)
    assert "".join(delta.text for delta in deltas) == "猫"
    assert tokenizer.decode([id for group, _, _ in voice.groups for id in group]) == "猫"


def test_words_stay_apart_while_there_is_no_sound_yet(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode("A cat " * 5 + STORY)
    # the first group of ten makes no sound, and the second begins with a space
    space = next(n for n, id in enumerate(ids) if n and tokenizer.decode([id]).startswith(" "))
    ids = [*tokenizer.encode("A") * 10, *ids[space:]]
    assert spoken_text(tokenizer, ids) == tokenizer.decode(ids)


def test_text_leaves_word_by_word_and_is_complete(tokenizer: Tokenizer) -> None:
    pieces = text_of(tokenizer, tokenizer.encode(" " + STORY))
    assert "".join(pieces) == STORY
    assert len(pieces) > 10
    assert all(piece.endswith(" ") for piece in pieces[:-2])


def test_the_cap_ends_on_a_whole_word(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode(STORY)
    for limit in range(4, len(ids)):
        text = "".join(text_of(tokenizer, ids[:limit], limit))
        assert STORY.startswith(text)
        rest = STORY[len(text) :]
        assert not (text[-1:].isalnum() and rest[:1].isalnum()), text


def test_a_whole_answer_of_as_many_tokens_as_the_cap_keeps_its_last_word(
    tokenizer: Tokenizer,
) -> None:
    for text in ("A cat jumps", "A cat"):
        ids = tokenizer.encode(text)
        assert "".join(d.text for d in text_deltas(tokenizer, generated(ids), whole, NEVER)) == text
        assert "".join(text_of(tokenizer, ids, len(ids))).rstrip() == text.rpartition(" ")[0]
        assert spoken_text(tokenizer, ids) == text
        assert spoken_text(tokenizer, ids, len(ids)).rstrip() == text.rpartition(" ")[0]


def test_special_tokens_are_not_said(tokenizer: Tokenizer) -> None:
    ids = [*tokenizer.encode("A cat "), tokenizer.id("<|tts_bos|>"), *tokenizer.encode("jumps.")]
    assert "".join(text_of(tokenizer, ids)) == "A cat jumps."


def test_nothing_follows_a_cancel(tokenizer: Tokenizer) -> None:
    cancel = CancelToken()

    def obedient() -> Iterator[GeneratedToken]:
        for token in generated(tokenizer.encode(STORY)):
            if cancel.cancelled:
                return
            yield token

    deltas = text_deltas(tokenizer, obedient(), whole, cancel)
    assert next(deltas).text
    cancel.cancel()
    assert list(deltas) == []
    assert list(text_deltas(tokenizer, generated([]), whole, cancel)) == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("A cat ju", "A cat "),
        ("A cat ", "A cat "),
        ("A cat.", "A "),
        ("画面上有", "画面上有"),
        ("don't", ""),
        ("A cat jumps! ", "A cat jumps! "),
    ],
)
def test_whole_words(text: str, kept: str) -> None:
    assert whole_words(text) == kept


def test_speech_takes_ten_tokens_at_once_with_their_hidden_states(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode(STORY)
    voice, deltas = spoken(tokenizer, ids)
    assert voice.started == 1
    assert [id for group, _, _ in voice.groups for id in group] == ids
    assert [h for _, rows, _ in voice.groups for h in rows] == list(range(len(ids)))
    assert [len(group) for group, _, _ in voice.groups[:-1]] == [10] * (len(voice.groups) - 1)
    assert [last for _, _, last in voice.groups] == [False] * (len(voice.groups) - 1) + [True]
    assert "".join(delta.text for delta in deltas) == STORY
    assert deltas[-1].last
    assert all(delta.pcm is not None for delta in deltas if delta.text)


@pytest.mark.parametrize("text", ["...", ""])
def test_silence_makes_no_sound(tokenizer: Tokenizer, text: str) -> None:
    voice, deltas = spoken(tokenizer, tokenizer.encode(text))
    assert deltas == SILENT
    assert voice.started == 0


@pytest.mark.parametrize("text", ["?!", "-- !! -- !! -- !! -- !!"])
def test_text_without_words_makes_no_sound(tokenizer: Tokenizer, text: str) -> None:
    voice, deltas = spoken(tokenizer, tokenizer.encode(text))
    assert [(delta.text, delta.pcm, delta.last) for delta in deltas] == [(text, None, True)]
    assert voice.started == 0


def test_speech_at_the_cap_ends_on_a_whole_word(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode(STORY)
    for limit in (12, 15, 17, 23):
        voice, deltas = spoken(tokenizer, ids[:limit], limit)
        text = "".join(delta.text for delta in deltas)
        said = tokenizer.decode([id for group, _, _ in voice.groups for id in group])
        assert said.rstrip() == text
        assert STORY.startswith(text)
        assert voice.groups[-1][2]
