"""Conditions judged by a server: by probabilities, by words, bounded, cancelled."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from test.engines.server.asking import ask, request
from test.engines.server.misbehaving import Behaviour, Handler, Misbehaving, says
from test.engines.server.running import Running
from video_commentary.core.cancel import CancelToken
from video_commentary.core.engine import EngineError, Judgement, judge
from video_commentary.core.prompting import build_judging_prompt
from video_commentary.engines.server.engine import ServerEngine
from video_commentary.engines.server.judging import CONCURRENT, spoken_judgement

Start = Callable[[Behaviour], Misbehaving]
Make = Callable[..., ServerEngine]


def judged(
    engine: ServerEngine, *conditions: str, cancel: CancelToken | None = None
) -> list[Judgement | None]:
    asked = request()
    asked = replace(asked, prompt=build_judging_prompt(asked.frames))
    return list(judge(engine, asked, conditions, cancel or CancelToken()))


def completion(text: str, likely: dict[str, float] | None = None) -> str:
    """Return a chat completion, with the probabilities of its first token if given."""
    top = [{"token": token, "logprob": math.log(p)} for token, p in (likely or {}).items()]
    first = {"token": text, "logprob": 0.0, "top_logprobs": top}
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "length",
        "logprobs": {"content": [first]} if likely else None,
    }
    answer = {"id": "1", "object": "chat.completion", "created": 0, "model": "tiny"}
    return json.dumps(answer | {"choices": [choice]})


def condition_in(body: dict[str, Any]) -> str:
    text: str = body["messages"][1]["content"][-1]["text"]
    return text.partition("Condition: ")[2].partition("\n")[0]


def answers(likely: dict[str, dict[str, float]]) -> Behaviour:
    def behave(handler: Handler, body: dict[str, Any]) -> None:
        handler.say(200, completion("Yes", likely[condition_in(body)]))

    return behave


def test_the_probability_is_that_of_yes_among_both(misbehaving: Start, engine: Make) -> None:
    server = misbehaving(
        answers(
            {
                "a fall": {"Yes": 0.4, "yes": 0.2, "No": 0.2, "It": 0.1},
                "smoke": {"no": 0.9, "\u0120Yes": 0.1},
                "rain": {"Perhaps": 0.9},
            }
        )
    )
    fall, smoke, rain = judged(engine(server.url), "a fall", "smoke", "rain")
    assert fall and fall.measured and fall.probability == pytest.approx(0.75)
    assert smoke and smoke.measured and smoke.probability == pytest.approx(0.1)
    assert rain is None
    for body in server.asked:
        assert (body["max_tokens"], body["logprobs"], body["top_logprobs"]) == (1, True, 20)
        assert "stream" not in body or not body["stream"]
    shared = [(b["messages"][0], b["messages"][1]["content"][:-1]) for b in server.asked]
    assert shared[0] == shared[1] == shared[2], "no server could reuse the frames"


def test_without_probabilities_words_decide(misbehaving: Start, engine: Make) -> None:
    def behave(handler: Handler, body: dict[str, Any]) -> None:
        if "logprobs" in body:
            handler.say(422, '{"detail": "Unexpected keys {logprobs}"}')
        else:
            handler.say(200, completion("Yes, he does." if "fall" in condition_in(body) else "No."))

    server = misbehaving(behave)
    it = engine(server.url)
    assert judged(it, "a fall", "smoke") == [Judgement(1.0, False), Judgement(0.0, False)]
    before = len(server.asked)
    assert judged(it, "smoke") == [Judgement(0.0, False)]
    assert len(server.asked) == before + 1, "it asks for probabilities again"
    assert server.asked[-1]["temperature"] == 0.0
    silent = misbehaving(lambda handler, body: handler.say(200, completion("no")))
    assert judged(engine(silent.url), "a fall") == [Judgement(0.0, False)]


def test_the_first_goes_alone_and_then_a_few_at_once(misbehaving: Start, engine: Make) -> None:
    lock, running, most = threading.Lock(), [0], [0]
    together = threading.Barrier(CONCURRENT)
    names = [f"thing {n}" for n in range(1 + 2 * CONCURRENT)]

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
            alone = len(handler.server.asked) == 1
        if not alone:
            together.wait(10)
        with lock:
            running[0] -= 1
        number = int(condition_in(body).split()[1])
        handler.say(200, completion("Yes", {"yes": 0.05 + number / 20, "no": 0.95 - number / 20}))

    found = judged(engine(misbehaving(behave).url), *names)
    assert [judgement and round(judgement.probability * 20 - 1) for judgement in found] == [
        *range(9)
    ]
    assert most[0] == CONCURRENT


def test_cancelled_it_lets_go_of_the_server_at_once(misbehaving: Start, engine: Make) -> None:
    cancel = CancelToken()

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        cancel.cancel()
        handler.connection.settimeout(20)
        if handler.connection.recv(1) == b"":
            handler.server.gone.set()
        handler.close_connection = True

    server = misbehaving(behave)
    it = engine(server.url)
    assert judged(it, "a fall", "smoke", cancel=cancel) == []
    assert server.gone.wait(5)
    assert len(server.asked) == 1
    server.behave = says("A man walks.")
    assert ask(it) == ["A man walks."]


def test_a_fault_is_said_and_comments_do_not_avoid_the_server(
    misbehaving: Start, engine: Make
) -> None:
    server = misbehaving(lambda handler, body: handler.say(500, "{}"))
    it = engine(server.url)
    with pytest.raises(EngineError, match=r"failed \(500\)"):
        judged(it, "a fall")
    server.behave = says("A man walks.")
    assert ask(it) == ["A man walks."]


@pytest.mark.parametrize(
    ("text", "probability"),
    [("Yes", 1.0), ("no.", 0.0), (" YES, of course", 1.0), ("Nobody", None), ("", None)],
)
def test_words_of_an_answer(text: str, probability: float | None) -> None:
    judgement = spoken_judgement(text)
    assert (judgement and judgement.probability) == probability


@pytest.mark.timeout(400)
def test_a_real_server_answers(server: Running, engine: Make) -> None:
    it = engine(server.url, server_model=server.model, server_first_timeout=60.0)
    found = judged(it, "a fall", "smoke")
    # Random weights answer anything, but each condition gets an answer.
    assert len(found) == 2
    assert ask(it)
