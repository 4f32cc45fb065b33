"""Text and frames to token ids, in the published layouts; ids to text, in whole characters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from tokenizers import Tokenizer as Bpe

from ....core.engine import EngineError
from ....core.prompting import Prompt
from ..config import FETCH
from ..vision.image_processing import SlicedImage

NUM_QUERIES = 64
"""Placeholder tokens of one image, each replaced by one of its embeddings."""

EMPTY_THINK = "<think>\n\n</think>\n\n"
"""With it the model answers at once."""

EOS_TOKENS = ("<|tts_eos|>", "<|im_end|>", "<|endoftext|>")
MEDIA_START_TOKENS = ("<image>", "<slice>", "<|audio_start|>")
"""Each stands before the placeholder tokens of a picture, a slice of one, or a sound."""
UNSPEAKABLE = tuple(":#@*()[]&/$")
"""Characters that the model's own voice cannot speak."""
_LINE_STARTS = re.compile(r"(?<=\n)(?=\S)")
"""Where a text can be split: its tokenizer begins a word there, whatever stands before."""


class Tokenizer:
    """The checkpoint's tokenizer and its special ids.

    `suppress_tokens`: never sampled, every added token but `eos_ids`: marks of other modes, and of
    thinking. `unspeakable_tokens`: not sampled for the model's own voice, as upstream has it.
    """

    def __init__(self, folder: Path) -> None:
        """Read tokenizer.json and tokenizer_config.json. Raise EngineError."""
        try:
            self._bpe = Bpe.from_file(str(folder / "tokenizer.json"))
            text = (folder / "tokenizer_config.json").read_text(encoding="utf-8")
            bad = [int(i) for i in json.loads(text).get("bad_token_ids", [])]
        except Exception as error:  # noqa: BLE001 - tokenizers raises plain Exception
            raise EngineError(f"no tokenizer in {folder} ({error}): {FETCH}") from None
        self._cached = lru_cache(maxsize=160)(lambda text: tuple(self.encode(text)))
        added = self._bpe.get_added_tokens_decoder()
        self._special = {token.content for token in added.values()}
        self.eos_ids = tuple(self.id(name) for name in EOS_TOKENS)
        self.media_start_ids = tuple(map(self.id, MEDIA_START_TOKENS))
        unspeakable = [self._bpe.token_to_id(character) for character in UNSPEAKABLE]
        self.suppress_tokens = tuple(sorted(added.keys() - set(self.eos_ids)))
        self.unspeakable_tokens = tuple(
            sorted({self.id("<unk>"), *bad, *(i for i in unspeakable if i is not None)})
        )
        self._check_placeholder()

    def _check_placeholder(self) -> None:
        """Raise EngineError if a placeholder is not tokenised as the model was trained."""
        unknown = self.id("<unk>")
        image = [self.id("<image>"), *NUM_QUERIES * [unknown], self.id("</image>")]
        sound = [self.id("<|audio_start|>"), unknown, unknown, self.id("<|audio_end|>")]
        for name, text, expected in (
            ("a frame", image_placeholder(), image),
            ("a sound", sound_placeholder(2), sound),
        ):
            if self.encode(text) != expected:
                raise EngineError(
                    f"the tokenizer splits the placeholder of {name}: it is not MiniCPM-o 4.5's",
                    retry=False,
                )

    def id(self, token: str) -> int:
        """Return a special token's id. Raise EngineError if the vocabulary lacks it."""
        number = self._bpe.token_to_id(token)
        if number is None:
            raise EngineError(
                f"the tokenizer has no {token}: it is not MiniCPM-o 4.5's", retry=False
            )
        return int(number)

    def encode(self, text: str) -> list[int]:
        """Return the ids of `text`; special tokens in it count as such."""
        ids: list[int] = self._bpe.encode(
            text.replace("<|listen|>", ""), add_special_tokens=False
        ).ids
        return ids

    def encode_cached(self, text: str) -> tuple[int, ...]:
        """Return what `encode` does, kept for texts that recur, such as the instruction."""
        return self._cached(text)

    def encode_lines(self, text: str) -> list[int]:
        """Return what `encode` does for a `text` without special tokens; lines are kept.

        Of a prompt most lines recur: what was already said, and the question.
        """
        return [id for line in _LINE_STARTS.split(text) for id in self._cached(line)]

    def decode(self, ids: Sequence[int], special: bool = False) -> str:
        """Return the text of ids, with or without special tokens."""
        text: str = self._bpe.decode(list(ids), skip_special_tokens=not special)
        return text

    def strip_special(self, text: str) -> str:
        """Return `text` without anything that would be read as a special token."""
        while any(token in text for token in self._special):
            for token in self._special:
                text = text.replace(token, " ")
        return text


