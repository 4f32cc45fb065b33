"""Free ports for servers of the tests' own."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack, suppress


def free_port() -> int:
    """Return a free TCP port of loopback."""
    return free_ports(socket.SOCK_STREAM)[0]


def free_ports(*kinds: socket.SocketKind) -> list[int]:
    """Return different free ports of loopback, below those that Linux gives to connections."""
    with ExitStack() as held:
        return [_hold(held, kind) for kind in kinds]


def _hold(held: ExitStack, kind: socket.SocketKind) -> int:
    while True:
        probe = held.enter_context(socket.socket(socket.AF_INET, kind))
        with suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(20_000, 32_000)))
            return int(probe.getsockname()[1])
