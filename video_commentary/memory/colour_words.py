"""Colours in questions, and the words that facts may have for them."""

from __future__ import annotations

import re

_SAME = {
    "gray": ("grey", "gray"),
    "grey": ("grey", "gray"),
    "silver": ("silver", "grey", "gray"),
    "black": ("black", "dark"),  # engines call black clothes dark
}
_OTHERS = {"red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "white"}
COLOURS = frozenset({*_SAME, *_OTHERS})
"""Words for colours in questions."""
_DARK = re.compile(r"\bdark (cloth\w*|jacket|coat|shirt|dress|suit|hoodie|top)\b")
"""Where dark is a colour, and not a time of day."""
UNKNOWN = ("",)
"""What facts have where the colour was not made out."""


def find_colour(text: str) -> str:
    """Return the first colour in a text in lower case, empty if there is none."""
    if _DARK.search(text):
        return "black"
    return next((word for word in re.findall(r"\w+", text) if word in COLOURS), "")


def same_colours(colour: str) -> tuple[str, ...]:
    """Return the words that facts may have for a colour of a question."""
    return _SAME.get(colour, (colour,)) if colour else ()
