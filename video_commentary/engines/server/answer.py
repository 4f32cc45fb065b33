"""One streamed answer of one server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import openai

from ...core.engine import Cancel, Delta
from .config import ServerConfig
from .faults import cut_short, explain, no_words, not_a_stream
from .servers import Server
from .sound import sound, words
from .waiting import CancelledError, Waiting


def answer(
    server: Server, body: dict[str, Any], config: ServerConfig, waiting: Waiting, cancel: Cancel
) -> Iterator[Delta]:
    """Yield words and speech as they come. Raise FaultError or CancelledError.

    However it ends, the request is closed then, so that the server frees its slot.
    """
    deadline = _Deadline(config)
    stream = None
    try:
        stream = _opened(server, body, deadline, waiting, cancel)
        finished = False
        while (chunk := deadline.wait(waiting, _next(stream), cancel)) is not None:
            text, pcm = words(chunk), sound(chunk)
            if text or pcm:
                deadline.extend()
                yield Delta(text, pcm)
            finished |= bool(chunk.choices and chunk.choices[0].finish_reason)
        if not finished:
            raise cut_short(server.url)
    except (CancelledError, GeneratorExit):
        raise
    except TimeoutError:
        raise no_words(server.url, deadline.seconds, deadline.setting) from None
    except Exception as error:
        # A name that it gave itself is asked for again: none of its list is to be set.
        raise explain(error, server.url, server.models if config.model else ()) from error
    finally:
        if stream is not None:
            waiting.run(stream.close())


class _Deadline:
    """Until when words must have come: the first, then each next one."""

    def __init__(self, config: ServerConfig) -> None:
        self.setting, self.seconds = "server_first_timeout", config.first_timeout
        self._next = config.next_timeout
        self._at = time.monotonic() + self.seconds

    def extend(self) -> None:
        self.setting, self.seconds = "server_next_timeout", self._next
        self._at = time.monotonic() + self.seconds

    def wait(self, waiting: Waiting, awaitable: Any, cancel: Cancel) -> Any:
        return waiting.until(awaitable, cancel, self._at - time.monotonic())


def _opened(
    server: Server, body: dict[str, Any], deadline: _Deadline, waiting: Waiting, cancel: Cancel
) -> openai.AsyncStream[Any]:
    if not server.model:
        deadline.wait(waiting, server.learn(), cancel)
    asked = server.client.chat.completions.with_raw_response.create(
        model=server.model, stream=True, **body
    )
    response = deadline.wait(waiting, asked, cancel)
    kind = response.headers.get("content-type", "")
    if "event-stream" not in kind:
        waiting.run(response.http_response.aclose())
        raise not_a_stream(server.url, kind.partition(";")[0])
    stream: openai.AsyncStream[Any] = response.parse()
    return stream


async def _next(stream: openai.AsyncStream[Any]) -> Any:
    return await anext(stream, None)
