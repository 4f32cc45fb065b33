"""One streamed answer of one server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import openai

from ...core.cancel import CancelToken
from ...core.engine import Delta
from ...core.silence import SilenceFilter
from .config import ServerConfig
from .faults import cut_short, explain, no_words, not_a_stream
from .loop_runner import CommentCancelled, LoopRunner
from .servers import InferenceServer
from .sound import sound, words


def answer(
    server: InferenceServer,
    body: dict[str, Any],
    config: ServerConfig,
    loop: LoopRunner,
    cancel: CancelToken,
) -> Iterator[Delta]:
    """Yield words and speech as they come; silence, however a model writes it, as a silent delta.

    Raise FaultError or CommentCancelled. However it ends, the request is closed then, so that the
    server frees its slot.
    """
    deadline = _Deadline(config)
    stream = None
    try:
        stream = _open_stream(server, body, deadline, loop, cancel)
        finished, silence, heard = False, SilenceFilter(), False
        while (chunk := deadline.wait(loop, _next(stream), cancel)) is not None:
            text, pcm = words(chunk), sound(chunk)
            if text or pcm:
                deadline.extend()
                heard = heard or pcm is not None
                # Also when all of it is held back: a delta shows that the server is at work.
                yield Delta(silence.push(text), pcm)
            finished |= bool(chunk.choices and chunk.choices[0].finish_reason)
        if not finished:
            raise cut_short(server.url)
        if silence.silent and not heard:
            yield Delta(silent=True, last=True)
    except (CommentCancelled, GeneratorExit):
        raise
    except TimeoutError:
        raise no_words(server.url, deadline.seconds, deadline.setting) from None
    except Exception as error:
        # A model that the server named itself is looked up again: server_model is not at fault.
        raise explain(error, server.url, server.models if config.model else ()) from error
    finally:
        if stream is not None:
            loop.run(stream.close())


class _Deadline:
    """When the next words must have come: the first ones have another limit than the rest."""

    def __init__(self, config: ServerConfig) -> None:
        self.setting, self.seconds = "server_first_timeout", config.first_timeout
        self._next = config.next_timeout
        self._at = time.monotonic() + self.seconds

    def extend(self) -> None:
        self.setting, self.seconds = "server_next_timeout", self._next
        self._at = time.monotonic() + self.seconds

    def wait(self, loop: LoopRunner, awaitable: Any, cancel: CancelToken) -> Any:
        return loop.until(awaitable, cancel, self._at - time.monotonic())


def _open_stream(
    server: InferenceServer,
    body: dict[str, Any],
    deadline: _Deadline,
    loop: LoopRunner,
    cancel: CancelToken,
) -> openai.AsyncStream[Any]:
    if not server.model:
        deadline.wait(loop, server.learn_models(), cancel)
    asked = server.client.chat.completions.with_raw_response.create(
        model=server.model, stream=True, **body
    )
    response = deadline.wait(loop, asked, cancel)
    kind = response.headers.get("content-type", "")
    if "event-stream" not in kind:
        loop.run(response.http_response.aclose())
        raise not_a_stream(server.url, kind.partition(";")[0])
    stream: openai.AsyncStream[Any] = response.parse()
    return stream


async def _next(stream: openai.AsyncStream[Any]) -> Any:
    return await anext(stream, None)
