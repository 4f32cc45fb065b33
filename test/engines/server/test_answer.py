from __future__ import annotations

from collections.abc import Callable

import pytest

from test.engines.server.asking import request
from test.engines.server.misbehaving import Behaviour, Misbehaving, says
from video_commentary.core.cancel import CancelToken
from video_commentary.engines.server.engine import ServerEngine

Start = Callable[[Behaviour], Misbehaving]
Make = Callable[..., ServerEngine]


@pytest.mark.parametrize("words", [("...",), ("..", "."), (" …", "\n"), ()])
def test_a_model_that_has_nothing_to_say_is_silent(
    words: tuple[str, ...], misbehaving: Start, engine: Make
) -> None:
    it = engine(misbehaving(says(*words)).url)
    *before, last = it.comment(request(), CancelToken())
    assert last.silent
    assert not any(delta.text or delta.silent for delta in before)


def test_dots_that_go_on_are_words(misbehaving: Start, engine: Make) -> None:
    it = engine(misbehaving(says("..", ". and", " action.")).url)
    deltas = list(it.comment(request(), CancelToken()))
    assert [delta.text for delta in deltas if delta.text] == ["... and", " action."]
    assert not any(delta.silent for delta in deltas)
