"""Yes or no to the conditions of watches: one short request each, the frames before it the same."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ...core.cancel import CancelToken
from ...core.engine import Judgement, Request
from ...core.prompting import judging_question
from .chat import JpegUrls, messages
from .config import ServerConfig
from .faults import explain, no_words
from .loop_runner import CommentCancelled, LoopRunner
from .servers import InferenceServer

CONCURRENT = 4
"""Requests that run at once: a comment finds the server free soon after they are given up."""
_TEXT_TOKENS = 4
"""Of an answer whose probability is not known."""
_TOP_LOGPROBS = 20
"""The most that OpenAI and vLLM allow."""


def judgements(
    server: InferenceServer,
    request: Request,
    conditions: Sequence[str],
    jpegs: JpegUrls,
    extra: dict[str, Any],
    config: ServerConfig,
    loop: LoopRunner,
    cancel: CancelToken,
) -> Iterator[Judgement | None]:
    """Yield the judgement on each condition; None where the answer is neither yes nor no.

    The first is asked alone: the others find the frames in the server's prefix cache. Raise
    FaultError or CommentCancelled.
    """
    bodies = []
    for condition in conditions:
        text = request.prompt.text + judging_question(condition)
        prompt = replace(request.prompt, text=text)
        chat = messages(replace(request, prompt=prompt), jpegs)
        bodies.append({"messages": chat, "extra_body": extra})
    starts = [0, *range(1, len(bodies), CONCURRENT)]
    for start, end in zip(starts, [*starts[1:], len(bodies)], strict=True):
        asked = _ask_all(server, bodies[start:end], config)
        try:
            yield from loop.until(asked, cancel, config.first_timeout)
        except (CommentCancelled, GeneratorExit):
            raise
        except TimeoutError:
            raise no_words(server.url, config.first_timeout, "server_first_timeout") from None
        except Exception as error:
            raise explain(error, server.url, server.models if config.model else ()) from error


async def _ask_all(
    server: InferenceServer, bodies: Sequence[dict[str, Any]], config: ServerConfig
) -> list[Judgement | None]:
    if not server.model:
        await server.learn_models()
    tasks = [asyncio.ensure_future(_ask(server, body, config)) for body in bodies]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()


async def _ask(
    server: InferenceServer, body: dict[str, Any], config: ServerConfig
) -> Judgement | None:
    if server.has_logprobs:
        try:
            return await _probability(server, body)
        except Exception as error:
            # Servers that don't know the fields refuse them; other faults come again.
            if not explain(error, server.url, server.models if config.model else ()).bad_request:
                raise
    answer = await server.client.chat.completions.create(
        model=server.model, max_tokens=_TEXT_TOKENS, temperature=0.0, **body
    )
    server.has_logprobs = False
    return spoken_judgement(_text(answer))


async def _probability(server: InferenceServer, body: dict[str, Any]) -> Judgement | None:
    """Return a judgement by the first token's probabilities, by its text if there are none."""
    answer = await server.client.chat.completions.create(
        model=server.model, max_tokens=1, logprobs=True, top_logprobs=_TOP_LOGPROBS, **body
    )
    choice = answer.choices[0] if answer.choices else None
    tokens = choice.logprobs.content if choice and choice.logprobs else None
    if not tokens:
        return spoken_judgement(_text(answer))
    likely = tokens[0].top_logprobs or [tokens[0]]
    return measured_judgement([(each.token, each.logprob) for each in likely])


def measured_judgement(likely: Sequence[tuple[str, float]]) -> Judgement | None:
    """Return p(yes) / (p(yes) + p(no)) by tokens and their log probabilities, None without both."""
    found = {"yes": 0.0, "no": 0.0}
    for token, logprob in likely:
        word = token.strip(" \u0120\u2581\n").lower()
        if word in found:
            found[word] += math.exp(logprob)
    both = found["yes"] + found["no"]
    return Judgement(found["yes"] / both) if both > 0 else None


def spoken_judgement(text: str) -> Judgement | None:
    """Return the judgement of an answer in words."""
    word = text.strip().lower().partition(" ")[0].strip(".,:;!*\"'\n")
    return Judgement(float(word == "yes"), measured=False) if word in ("yes", "no") else None


def _text(answer: Any) -> str:
    return (answer.choices[0].message.content or "") if answer.choices else ""
