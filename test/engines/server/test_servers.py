from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from test.engines.server.asking import ask
from test.engines.server.misbehaving import Behaviour, Handler, Misbehaving, hangs, refuses, says
from test.ports import free_port
from video_commentary.core.engine import EngineError
from video_commentary.engines.server import servers
from video_commentary.engines.server.engine import ServerEngine
from video_commentary.engines.server.load import load_of

Start = Callable[[Behaviour], Misbehaving]
Make = Callable[..., ServerEngine]

VLLM = """\
# HELP vllm:num_requests_running Number of requests in model execution batches.
vllm:num_requests_running{engine="0",model_name="m"} 3.0
vllm:num_requests_waiting{engine="0",model_name="m"} 2.0
vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 2.0
"""


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for /metrics: without an answer the choice is random."""
    monkeypatch.setattr(servers, "_METRICS", 5.0)


def test_load_is_read_from_metrics() -> None:
    assert load_of(VLLM) == 5
    assert load_of("llamacpp:requests_processing 1\nllamacpp:requests_deferred 0\n") == 1
    assert load_of("process_open_fds 12\n") is None


def test_a_server_that_fails_at_once_is_passed_over(misbehaving: Start, engine: Make) -> None:
    bad, good = misbehaving(refuses(500, "{}")), misbehaving(says("Good."))
    for _ in range(4):
        it = engine(bad.url, good.url)
        assert ask(it) == ["Good."]
        assert ask(it) == ["Good."]
    # Each engine asks it once at most, then leaves it out for a while.
    assert len(bad.asked) <= 4
    assert len(good.asked) == 8


def test_a_server_that_is_off_is_left_out_from_the_start(misbehaving: Start, engine: Make) -> None:
    good = misbehaving(says("Good."))
    it = engine(f"http://127.0.0.1:{free_port()}/v1", good.url)
    assert ask(it) == ["Good."]


def test_a_failed_server_comes_back(misbehaving: Start, engine: Make) -> None:
    server = misbehaving(refuses(500, "{}"))
    it = engine(server.url)
    (only,) = it._servers.all
    began = time.monotonic()
    with pytest.raises(EngineError, match="see its log"):
        ask(it)
    assert began + 1.0 <= only.retry_at <= time.monotonic() + 1.0
    server.behave = says("Back.")
    only.retry_at += 60
    with pytest.raises(EngineError, match=r"again in (6[01]|5\d) s"):
        ask(it)
    only.retry_at = 0.0
    assert ask(it) == ["Back."]


def test_the_first_model_that_a_server_names_is_asked_for(misbehaving: Start, engine: Make) -> None:
    server = misbehaving(says("Hello."))
    server.models = ["first", "second"]
    assert ask(engine(server.url)) == ["Hello."]
    assert server.asked[-1]["model"] == "first"


def test_a_server_that_names_no_model_needs_server_model(misbehaving: Start, engine: Make) -> None:
    server = misbehaving(says("Hello."))
    server.models = []
    with pytest.raises(EngineError, match="set server_model"):
        engine(server.url)
    assert ask(engine(server.url, server_model="mine")) == ["Hello."]
    assert server.asked[-1]["model"] == "mine"


def test_a_server_that_comes_back_with_another_model_is_asked_for_it(
    misbehaving: Start, engine: Make
) -> None:
    server = misbehaving(says("Old."))
    it = engine(server.url)
    assert ask(it) == ["Old."]

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        if body["model"] == "new":
            says("New.")(handler, body)
        else:
            handler.say(404, '{"error": {"message": "The model `tiny` does not exist."}}')

    server.behave, server.models = behave, ["new"]
    with pytest.raises(EngineError, match="404"):
        ask(it)
    time.sleep(1.05)
    assert ask(it) == ["New."]
    assert "new" in it.description


def test_retry_after_is_kept_to(misbehaving: Start, engine: Make) -> None:
    server = misbehaving(refuses(429, "{}", Retry_After="100"))
    it = engine(server.url)
    with pytest.raises(EngineError, match="wait 100 s"):
        ask(it)
    with pytest.raises(EngineError, match=r"again in (100|9\d) s"):
        ask(it)
    assert len(server.asked) == 1


def test_time_lost_on_a_slow_server_is_not_spent_twice(misbehaving: Start, engine: Make) -> None:
    slow, good = misbehaving(hangs()), misbehaving(says("Good."))
    slow.metrics, good.metrics = VLLM.replace("3.0", "0.0").replace("2.0", "0.0"), VLLM
    it = engine(slow.url, good.url, server_first_timeout=1.0)
    with pytest.raises(EngineError, match="said nothing"):
        ask(it)
    assert ask(it) == ["Good."]


def test_the_least_busy_server_is_asked(misbehaving: Start, engine: Make) -> None:
    busy, idle = misbehaving(says("Busy.")), misbehaving(says("Idle."))
    busy.metrics, idle.metrics = VLLM, VLLM.replace("3.0", "0.0").replace("2.0", "0.0")
    it = engine(busy.url, idle.url)
    assert [ask(it) for _ in range(3)] == [["Idle."]] * 3
    busy.metrics, idle.metrics = idle.metrics, busy.metrics
    assert ask(it) == ["Busy."]


def test_it_stays_with_its_server_and_robots_spread(misbehaving: Start, engine: Make) -> None:
    names = ("One.", "Two.")
    urls = [misbehaving(says(name)).url for name in names]
    chosen: Counter[str] = Counter()
    for _ in range(24):
        it = engine(*urls)
        first, second = ask(it)[0], ask(it)[0]
        assert first == second
        chosen[first] += 1
    assert set(chosen) == set(names)
