"""Several servers with the same model: which to ask, which to leave alone for now."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import openai

from ...core.backoff import Backoff
from ...core.engine import EngineError
from .config import ServerConfig
from .faults import FaultError, explain, host
from .load import load_of

_CONNECT = 5.0
_METRICS = 0.3
"""Seconds that a look at /metrics may take: it comes before the comment's own request."""
_STICKY = 1
"""So many more requests than elsewhere are put up with: a server knows our last frames already."""

_LISTLESS = (404, 405, 500, 501)

_lock = threading.Lock()
_ours: Counter[str] = Counter()
"""Requests that run from this process, by URL."""


class Server:
    """One server. `trouble` says why it is left out until `retry_at` (monotonic); else empty."""

    def __init__(self, url: str, config: ServerConfig) -> None:
        self.url = url
        self._named = config.model
        self.model = config.model
        self.models: tuple[str, ...] = ()
        self.client = openai.AsyncOpenAI(
            base_url=url,
            api_key=config.key or "none",
            max_retries=0,  # another server, or newer frames, are better than the same again
            timeout=httpx.Timeout(None, connect=_CONNECT),
        )
        self._metrics = httpx.AsyncClient(timeout=_METRICS)
        self._backoff = Backoff(1.0, 60.0)
        self._reported: int | None = None
        self.retry_at = float("-inf")
        self.trouble = ""

    @property
    def load(self) -> int:
        """Requests that run and wait there, as far as is known."""
        return max(self._reported or 0, _ours[self.url])

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Count one more request for the length of a block."""
        with _lock:
            _ours[self.url] += 1
        try:
            yield
        finally:
            with _lock:
                _ours[self.url] -= 1

    async def learn(self) -> None:
        """Ask for the models. Raise FaultError unless the model to use is known after that."""
        try:
            page = await self.client.models.list(timeout=_CONNECT)
            self.models = tuple(model.id for model in page.data or ())
        except Exception as error:
            # Some servers have no list, or break on it: with a name given, none is needed.
            listless = isinstance(error, openai.APIStatusError) and error.status_code in _LISTLESS
            if not (self.model and listless):
                raise explain(error, self.url) from error
        if not self.model:
            if not self.models:
                raise FaultError(
                    f"{host(self.url)} names no model: start it with one, or set server_model"
                )
            self.model = self.models[0]

    async def measure(self) -> None:
        """Ask how busy it is, where it has /metrics."""
        parts = urlsplit(self.url)
        path = parts.path.removesuffix("/v1") + "/metrics"
        try:
            answer = await self._metrics.get(parts._replace(path=path).geturl())
            self._reported = load_of(answer.text) if answer.is_success else None
        except httpx.HTTPError:
            self._reported = None

    def failed(self, fault: FaultError) -> None:
        """Leave this server out for a while, longer each time."""
        if not self._named:
            # It may come back with another model.
            self.model, self.models = "", ()
        self.trouble = fault.message
        wait = self._backoff.failed()
        self.retry_at = time.monotonic() + (wait if fault.wait is None else fault.wait)

    def worked(self) -> None:
        """Take it back in."""
        self.trouble = ""
        self._backoff.reset()

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()
        await self._metrics.aclose()


class Servers:
    """Chooses the server with the fewest requests, or stays where the last one went."""

    def __init__(self, config: ServerConfig) -> None:
        self.all = [Server(url, config) for url in config.urls]
        self._last: Server | None = None

    def free(self, without: Collection[Server] = ()) -> list[Server]:
        """Return those that may be asked now."""
        now = time.monotonic()
        return [s for s in self.all if s not in without and s.retry_at <= now]

    def choose(self, without: Collection[Server] = ()) -> Server:
        """Return the one to ask. Raise EngineError where all are left out."""
        free = self.free(without)
        if not free:
            raise EngineError(self.trouble())
        fewest = min(server.load for server in free)
        if self._last not in free or self._last.load > fewest + _STICKY:
            # At random among equals: robots that start together must not all take the first.
            self._last = random.choice([s for s in free if s.load == fewest])
        return self._last

    def trouble(self) -> str:
        """Return why each server that is left out is, and for how long."""
        now = time.monotonic()
        told = [
            f"{s.trouble} (again in {max(0.0, s.retry_at - now):.0f} s)"
            for s in self.all
            if s.trouble
        ]
        return "; ".join(told)
