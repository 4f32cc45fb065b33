"""The server engine's settings, checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ...core.engine import EngineError
from .settings import ServerSettings

KEY_VARIABLE = "VIDEO_COMMENTARY_SERVER_KEY"
"""The environment variable of the servers' key. OPENAI_API_KEY is left alone on purpose: it must
not be sent to whatever server_url names."""


@dataclass(frozen=True)
class ServerConfig:
    """Which servers to ask, for what and how long. Timeouts in seconds, `image_side` in pixels.

    `speech`: ask whether the server has a voice. `key` never shows in a repr.
    """

    urls: tuple[str, ...]
    model: str = ""
    key: str = field(default="", repr=False)
    speech: bool = False
    first_timeout: float = 15.0
    next_timeout: float = 5.0
    image_side: int = 448
    jpeg_quality: int = 80
    extra: Mapping[str, Any] = field(default_factory=dict)


def from_settings(
    settings: ServerSettings, environment: Mapping[str, str], *, own_voice: bool
) -> ServerConfig:
    """Check the settings. Raise EngineError that names the one that is wrong."""
    return ServerConfig(
        urls=tuple(dict.fromkeys(_url(text) for text in settings.server_url)) or _none(),
        model=settings.server_model,
        key=environment.get(KEY_VARIABLE, ""),
        speech=settings.server_speech and own_voice,
        first_timeout=settings.server_first_timeout,
        next_timeout=settings.server_next_timeout,
        image_side=settings.server_image_side,
        jpeg_quality=settings.server_jpeg_quality,
        extra=_extra(settings.server_extra),
    )


def _none() -> tuple[str, ...]:
    raise EngineError("server_url is empty: name a server, up to its /v1", retry=False)


def _url(text: str) -> str:
    parts = urlsplit(text.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise EngineError(
            f"server_url: {text!r} is no address; write it as http://host:8000/v1", retry=False
        )
    if "@" in parts.netloc:
        raise EngineError(f"server_url: the key goes into {KEY_VARIABLE}, not here", retry=False)
    return text.strip().rstrip("/")


def _extra(text: str) -> dict[str, Any]:
    try:
        fields = json.loads(text) if text.strip() else {}
    except json.JSONDecodeError as error:
        raise EngineError(f"server_extra is not JSON: {error}", retry=False) from None
    if not isinstance(fields, dict):
        raise EngineError(
            'server_extra must be a JSON object, such as {"temperature": 0.2}', retry=False
        )
    return fields
