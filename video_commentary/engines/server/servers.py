"""Several servers with the same model: which to ask, and which to avoid for now."""

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
"""Seconds that reading /metrics may take: it comes before the comment's own request."""
_STICKY = 1
"""Requests that the last server may have more than another: it has our last frames cached."""

_NO_MODEL_LIST = (404, 405, 500, 501)
"""Status of /v1/models on servers without it."""

_lock = threading.Lock()
_ours: Counter[str] = Counter()
"""Requests that run from this process, by URL."""


class InferenceServer:
    """One server. `trouble` says why it is avoided until `retry_at` (monotonic s); else empty.

    `has_logprobs` is False once it has refused to send tokens' probabilities.
    """

    def __init__(self, url: str, config: ServerConfig) -> None:
        self.url = url
        self._named = config.model
        self.model = config.model
        self.models: tuple[str, ...] = ()
        self.has_logprobs = True
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
        """Requests that run and wait there, as far as known."""
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

    async def learn_models(self) -> None:
        """Ask which models it serves. Raise FaultError if the model to use is still unknown."""
        try:
            page = await self.client.models.list(timeout=_CONNECT)
            self.models = tuple(model.id for model in page.data or ())
        except Exception as error:
            # Some servers have no list, or fail on it: with server_model set, none is needed.
            status = error.status_code if isinstance(error, openai.APIStatusError) else None
            if not (self.model and status in _NO_MODEL_LIST):
                raise explain(error, self.url) from error
        if not self.model:
            if not self.models:
                raise FaultError(
                    f"{host(self.url)} names no model: start it with one, or set server_model"
                )
            self.model = self.models[0]

    async def measure(self) -> None:
        """Ask how busy it is, if it has /metrics."""
        parts = urlsplit(self.url)
        path = parts.path.removesuffix("/v1") + "/metrics"
        try:
            answer = await self._metrics.get(parts._replace(path=path).geturl())
            self._reported = load_of(answer.text) if answer.is_success else None
        except httpx.HTTPError:
            self._reported = None

    def failed(self, fault: FaultError) -> None:
        """Avoid this server for a while, longer each time."""
        if not self._named:
            # It may come back with another model.
            self.model, self.models = "", ()
        self.has_logprobs = True
        self.trouble = fault.message
        wait = self._backoff.failed()
        self.retry_at = time.monotonic() + (wait if fault.wait is None else fault.wait)

    def worked(self) -> None:
        """Use it again."""
        self.trouble = ""
        self._backoff.reset()

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()
        await self._metrics.aclose()


class ServerPool:
    """Chooses the server with the fewest requests, or the last one again."""

    def __init__(self, config: ServerConfig) -> None:
        self.all = [InferenceServer(url, config) for url in config.urls]
        self._last: InferenceServer | None = None

    def free(self, without: Collection[InferenceServer] = ()) -> list[InferenceServer]:
        """Return those that may be asked now."""
        now = time.monotonic()
        return [s for s in self.all if s not in without and s.retry_at <= now]

    def choose(self, without: Collection[InferenceServer] = ()) -> InferenceServer:
        """Return the one to ask. Raise EngineError if all are avoided."""
        free = self.free(without)
        if not free:
            raise EngineError(self.trouble())
        fewest = min(server.load for server in free)
        if self._last not in free or self._last.load > fewest + _STICKY:
            # At random among equals: robots that start together must not all take the first.
            self._last = random.choice([s for s in free if s.load == fewest])
        return self._last

    def trouble(self) -> str:
        """Return why servers are avoided, and for how long."""
        now = time.monotonic()
        reasons = [
            f"{s.trouble} (again in {max(0.0, s.retry_at - now):.0f} s)"
            for s in self.all
            if s.trouble
        ]
        return "; ".join(reasons)
