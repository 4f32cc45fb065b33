"""Any server with OpenAI's /v1/audio/transcriptions: each utterance is sent to it as a WAV file."""

from __future__ import annotations

import io
import json
import os
import socket
import wave
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from ..core.audio import to_int16
from ..core.cancel import CancelToken
from .items import RATE, RecognizerError, Samples, Transcript

KEY_VARIABLE = "VIDEO_COMMENTARY_RECOGNIZER_API_KEY"
"""The environment variable of the server's key. OPENAI_API_KEY is left alone on purpose: it must
not go to a server that is not OpenAI's."""
_URL = "https://api.openai.com/v1"
_MODEL = "whisper-1"
_TIMEOUT = 10.0
_CONFIDENCE = 0.9
"""Of a server that does not say."""
_MAX_ANSWER = 1 << 20


class TranscriptionServer:
    """An OpenAI-compatible transcription server."""

    def __init__(self, url: str = "", model: str = "", language: str = "en") -> None:
        """Raise RecognizerError for a `url` that is none; it ends in /v1."""
        self._url = (url or _URL).rstrip("/")
        self._model = model or _MODEL
        self._language = language
        self._parts = urlsplit(self._url)
        if self._parts.scheme not in ("http", "https") or not self._parts.hostname:
            raise RecognizerError(f"recognizer_url: {url!r} is not a URL like http://host:8000/v1")

    @property
    def description(self) -> str:
        """Model and server."""
        return f"{self._model} at {self._url} (the sound is sent there)"

    def load(self) -> None:
        """Do nothing: a server that does not answer yet is tried with each utterance."""

    def transcribe(self, samples: Samples, cancel: CancelToken) -> Transcript:
        """Send the sound and return the words; `cancel` closes the connection."""
        if not len(samples):
            return Transcript("", 0.0)
        connection = self._connection()
        unsubscribe = cancel.on_cancel(lambda: _abort(connection))
        try:
            answer = self._post(connection, samples)
        except (OSError, HTTPException, ValueError, AttributeError) as error:
            # AttributeError: http.client's, of a connection that is closed while it is used.
            if cancel.cancelled:
                return Transcript("", 0.0)
            raise RecognizerError(
                f"{self._url} gave no transcript ({type(error).__name__}: {error}): check "
                "recognizer_url and that the server runs"
            ) from error
        finally:
            unsubscribe()
            connection.close()
        return Transcript(str(answer.get("text", "")).strip(), _CONFIDENCE)

    def _connection(self) -> HTTPConnection:
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        return kind(str(self._parts.hostname), self._parts.port, timeout=_TIMEOUT)

    def _post(self, connection: HTTPConnection, samples: Samples) -> dict[str, Any]:
        fields = {"model": self._model, "response_format": "json"}
        if self._language:
            fields["language"] = self._language
        body, content_type = _multipart(fields, _wav(samples))
        headers = {"Content-Type": content_type}
        if key := os.environ.get(KEY_VARIABLE):
            headers["Authorization"] = f"Bearer {key}"
        connection.request("POST", f"{self._parts.path}/audio/transcriptions", body, headers)
        response = connection.getresponse()
        data = response.read(_MAX_ANSWER)
        if response.status in (401, 403):
            raise RecognizerError(f"{self._url} refuses the key: set {KEY_VARIABLE}")
        if response.status != 200:
            reason = data[:200].decode(errors="replace").strip()
            raise RecognizerError(f"{self._url} answers {response.status}: {reason}")
        answer = json.loads(data)
        if not isinstance(answer, dict):
            raise ValueError("the answer is not an object")
        return answer

    def close(self) -> None:
        """Do nothing: no connection stays between two utterances."""


def _abort(connection: HTTPConnection) -> None:
    # Closing the socket alone does not wake a thread that reads from it; shutdown does.
    if (sock := connection.sock) is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _wav(samples: Samples) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(to_int16(samples).astype("<i2", copy=False).tobytes())
    return file.getvalue()


def _multipart(fields: dict[str, str], wav: bytes) -> tuple[bytes, str]:
    """Return a form with a file, and its content type (RFC 7578)."""
    boundary = uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="speech.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n"
    )
    body = b"".join([*parts, head.encode(), wav, f"\r\n--{boundary}--\r\n".encode()])
    return body, f"multipart/form-data; boundary={boundary}"
