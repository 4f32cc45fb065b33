"""What only vLLM's own counts can show: run by `make test-vllm`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from test.engines.server.asking import ask, request
from test.engines.server.running import Running
from test.fakes import frame
from video_commentary.core.cancel import CancelToken
from video_commentary.engines.server.engine import ServerEngine

pytestmark = pytest.mark.skipif(
    not os.environ.get("VLLM_PYTHON"), reason="needs vLLM: run make test-vllm"
)
Make = Callable[..., ServerEngine]


def counted(server: Running, names: list[str]) -> list[float]:
    metrics = server.metrics()
    return [metrics.get(name, 0.0) for name in names]


def until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait for something that vLLM counts; it does so a moment later."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def test_the_overlap_of_two_requests_hits_the_caches(server: Running, engine: Make) -> None:
    names = [
        "vllm:mm_cache_queries_total",
        "vllm:mm_cache_hits_total",
        "vllm:prefix_cache_queries_total",
        "vllm:prefix_cache_hits_total",
    ]
    it = engine(server.url)
    # Pictures that no other test has shown.
    frames = tuple(frame(1000.0 + i) for i in range(5))
    first, second = (replace(request(), frames=frames[i : i + 4]) for i in range(2))
    ask(it, first)
    before = counted(server, names)
    ask(it, second)
    images, image_hits, tokens, token_hits = (
        now - then for now, then in zip(counted(server, names), before, strict=True)
    )
    assert images == 4
    assert image_hits == 3
    # The system text comes first and stays; the frames behind it have moved by one.
    assert 0 < token_hits < tokens
    before = counted(server, names)
    ask(it, second)
    tokens, token_hits = (
        now - then for now, then in zip(counted(server, names)[2:], before[2:], strict=True)
    )
    assert token_hits / tokens > 0.7


def test_a_cancelled_request_frees_its_slot(server: Running, engine: Make) -> None:
    # Gibberish may end early; with this field of vLLM's it doesn't.
    it = engine(server.url, server_extra='{"ignore_eos": true}')
    names = [
        "vllm:num_requests_running",
        "vllm:generation_tokens_total",
        "vllm:request_success_total",
    ]
    finished = counted(server, names)[2]
    cancel = CancelToken()
    comment = it.comment(request(max_tokens=1000), cancel)
    next(comment)
    assert until(lambda: counted(server, names)[0] == 1)
    cancel.cancel()
    assert not list(comment)
    assert until(lambda: counted(server, names)[0] == 0)
    tokens = counted(server, names)[1]
    time.sleep(0.3)
    assert counted(server, names)[1] == tokens, "it goes on generating"
    # vLLM counts answers that reached their end there, and no aborted ones.
    assert counted(server, names)[2] == finished, "it was not aborted: it had ended by itself"


def test_the_load_is_read_from_a_real_server(server: Running, engine: Make) -> None:
    it = engine(server.url, server.url + "/")
    ask(it)
    (only,) = it._servers.all
    it._loop.run(only.measure())
    assert only._reported == 0
