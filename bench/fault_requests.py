"""Faults that are requests: wrong, oversized, malformed."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable

from bench.fault_table import Stage
from bench.http_fuzz import random_websocket, schemathesis, without_rate_limit


def request(headers: dict[str, str], method: str = "GET") -> Callable[[Stage], None]:
    """Send one request with these headers; what is answered counts as what the user reads."""

    def inject(stage: Stage) -> None:
        url = f"{stage.demo.url}/api/status"
        asked = urllib.request.Request(url, headers=stage.headers | headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=10) as response:
                stage.note(f"{response.status}")
        except urllib.error.HTTPError as error:
            stage.note(f"{error.code}: {json.load(error)['detail']}")

    return inject


def oversized(stage: Stage) -> None:
    """Post a body of 1 MB."""
    _post(stage, "ask", bytes(1_000_000))


def _post(stage: Stage, path: str, body: bytes) -> None:
    headers = stage.headers | {"Content-Type": "application/json"}
    url = f"{stage.demo.url}/api/{path}"
    try:
        posted = urllib.request.Request(url, data=body, headers=headers)
        urllib.request.urlopen(posted, timeout=30).close()
    except urllib.error.HTTPError as error:
        stage.note(f"{error.code}: {json.load(error)['detail']}")
    except OSError as error:  # refused before all was sent
        stage.note(f"closed: {error}")


def fuzz(stage: Stage) -> None:
    """Send what schemathesis makes of /openapi.json."""
    with without_rate_limit(stage.demo.port) as port:
        count, wrong = schemathesis(port, stage.demo.folder / "schemathesis.log", stage.headers)
    stage.note(f"{count} requests, wrong: {', '.join(wrong) or 'none'}")
    # Some requests were right, and steered.
    for path, body in (("source", {"source": "robot"}), ("enabled", {"enabled": True})):
        _post(stage, path, json.dumps(body).encode())


def websocket_noise(stage: Stage) -> None:
    """Send 60 clients' worth of random bytes to the WebSocket."""
    random_websocket(stage.demo.port, 60, stage.headers)
