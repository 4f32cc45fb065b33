from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from test.engines.server.asking import ask, request
from test.engines.server.misbehaving import (
    Behaviour,
    Handler,
    Misbehaving,
    breaks_after,
    chunk,
    hangs,
    refuses,
    says,
    sends,
    stops_after,
)
from test.ports import free_port
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import EngineError
from video_commentary.engines.server.engine import ServerEngine

Start = Callable[[Behaviour], Misbehaving]
Make = Callable[..., ServerEngine]
PAGE = "<html><body><h1>It works!</h1></body></html>"
DATE = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=36_000), usegmt=True)

FAULTS = {
    "wrong key": (refuses(401, '{"error": {"message": "bad key"}}'), "SERVER_KEY"),
    "forbidden": (refuses(403, "{}"), "SERVER_KEY"),
    "no such path": (refuses(404, '{"detail": "Not Found"}'), "must end in /v1"),
    "no such model": (
        refuses(404, '{"error": {"message": "The model `x` does not exist."}}'),
        "set server_model to a model it serves",
    ),
    "a page at 404": (refuses(404, PAGE, "text/html"), "must end in /v1"),
    "too large": (refuses(413, "nginx", "text/html"), "lower server_image_side"),
    "busy": (refuses(429, "{}", Retry_After="7"), "busy .429.; it asks to wait 7 s"),
    "busy until": (refuses(429, "{}", Retry_After=DATE), r"it asks to wait 3\d{4} s"),
    "too long": (
        refuses(400, '{"error": {"message": "maximum context length is 2048 tokens"}}'),
        "lower frames_per_request",
    ),
    "blind": (
        refuses(400, '{"error": {"message": "tiny is not a multimodal model"}}'),
        "serve a model that sees",
    ),
    "unknown field": (refuses(422, '{"detail": "Unexpected keys {x}"}'), "check server_extra"),
    "broken": (refuses(500, PAGE, "text/html"), r"failed \(500\): see its log"),
    "starting": (refuses(503, '{"detail": "loading"}'), r"failed \(503\).*loading"),
    "a page": (refuses(200, PAGE, "text/html"), "answered with text/html"),
    "no stream": (refuses(200, '{"choices": []}'), "answered with application/json"),
    "stopped": (stops_after("A ", "man "), "stopped in the middle"),
    "cut": (breaks_after("A ", "man "), "broke the connection in the middle"),
    "cut early": (breaks_after(), "broke the connection in the middle"),
    "error inside": (
        sends(chunk("A "), {"error": {"message": "CUDA out of memory", "code": 500}}),
        "failed while answering.*CUDA out of memory",
    ),
    "no json": (sends("{oops"), "not send a chat completion"),
    "hanging": (hangs(), "said nothing for 1 s.*server_first_timeout"),
    "stuck": (hangs("A "), "said nothing for 1 s.*server_next_timeout"),
}
LIMITS = {"hanging": {"server_first_timeout": 1.0}, "stuck": {"server_next_timeout": 1.0}}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_says_what_to_do(name: str, misbehaving: Start, engine: Make) -> None:
    behave, words = FAULTS[name]
    server = misbehaving(behave)
    it = engine(server.url, **LIMITS.get(name, {}))
    with pytest.raises(EngineError, match=words) as raised:
        ask(it)
    assert "<" not in str(raised.value)
    server.behave = says("Well", " again.")
    for left_out in it._servers.all:
        left_out.retry_at = 0.0
    assert ask(it) == ["Well", " again."]


def test_a_missing_server_is_reported_at_once(engine: Make) -> None:
    with pytest.raises(EngineError, match="can't be reached.*start it, or correct server_url"):
        engine(f"http://127.0.0.1:{free_port()}/v1")


def test_a_wrong_model_name_is_answered_with_those_there_are(
    misbehaving: Start, engine: Make
) -> None:
    it = engine(misbehaving(FAULTS["no such model"][0]).url, server_model="x")
    with pytest.raises(EngineError, match="set server_model to one of tiny"):
        ask(it)


def test_a_hanging_request_is_closed_when_cancelled(misbehaving: Start, engine: Make) -> None:
    cancel = CancelToken()
    cancelled_at: list[float] = []

    def stop() -> None:
        cancelled_at.append(time.monotonic())
        cancel.cancel()

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        threading.Timer(0.2, stop).start()
        hangs()(handler, body)

    server = misbehaving(behave)
    assert list(engine(server.url).comment(request(), cancel)) == []
    assert time.monotonic() - cancelled_at[0] < 5  # the first word would be waited for 15 s
    assert server.gone.wait(10), "the connection stayed open"


def test_a_request_that_is_at_fault_itself_leaves_the_server_in(
    misbehaving: Start, engine: Make
) -> None:
    server = misbehaving(refuses(413, "{}"))
    it = engine(server.url)
    for _ in range(2):
        with pytest.raises(EngineError, match="413"):
            ask(it)
    assert len(server.asked) == 2


def test_prompts_stay_out_of_messages(misbehaving: Start, engine: Make) -> None:
    it = engine(misbehaving(refuses(500, "{}")).url)
    with pytest.raises(EngineError) as raised:
        ask(it)
    assert request().prompt.text not in str(raised.value)
