"""The settings of the server engine."""

from __future__ import annotations

from dataclasses import dataclass

from ...config.rules import setting


@dataclass(frozen=True)
class ServerSettings:
    """Settings of the server engine. The key comes from the environment: docs/scaling.md."""

    server_url: tuple[str, ...] = setting(
        ("http://127.0.0.1:8000/v1",),
        "OpenAI-compatible servers that serve the same model; each URL ends in /v1",
    )
    server_model: str = setting(
        "", "Model to request; empty for the first that the server lists in /v1/models"
    )
    server_speech: bool = setting(
        True, "Use the server's own speech, if it has any (vLLM-Omni) and voice is auto"
    )
    server_first_timeout: float = setting(
        15.0,
        "Timeout of the first token, in seconds; engine_timeout limits it too",
        low=0.5,
        high=600.0,
    )
    server_next_timeout: float = setting(
        5.0, "Timeout between two tokens, in seconds", low=0.1, high=600.0
    )
    server_image_side: int = setting(
        448,
        "Longer side, in pixels, to which larger frames are scaled down for the server",
        low=32,
        high=4096,
    )
    server_jpeg_quality: int = setting(
        80, "JPEG quality of the frames that are sent", low=1, high=100
    )
    server_extra: str = setting(
        "",
        "Further fields of each request, as a JSON object, "
        'such as {"chat_template_kwargs": {"enable_thinking": false}}',
    )
