"""Text and frames to token ids, in the published layouts; ids to text, in whole characters."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Tokenizer as Bpe

from ....core.engine import EngineError
from ....core.prompting import Prompt
from ..config import FETCH
from ..vision.pixels import Pictures

QUERIES = 64
"""Placeholders of one picture, each replaced by one of its embeddings."""

THINK = "<think>\n\n</think>\n\n"
"""An empty thought: the model answers at once."""

TERMINATORS = ("<|tts_eos|>", "<|im_end|>")
UNWANTED = tuple(":#@*()[]&/$")
"""Characters that nobody can speak; never drawn."""


class Tokens:
    """The checkpoint's tokenizer and its special ids."""

    def __init__(self, folder: Path) -> None:
        """Read tokenizer.json and tokenizer_config.json. Raise EngineError."""
        try:
            self._bpe = Bpe.from_file(str(folder / "tokenizer.json"))
            text = (folder / "tokenizer_config.json").read_text(encoding="utf-8")
            bad = [int(i) for i in json.loads(text).get("bad_token_ids", [])]
        except Exception as error:  # noqa: BLE001 - tokenizers raises plain Exception
            raise EngineError(f"no tokenizer in {folder} ({error}): {FETCH}") from None
        self._special = {token.content for token in self._bpe.get_added_tokens_decoder().values()}
        self.terminators = tuple(self.id(name) for name in TERMINATORS)
        self.picture_starts = (self.id("<image>"), self.id("<slice>"))
        known = [self._bpe.token_to_id(character) for character in UNWANTED]
        unknown = self.id("<unk>")
        self.suppressed = tuple(sorted({unknown, *bad, *(i for i in known if i is not None)}))

    def id(self, token: str) -> int:
        """Return a special token's id. Raise EngineError where the vocabulary lacks it."""
        number = self._bpe.token_to_id(token)
        if number is None:
            raise EngineError(
                f"the tokenizer knows no {token}: it is not MiniCPM-o 4.5's", retry=False
            )
        return int(number)

    def encode(self, text: str) -> list[int]:
        """Return the ids of `text`; special tokens in it count as such."""
        ids: list[int] = self._bpe.encode(
            text.replace("<|listen|>", ""), add_special_tokens=False
        ).ids
        return ids

    def decode(self, ids: Sequence[int], special: bool = False) -> str:
        """Return the text of ids, with or without special tokens."""
        text: str = self._bpe.decode(list(ids), skip_special_tokens=not special)
        return text

    def plain(self, text: str) -> str:
        """Return `text` without anything that would be read as a special token."""
        while any(token in text for token in self._special):
            for token in self._special:
                text = text.replace(token, " ")
        return text


def picture_text(pictures: Pictures | None = None, number: int | None = None) -> str:
    """Return the placeholders of a frame, with `number` as its id if given; no slices for None."""
    text = "" if number is None else f"<image_id>{number}</image_id>"
    text += f"<image>{'<unk>' * QUERIES}</image>"
    if pictures is None or not pictures.slices:
        return text
    row = f"<slice>{'<unk>' * QUERIES}</slice>" * pictures.columns
    return text + "\n".join([row] * pictures.rows)


def chat(turns: Iterable[tuple[str, str]], *, think: bool = False, speak: bool = False) -> str:
    """Return a whole chat, tokenised as one: turns of role and text, and the answer's beginning."""
    text = "".join(_turn(role, said) for role, said in turns)
    return text + _answer(think, speak)


def system_segment(text: str) -> str:
    """Return a streaming session's first segment."""
    return _turn("system", text)


def user_segment(items: Iterable[str], *, first: bool = True, again: bool = False) -> str:
    """Return a streaming session's user segment.

    `first`: the first of its turn; `again`: a reply went before.
    """
    opening = "<|tts_eos|><|im_end|>\n" if again else ""
    return opening + ("<|im_start|>user\n" if first else "") + "".join(items)


def answer_segment(*, think: bool = False, speak: bool = False) -> str:
    """Return what a streaming session is given before the answer."""
    return f"<|im_end|>\n{_answer(think, speak)}"


def prompt_ids(
    tokens: Tokens, prompt: Prompt, pictures: list[Pictures], *, speak: bool
) -> tuple[list[int], list[int]]:
    """Return the ids of what stays the same from cycle to cycle, and of the rest.

    The streaming layout: its segments are tokenised apart, so the first can be kept, and it is
    the one the model's voice was trained in.
    """
    items = [picture_text(each) for each in pictures]
    user = user_segment([*items, tokens.plain(prompt.text)])
    rest = tokens.encode(user) + tokens.encode(answer_segment(speak=speak))
    return tokens.encode(system_segment(tokens.plain(prompt.system))), rest


def _turn(role: str, text: str) -> str:
    return f"<|im_start|>{role}\n{text}<|im_end|>\n"


def _answer(think: bool, speak: bool) -> str:
    return "<|im_start|>assistant\n" + ("" if think else THINK) + ("<|tts_bos|>" if speak else "")


class TextStream:
    """Ids come in, text goes out, never half a character."""

    def __init__(self, tokens: Tokens, special: bool = False) -> None:
        """Keep special tokens in the text or leave them out."""
        self._tokens = tokens
        self._special = special
        self._ids: list[int] = []
        self._said = ""

    def add(self, ids: Iterable[int], last: bool = False) -> str:
        """Return the new text; what may be half a character waits, unless this is the `last`."""
        self._ids += ids
        text = self._tokens.decode(self._ids, self._special)
        if not last:
            text = text.rstrip("\N{REPLACEMENT CHARACTER}")
        new = text[len(self._said) :]
        self._said += new
        return new
