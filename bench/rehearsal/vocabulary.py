"""A tokenizer.json of the published vocabulary's size, with words at all ids that mean no more."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"
SPACE = "\u0120"
"""How byte-level BPE writes a space."""


def write_tokenizer(source: Path, folder: Path, size: int) -> None:
    """Write the tokenizer of `source` to `folder`, filled up to `size` ids.

    Random weights choose any id. With text at each one a comment has words, as a real one has.
    """
    tokenizer = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    used = set(vocabulary.values())
    # As published, the special tokens without an entry in the vocabulary come last.
    special = [token for token in tokenizer["added_tokens"] if token["id"] not in used]
    for position, token in enumerate(special):
        token["id"] = size - len(special) + position
    words = (word for word in _words() if word not in vocabulary)
    for number in range(size - len(special)):
        if number not in used:
            vocabulary[next(words)] = number
    tokenizer["model"]["ignore_merges"] = True
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    shutil.copy(source / "tokenizer_config.json", folder)


def _words() -> Iterator[str]:
    """Yield entries, each once: words of our README, then what can be pronounced."""
    text = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    found = list(dict.fromkeys(re.findall(r"[A-Za-z]+", text)))
    yield from (SPACE + word for word in found)
    known = set(found)
    syllables = [consonant + vowel for consonant in CONSONANTS for vowel in VOWELS]
    for count in (2, 3):
        for parts in itertools.product(syllables, repeat=count):
            if (word := "".join(parts)) not in known:
                yield SPACE + word
