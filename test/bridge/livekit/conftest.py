"""A real LiveKit server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

# Before any use of the library, for what it does at exit.
import video_commentary.bridge.livekit.session  # noqa: F401

from .server import LiveKitServer, build_or_skip


@pytest.fixture(scope="session")
def program() -> Path:
    """livekit-server; skips without Go to build it with, but not in CI."""
    return build_or_skip()


@pytest.fixture(scope="session")
def server(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKitServer]:
    """One server for all; each test has its own room."""
    server = LiveKitServer(program, tmp_path_factory.mktemp("livekit"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_server(program: Path, tmp_path: Path) -> Iterator[LiveKitServer]:
    """A server that a test may stop; not started yet."""
    server = LiveKitServer(program, tmp_path)
    yield server
    server.stop()
