"""The server engine: frames go out as JPEG, words (and speech, where there is any) come back."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from typing import Any

from ...core.audio import AudioFormat
from ...core.engine import Cancel, Delta, EngineError, Request
from ...core.frames import Frame
from .answer import answer
from .chat import Pictures, messages
from .config import ServerConfig, from_settings
from .faults import FaultError, host
from .servers import Server, Servers
from .settings import ServerSettings
from .sound import modalities
from .waiting import CancelledError, Waiting


class ServerEngine:
    """Asks OpenAI-compatible servers. A failed one is left out, and tried again with backoff."""

    look_fps = 0.0

    def __init__(self, settings: ServerSettings, *, own_voice: bool = True) -> None:
        """Take the settings, which `load` checks; `own_voice`: use a server's speech if any."""
        self._settings = settings
        self._own_voice = own_voice
        self._config = ServerConfig(())
        self._waiting = Waiting()
        self._servers = Servers(self._config)
        self.pictures = Pictures(settings.server_image_side, settings.server_jpeg_quality)
        self.voice: AudioFormat | None = None

    @property
    def description(self) -> str:
        """The model and its servers."""
        models = dict.fromkeys(s.model for s in self._servers.all if s.model)
        hosts = ", ".join(host(server.url) for server in self._servers.all)
        return f"server: {', '.join(models) or 'no model yet'} at {hosts or 'no server yet'}"

    def load(self) -> None:
        """Ask every server for its models, and one whether it speaks; one is enough to go on."""
        self.close()
        self._config = from_settings(self._settings, os.environ, own_voice=self._own_voice)
        self._servers = Servers(self._config)
        self._waiting.run(self._learn())
        if not self._servers.free():
            raise EngineError(self._servers.trouble())
        if self._config.speech:
            self.voice = self._speech(self._servers.choose())

    def look(self, frame: Frame) -> None:
        """Frames are encoded once a request wants them."""

    def close(self) -> None:
        """Close the connections."""
        self.voice = None
        servers, self._servers = self._servers, Servers(ServerConfig(()))
        for server in servers.all:
            self._waiting.run(server.close())
        self._waiting.close()

    def comment(self, request: Request, cancel: Cancel) -> Iterator[Delta]:
        """Yield what the least busy server says; where it fails at once, what the next says."""
        speak = request.speak and self.voice is not None
        body = self._body(messages(request, self.pictures), request.limits.max_tokens, speak)
        if len(self._servers.all) > 1:
            self._waiting.run(self._measure())
        tried: list[Server] = []
        while True:
            server = self._servers.choose(tried)
            tried.append(server)
            begun = False
            try:
                for delta in self._ask(server, body, cancel):
                    begun = True
                    yield delta
                return
            except CancelledError:
                return
            except FaultError as fault:
                final = fault.ours or fault.slow or begun
                if final or not self._servers.free(tried):
                    raise EngineError(fault.message) from fault

    def _ask(self, server: Server, body: dict[str, Any], cancel: Cancel) -> Iterator[Delta]:
        try:
            with server.busy():
                yield from answer(server, body, self._config, self._waiting, cancel)
        except FaultError as fault:
            if not fault.ours:
                server.failed(fault)
            raise
        server.worked()

    def _body(self, chat: list[dict[str, Any]], max_tokens: int, speak: bool) -> dict[str, Any]:
        extra = dict(self._config.extra)
        if self.voice is not None or speak:
            # A server that can speak does so unless told otherwise.
            extra = modalities(speak) | extra
        return {"messages": chat, "max_tokens": max_tokens, "extra_body": extra}

    def _speech(self, server: Server) -> AudioFormat | None:
        """Return the format of the server's voice, None where it answers in text only."""
        chat = [{"role": "user", "content": "Say only: yes."}]
        body = self._body(chat, 8, speak=True)
        try:
            for delta in answer(server, body, self._config, self._waiting, threading.Event()):
                if delta.pcm is not None:
                    return delta.pcm.format
        except FaultError:
            # Servers that don't know the field refuse it; if more is wrong, the first comment says.
            return None
        return None

    async def _learn(self) -> None:
        await asyncio.gather(*(_learn(server) for server in self._servers.all))

    async def _measure(self) -> None:
        await asyncio.gather(*(server.measure() for server in self._servers.free()))


async def _learn(server: Server) -> None:
    try:
        await server.learn()
    except FaultError as fault:
        server.failed(fault)
