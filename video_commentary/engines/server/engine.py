"""The server engine: sends frames as JPEG, receives words, and speech if the server has any."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from typing import Any

from ...core.audio import AudioFormat
from ...core.cancel import CancelToken
from ...core.engine import Delta, EngineError, Judgement, Request
from ...core.frames import Frame
from .answer import answer
from .chat import JpegUrls, messages
from .config import ServerConfig, from_settings
from .faults import FaultError, host
from .judging import judgements
from .loop_runner import CommentCancelled, LoopRunner
from .servers import InferenceServer, ServerPool
from .settings import ServerSettings
from .sound import modalities


class ServerEngine:
    """Asks OpenAI-compatible servers. A server that fails is avoided, and retried with backoff."""

    look_fps = 0.0
    reads_prompt = True

    def __init__(self, settings: ServerSettings, *, own_voice: bool = True) -> None:
        """Take the settings, which `load` checks; `own_voice`: use a server's speech if any."""
        self._settings = settings
        self._own_voice = own_voice
        self._config = ServerConfig(())
        self._loop = LoopRunner()
        self._servers = ServerPool(self._config)
        self.jpegs = JpegUrls(settings.server_image_side, settings.server_jpeg_quality)
        self.voice: AudioFormat | None = None

    @property
    def description(self) -> str:
        """The model and its servers."""
        models = dict.fromkeys(s.model for s in self._servers.all if s.model)
        hosts = ", ".join(host(server.url) for server in self._servers.all)
        return f"server: {', '.join(models) or 'no model yet'} at {hosts or 'no server yet'}"

    def load(self) -> None:
        """Ask all servers for their models, and one whether it speaks; one reply is enough."""
        self.close()
        self._config = from_settings(self._settings, os.environ, own_voice=self._own_voice)
        self._servers = ServerPool(self._config)
        self._loop.run(self._learn())
        if not self._servers.free():
            raise EngineError(self._servers.trouble())
        if self._config.speech:
            self.voice = self._speech(self._servers.choose())

    def look(self, frame: Frame) -> None:
        """Do nothing: a frame is encoded when the first request needs it."""

    def close(self) -> None:
        """Close the connections."""
        self.voice = None
        servers, self._servers = self._servers, ServerPool(ServerConfig(()))
        for server in servers.all:
            self._loop.run(server.close())
        self._loop.close()

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        """Yield the least busy server's answer, or the next one's if that fails before any word."""
        speak = request.speak and self.voice is not None
        body = self._body(messages(request, self.jpegs), request.limits.max_tokens, speak)
        if len(self._servers.all) > 1:
            self._loop.run(self._measure())
        tried: list[InferenceServer] = []
        while True:
            server = self._servers.choose(tried)
            tried.append(server)
            begun = False
            try:
                for delta in self._ask(server, body, cancel):
                    begun = True
                    yield delta
                return
            except CommentCancelled:
                return
            except FaultError as fault:
                final = fault.bad_request or fault.slow or begun
                if final or not self._servers.free(tried):
                    raise EngineError(fault.message) from fault

    def judge(
        self, request: Request, conditions: Sequence[str], cancel: CancelToken
    ) -> Iterator[Judgement | None]:
        """Yield a judgement on each condition, by one server. Raise EngineError.

        Only comments decide which servers are avoided.
        """
        server = self._servers.choose()
        extra = self._extra(speak=False)
        try:
            with server.busy():
                yield from judgements(
                    server,
                    request,
                    conditions,
                    self.jpegs,
                    extra,
                    self._config,
                    self._loop,
                    cancel,
                )
        except CommentCancelled:
            return
        except FaultError as fault:
            raise EngineError(fault.message) from fault

    def _ask(
        self, server: InferenceServer, body: dict[str, Any], cancel: CancelToken
    ) -> Iterator[Delta]:
        try:
            with server.busy():
                yield from answer(server, body, self._config, self._loop, cancel)
        except FaultError as fault:
            if not fault.bad_request:
                server.failed(fault)
            raise
        server.worked()

    def _body(self, chat: list[dict[str, Any]], max_tokens: int, speak: bool) -> dict[str, Any]:
        return {"messages": chat, "max_tokens": max_tokens, "extra_body": self._extra(speak)}

    def _extra(self, speak: bool) -> dict[str, Any]:
        extra = dict(self._config.extra)
        if self.voice is not None or speak:
            # A server that can speak does so unless asked for text alone.
            extra = modalities(speak) | extra
        return extra

    def _speech(self, server: InferenceServer) -> AudioFormat | None:
        """Return the format of the server's voice, None if it answers in text only."""
        chat = [{"role": "user", "content": "Say only: yes."}]
        body = self._body(chat, 8, speak=True)
        try:
            for delta in answer(server, body, self._config, self._loop, CancelToken()):
                if delta.pcm is not None:
                    return delta.pcm.format
        except FaultError:
            # Servers that don't know the field refuse it. Other faults show in the first comment.
            return None
        return None

    async def _learn(self) -> None:
        await asyncio.gather(*(_learn(server) for server in self._servers.all))

    async def _measure(self) -> None:
        await asyncio.gather(*(server.measure() for server in self._servers.free()))


async def _learn(server: InferenceServer) -> None:
    try:
        await server.learn_models()
    except FaultError as fault:
        server.failed(fault)
