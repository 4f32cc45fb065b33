from __future__ import annotations

import pytest

from video_commentary.core.silence import SILENCE, SilenceFilter


def passed_on(*pieces: str) -> tuple[list[str], bool]:
    """Return what comes out, piece by piece, and whether all was silence."""
    silence = SilenceFilter()
    return [silence.push(piece) for piece in pieces], silence.silent


@pytest.mark.parametrize("pieces", [(SILENCE,), (".", "..", "\n"), (" …",), ("",), ()])
def test_silence_is_held_back(pieces: tuple[str, ...]) -> None:
    assert passed_on(*pieces) == ([""] * len(pieces), True)


def test_words_pass_at_once() -> None:
    assert passed_on("A dog", " runs", ".") == (["A dog", " runs", "."], False)


def test_dots_that_go_on_are_words() -> None:
    assert passed_on("..", ".", " and", " action...") == (["", "", "... and", " action..."], False)
