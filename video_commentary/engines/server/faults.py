"""What can go wrong with a server, and what to do about it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai

from .config import KEY_VARIABLE


@dataclass
class FaultError(Exception):
    """A request failed. `message`: what happened and what to do.

    `bad_request`: another server would refuse the request too. `wait`: seconds that the server
    asked to wait. `slow`: so much time has passed that the frames are old.
    """

    message: str
    bad_request: bool = False
    wait: float | None = None
    slow: bool = False


def host(url: str) -> str:
    """Return a server's host and port."""
    return urlsplit(url).netloc


def explain(error: Exception, url: str, known: tuple[str, ...] = ()) -> FaultError:
    """Return the fault behind an error of the client; `known`: models to offer as server_model."""
    name = host(url)
    if isinstance(error, FaultError):
        return error
    if isinstance(error, openai.APIStatusError):
        return _status(error, name, known)
    if isinstance(error, openai.APITimeoutError):
        return FaultError(f"{name} doesn't answer: is it on, and is server_url right?")
    if isinstance(error, openai.APIConnectionError) and isinstance(
        error.__cause__, httpx.ConnectError
    ):
        cause = str(error.__cause__) or "no connection"
        return FaultError(f"{name} can't be reached ({cause}): start it, or correct server_url")
    if isinstance(error, (openai.APIConnectionError, httpx.HTTPError, httpx.StreamError)):
        return FaultError(f"{name} broke the connection in the middle: see its log")
    if isinstance(error, json.JSONDecodeError):
        return FaultError(f"{name} did not send a chat completion: does server_url end in /v1?")
    if isinstance(error, openai.APIError):
        return FaultError(f"{name} failed while answering ({_short(error.message)}): see its log")
    return FaultError(f"{name}: {type(error).__name__}: {_short(str(error))}")


def no_words(url: str, seconds: float, setting: str) -> FaultError:
    """Return the fault of a server that sends nothing; `setting`: the limit that was reached."""
    return FaultError(
        f"{host(url)} said nothing for {seconds:g} s: it is overloaded or hangs; add servers, "
        f"or raise {setting} if it is only slow",
        slow=True,
    )


def cut_short(url: str) -> FaultError:
    """Return the fault of an answer that stops without its end."""
    return FaultError(f"{host(url)} stopped in the middle of its answer: see its log")


def not_a_stream(url: str, kind: str) -> FaultError:
    """Return the fault of an answer that is something else, such as a web page."""
    return FaultError(
        f"{host(url)} answered with {kind or 'something unknown'} instead of a stream: server_url "
        "must name an OpenAI-compatible server, up to its /v1"
    )


def _status(error: openai.APIStatusError, name: str, known: tuple[str, ...]) -> FaultError:
    status, detail = error.status_code, _detail(error)
    if status in (401, 403):
        return FaultError(f"{name} refuses the key ({status}): set {KEY_VARIABLE} to a valid one")
    if status == 404:
        if "model" in detail.lower():
            there = f"one of {', '.join(known)}" if known else "a model it serves"
            return FaultError(f"{name} doesn't have this model (404): set server_model to {there}")
        return FaultError(f"{name} has nothing at this path (404): server_url must end in /v1")
    if status == 413:
        return FaultError(
            f"the request is too large for {name} (413): lower server_image_side, "
            "server_jpeg_quality or frames_per_request, or raise the server's limit",
            bad_request=True,
        )
    if status == 429:
        wait = _retry_after(error.response.headers.get("retry-after", ""))
        asked = f"; it asks to wait {wait:.0f} s" if wait is not None else ""
        return FaultError(f"{name} is busy (429){asked}: add servers, or comment less", wait=wait)
    if status in (400, 422):
        return FaultError(_refused(name, status, detail), bad_request=True)
    wait = _retry_after(error.response.headers.get("retry-after", ""))
    return FaultError(f"{name} failed ({status}): see its log{_in_brackets(detail)}", wait=wait)


def _refused(name: str, status: int, detail: str) -> str:
    lower = detail.lower()
    if "context length" in lower or "max_model_len" in lower or "context size" in lower:
        advice = "lower frames_per_request or server_image_side, or give the server more context"
    elif "image" in lower or "multimodal" in lower or "mmproj" in lower:
        advice = "serve a model that sees, with room for frames_per_request images in a prompt"
    else:
        advice = "check server_extra and the model"
    return f"{name} refuses the request ({status}): {advice}{_in_brackets(detail)}"


def _detail(error: openai.APIStatusError) -> str:
    """Return the server's own words, without markup."""
    if "html" in error.response.headers.get("content-type", ""):
        return ""
    body: Any = error.body
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or body.get("error") or ""
    return _short(body if isinstance(body, str) else json.dumps(body, default=str))


def _in_brackets(detail: str) -> str:
    return f" ({detail})" if detail and detail != "null" else ""


def _short(text: str, most: int = 160) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[:most] + "…"


def _retry_after(text: str) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3): a number or a date."""
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None
