"""The refusals of the HTTP API, as /openapi.json documents them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class ErrorResponse(BaseModel):
    """Why a request is refused and what to do, in one sentence."""

    detail: str


_REASONS = {
    400: "The body is not valid JSON.",
    401: "A token is needed, or the one sent is wrong.",
    403: "The request comes from a page of another origin.",
    404: "There is no voice, no picture of this comment, no such watch or clip.",
    409: "The commentator or the memory refuses.",
    411: "The body has no Content-Length.",
    413: "The body is too large.",
    416: "The file ends before the range begins.",
    421: "The Host header does not name this machine.",
    422: "The body is JSON, but not what is expected.",
    429: "Too many requests; Retry-After has the seconds to wait.",
    503: "What is asked for is not there now; the same request may work later.",
}
_ANY_REQUEST = (401, 403, 411, 413, 421, 429)
"""Statuses of the middleware, which sees each request first."""


def error_docs(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that answers with these, and of the middleware."""
    return {
        status: {"model": ErrorResponse, "description": _REASONS[status]}
        for status in sorted({*_ANY_REQUEST, *statuses})
    }


def stream_docs(media_type: str, *statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a stream of this media type."""
    return {200: {"content": {media_type: {}}}, **error_docs(503, *statuses)}
