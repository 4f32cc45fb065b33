"""A language model that chooses the act for what the rules do not know.

Any OpenAI-compatible server. The choice is constrained to the kinds of acts by a JSON schema, which
vLLM, llama.cpp, SGLang and OpenAI enforce while they decode.
"""

from __future__ import annotations

import json
import os
import urllib.request
from http.client import HTTPException
from typing import Any, Protocol
from urllib.parse import urlsplit

from .intents import MAX_WORDS, NOTHING, Act, ActKind

KEY_VARIABLE = "VIDEO_COMMENTARY_CHOOSER_KEY"
"""The environment variable of the server's key."""
_TIMEOUT = 3.0
"""Seconds; a person who gets no reaction for longer says it again."""
_CONFIDENCE = 0.6
_MAX_ANSWER = 1 << 20
_MAX_ARGUMENT = 200
_CHOICES = (
    ActKind.INSTRUCTION,
    ActKind.QUESTION,
    ActKind.WATCH,
    ActKind.RECALL,
    ActKind.STOP,
    ActKind.GO_ON,
    ActKind.NONE,
)
_WITH_ARGUMENT = frozenset(_CHOICES[:4])
_SYSTEM = """\
Somebody near a robot said the sentence below, as a speech recognizer wrote it. The robot comments \
aloud on what its cameras see. Choose what the sentence asks of the robot:
instruction: what to talk about, or how, from now on. argument: that instruction.
question: about what can be seen now. argument: the question.
watch: to be told when something is seen. argument: the condition, such as "a person enters".
recall: a question about the past. argument: the question.
stop: to be quiet. go_on: to talk again. For these the argument is empty.
none: anything else, such as talk with other people, television, or words that make no sense.
If unsure, choose none."""
_SCHEMA = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": [kind.value for kind in _CHOICES]},
        "argument": {"type": "string", "maxLength": _MAX_ARGUMENT},
    },
    "required": ["kind", "argument"],
    "additionalProperties": False,
}


class ChooserError(Exception):
    """The model did not choose; the message says why and what to do."""


class Chooser(Protocol):
    """Chooses the act for a sentence."""

    def choose(self, text: str) -> Act:
        """Return the act, NONE for a sentence that asks for nothing. Raise ChooserError."""
        ...


class ServerChooser:
    """Asks a chat model. `url` ends in /v1; an empty `model` stands for the server's first."""

    def __init__(self, url: str, model: str = "") -> None:
        """Raise ChooserError for a `url` that is none."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ChooserError(f"chooser_url: {url!r} is not a URL like http://host:8000/v1")
        self._url = url.rstrip("/")
        self._model = model

    def choose(self, text: str) -> Act:
        """Ask the server, for at most 3 s. Raise ChooserError."""
        if not 1 <= len(text.split()) <= MAX_WORDS:
            return NOTHING
        body = {
            "model": self._model or self._first_model(),
            "messages": [
                {"role": "system", "content": _SYSTEM},
                {"role": "user", "content": text},
            ],
            "temperature": 0,
            "max_tokens": 128,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "act", "schema": _SCHEMA, "strict": True},
            },
        }
        answer = self._call("/chat/completions", body)
        try:
            return _act(json.loads(answer["choices"][0]["message"]["content"]))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ChooserError(
                f"{self._url} did not keep to the JSON schema ({error!r}): choose a server and a "
                "model with structured output, or leave chooser_url empty"
            ) from error

    def _first_model(self) -> str:
        try:
            return str(self._call("/models")["data"][0]["id"])
        except (KeyError, IndexError, TypeError) as error:
            raise ChooserError(f"{self._url} lists no model: set chooser_model") from error

    def _call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get(KEY_VARIABLE):
            headers["Authorization"] = f"Bearer {key}"
        data = None if body is None else json.dumps(body).encode()
        # only http and https: __init__ has checked that
        request = urllib.request.Request(self._url + path, data, headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:  # noqa: S310
                return json.loads(response.read(_MAX_ANSWER))
        except (OSError, HTTPException, ValueError) as error:
            raise ChooserError(
                f"{self._url} chose nothing ({error}): check chooser_url and that the server runs"
            ) from error


def _act(chosen: dict[str, Any]) -> Act:
    kind = ActKind(chosen["kind"])
    if kind not in _CHOICES:
        raise ValueError(f"kind {kind.value}")
    argument = str(chosen["argument"]).strip() if kind in _WITH_ARGUMENT else ""
    if kind is ActKind.NONE or (kind in _WITH_ARGUMENT and not argument):
        return NOTHING
    return Act(kind, argument[:_MAX_ARGUMENT], _CONFIDENCE)
