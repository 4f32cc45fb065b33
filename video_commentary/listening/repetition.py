"""A recognizer that repeats itself: what it heard once, it may write again and again."""

from __future__ import annotations

import re

_LONGEST = 6
"""Words in what is repeated."""
_TIMES = 3
"""How often in a row people say one word ("no no no"), and how often more words make a loop."""


def without_loop(text: str) -> str:
    """Return a transcript whose end does not repeat itself.

    Of up to 6 words that stand at its end three times or more in a row, the first time is kept; of
    a single word the first three. The last time may have broken off, even within a word. Case and
    punctuation make no difference.
    """
    found = list(re.finditer(r"[\w']+", text))
    words = [each.group().lower() for each in found]
    for size in range(1, _LONGEST + 1):
        begin = _begin_of_loop(words, size)
        times = (len(words) - begin) // size
        if times > _TIMES or (times == _TIMES and size > 1):
            kept = begin + (_TIMES if size == 1 else size)
            mark = re.search(r"[.?!]$", text.rstrip())
            return text[: found[kept - 1].end()] + (mark.group() if mark else "")
    return text


def _begin_of_loop(words: list[str], size: int) -> int:
    """Return from which word on each is the same as `size` words later, up to the last ones."""
    index = len(words) - 1 - size
    if index >= 0 and words[index] != words[-1] and words[index].startswith(words[-1]):
        index -= 1  # it broke off within a word
    while index >= 0 and words[index] == words[index + size]:
        index -= 1
    return max(0, index + 1)
