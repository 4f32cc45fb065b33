from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from test.engines.server.asking import ask, request
from test.engines.server.running import Cable, Running
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import EngineError
from video_commentary.engines.server.engine import ServerEngine

Make = Callable[..., ServerEngine]

# The first test waits for the server's start.
pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def real(server: Running, engine: Make) -> ServerEngine:
    return engine(server.url, server_model=server.model, server_first_timeout=60.0)


def test_a_real_server_streams_words_about_frames(real: ServerEngine) -> None:
    pieces = ask(real)
    assert len(pieces) > 1
    assert "127.0.0.1" in real.description


def test_it_says_no_more_than_it_may(real: ServerEngine) -> None:
    # A byte of gibberish is a token of the tiny model's.
    assert len("".join(ask(real, request(max_tokens=8))).encode("utf-8", "replace")) < 8 * 12


def test_a_frame_is_encoded_once_however_many_requests_it_is_in(real: ServerEngine) -> None:
    ask(real)
    ask(real)
    ask(real, request(start=1))
    assert real.jpegs.encoded == 5


def test_cancelled_it_stops_at_once_and_goes_on_with_the_next(real: ServerEngine) -> None:
    cancel = CancelToken()
    pieces = 0
    cancelled_at = 0.0
    for _ in real.comment(request(max_tokens=1500), cancel):
        pieces += 1
        if pieces == 2:
            cancelled_at = time.monotonic()
            cancel.cancel()
    assert time.monotonic() - cancelled_at < 2
    assert pieces == 2
    assert ask(real)


def test_cancelled_before_the_first_word_it_says_nothing(real: ServerEngine) -> None:
    cancel = CancelToken()
    cancel.cancel()
    assert list(real.comment(request(), cancel)) == []


def test_a_comment_left_alone_closes_its_request(real: ServerEngine) -> None:
    comment = real.comment(request(max_tokens=1500), CancelToken())
    next(comment)
    comment.close()  # type: ignore[attr-defined]
    assert ask(real)


def test_a_cut_connection_is_reported_and_used_again_later(server: Running, engine: Make) -> None:
    cable = Cable(server.url)
    try:
        it = engine(cable.url, server_model=server.model, server_first_timeout=60.0)
        ask(it)
        cable.cut_after = 400
        with pytest.raises(EngineError, match="broke the connection in the middle"):
            ask(it, request(max_tokens=300))
        (only,) = it._servers.all
        only.retry_at += 60
        with pytest.raises(EngineError, match="again in"):
            ask(it)
        only.retry_at = 0.0
        assert ask(it)
    finally:
        cable.close()


def test_a_model_that_is_not_there_is_named(server: Running, engine: Make) -> None:
    it = engine(server.url, server_model="no/such-model")
    with pytest.raises(EngineError, match="server_model|refuses the request|failed"):
        ask(it)


def test_a_real_servers_own_model_is_asked_for(server: Running, engine: Make) -> None:
    # vLLM names its model, and transformers does since 5.24.
    if server.names():
        assert ask(engine(server.url, server_first_timeout=60.0))
    else:
        with pytest.raises(EngineError, match="set server_model"):
            engine(server.url)
