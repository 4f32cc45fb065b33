from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from test.engines.server.misbehaving import Behaviour, Misbehaving
from test.engines.server.running import Running, transformers_serve, vllm
from video_commentary.engines.server.engine import ServerEngine
from video_commentary.engines.server.settings import ServerSettings


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A real server: vLLM where VLLM_PYTHON names a Python that has it, else transformers'."""
    model = tmp_path_factory.mktemp("tiny")
    # In a separate process: transformers warns a lot while it writes, and here warnings fail.
    subprocess.run(
        [sys.executable, "-m", "test.engines.server.tiny_model", str(model)],
        cwd=Path(__file__).resolve().parents[3],
        check=True,
        capture_output=True,
    )
    python = os.environ.get("VLLM_PYTHON")
    with vllm(python, model) if python else transformers_serve(model) as running:
        yield running


@pytest.fixture
def misbehaving() -> Iterator[Callable[[Behaviour], Misbehaving]]:
    """Start servers with a scripted behaviour; they end with the test."""
    servers: list[Misbehaving] = []

    def start(behave: Behaviour) -> Misbehaving:
        servers.append(Misbehaving(behave))
        return servers[-1]

    yield start
    for it in servers:
        it.close()


@pytest.fixture
def engine() -> Iterator[Callable[..., ServerEngine]]:
    """Make loaded engines; they are closed with the test."""
    engines: list[ServerEngine] = []

    def make(*urls: str, **settings: Any) -> ServerEngine:
        chosen: dict[str, Any] = {"server_url": urls, "server_speech": False} | settings
        engines.append(ServerEngine(ServerSettings(**chosen)))
        engines[-1].load()
        return engines[-1]

    yield make
    for it in engines:
        it.close()