def image_placeholder(image: SlicedImage | None = None, image_id: int | None = None) -> str:
    """Return the placeholder tokens of a frame; None has no slices."""
    text = "" if image_id is None else f"<image_id>{image_id}</image_id>"
    text += f"<image>{'<unk>' * NUM_QUERIES}</image>"
    if image is None or not image.slices:
        return text
    row = f"<slice>{'<unk>' * NUM_QUERIES}</slice>" * image.columns
    return text + "\n".join([row] * image.rows)


def sound_placeholder(count: int) -> str:
    """Return the placeholder tokens of a sound of `count` embeddings."""
    return f"<|audio_start|>{'<unk>' * count}<|audio_end|>"


def system_segment(text: str) -> str:
    """Return a streaming session's first segment."""
    return f"<|im_start|>system\n{text}<|im_end|>\n"


def user_segment(items: Iterable[str], *, first: bool = True, again: bool = False) -> str:
    """Return a streaming session's user segment.

    `first`: the first of its turn; `again`: a reply came before it.
    """
    opening = "<|tts_eos|><|im_end|>\n" if again else ""
    return opening + ("<|im_start|>user\n" if first else "") + "".join(items)


def answer_segment(*, think: bool = False, speak: bool = False) -> str:
    """Return a streaming session's last segment before the model's answer."""
    thought = "" if think else EMPTY_THINK
    return f"<|im_end|>\n<|im_start|>assistant\n{thought}" + ("<|tts_bos|>" if speak else "")


def prompt_ids(
    tokenizer: Tokenizer, prompt: Prompt, placeholders: Sequence[str], *, speak: bool
) -> tuple[list[int], list[int]]:
    """Return the ids of the prefix, the same from cycle to cycle, and of the rest.

    `placeholders`: of frames and sounds, which stand before the text, in order. It is the streaming
    layout, in which the model's voice was trained. Its segments are tokenised apart, so the KV
    cache of the first can be reused.
    """
    text = tokenizer.strip_special(prompt.text)
    if placeholders:
        # what follows a special token is tokenised on its own, and only the text is new
        user = [*tokenizer.encode_cached(user_segment(placeholders)), *tokenizer.encode_lines(text)]
    else:
        user = tokenizer.encode(user_segment([text]))
    rest = [*user, *tokenizer.encode_cached(answer_segment(speak=speak))]
    system = system_segment(tokenizer.strip_special(prompt.system))
    return list(tokenizer.encode_cached(system)), rest


def judging_ids(
    tokenizer: Tokenizer, prompt: Prompt, images: list[SlicedImage], questions: Sequence[str]
) -> tuple[list[int], list[list[int]]]:
    """Return the ids of a prompt with `images`, and of each question with what follows it."""
    system = system_segment(tokenizer.strip_special(prompt.system))
    user = user_segment([image_placeholder(image) for image in images])
    text = tokenizer.strip_special(prompt.text)
    shared = [
        *tokenizer.encode_cached(system),
        *tokenizer.encode_cached(user),
        *tokenizer.encode(text),
    ]
    answer = tokenizer.encode_cached(answer_segment())
    return shared, [
        [*tokenizer.encode_cached(tokenizer.strip_special(question)), *answer]
        for question in questions
    ]


class StreamDetokenizer:
    """Ids in, text out, never half a character."""

    def __init__(self, tokenizer: Tokenizer, special: bool = False) -> None:
        """Keep special tokens in the text or leave them out."""
        self._tokenizer = tokenizer
        self._special = special
        self._ids: list[int] = []
        self._text = ""

    def add(self, ids: Iterable[int], last: bool = False) -> str:
        """Return the new text; what may be half a character waits, unless this is the `last`."""
        self._ids += ids
        text = self._tokenizer.decode(self._ids, self._special)
        if not last:
            text = text.rstrip("\N{REPLACEMENT CHARACTER}")
        new = text[len(self._text) :]
        self._text += new
        return new
