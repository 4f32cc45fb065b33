"""A small OpenAI-compatible server that streams words: chat_server PORT.

The file that BENCH_FAULT names holds the seconds between two words, 0.1 without one.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from bench.faulty_plugins import fault
from test.engines.server.misbehaving import Handler, Misbehaving, chunk

_PAUSE = 0.1
_WORDS = 12


def behave(handler: Handler, body: dict[str, Any]) -> None:
    """Stream a dozen words."""
    handler.begin()
    for number in range(_WORDS):
        handler.event(chunk(f"word {number} "))
        time.sleep(float(fault() or _PAUSE))
    handler.event(chunk(finish="stop"))
    handler.event("[DONE]")
    handler.end()


if __name__ == "__main__":
    Misbehaving(behave, int(sys.argv[1]))
    threading.Event().wait()
