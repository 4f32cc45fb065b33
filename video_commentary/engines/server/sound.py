"""Speech inside streamed chat completions."""

from __future__ import annotations

import binascii
import io
import wave
from base64 import b64decode
from typing import Any

from ...core.audio import AudioFormat, Pcm, from_bytes

_BARE = AudioFormat(24_000, 1)
"""What audio without a header is: OpenAI's pcm16."""


def modalities(speak: bool) -> dict[str, Any]:
    """Return the request fields that ask for text, or for text and speech."""
    return {"modalities": ["text", "audio"] if speak else ["text"]}


def sound(chunk: Any) -> Pcm | None:
    """Return the speech in a streamed chunk, if any. Raise ValueError if it can't be read.

    vLLM-Omni marks the chunk with `modality` and puts base64 of a WAV file into the content;
    OpenAI and others have a field `audio` in the delta.
    """
    if not chunk.choices:
        return None
    delta = chunk.choices[0].delta
    if getattr(chunk, "modality", None) == "audio":
        data = delta.content
    else:
        audio = getattr(delta, "audio", None)
        data = audio.get("data") if isinstance(audio, dict) else getattr(audio, "data", None)
    return _decoded(data) if data else None


def words(chunk: Any) -> str:
    """Return the text in a streamed chunk."""
    if not chunk.choices or getattr(chunk, "modality", None) == "audio":
        return ""
    delta = chunk.choices[0].delta
    audio = getattr(delta, "audio", None)
    spoken = audio.get("transcript") if isinstance(audio, dict) else None
    return delta.content or spoken or ""


def _decoded(text: str) -> Pcm:
    try:
        data = b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"speech that is not base64 ({error})") from None
    if data[:4] != b"RIFF":
        return from_bytes(data, _BARE)
    try:
        with wave.open(io.BytesIO(data)) as file:
            if file.getsampwidth() != 2:
                raise ValueError(f"speech of {8 * file.getsampwidth()} bits a sample; 16 are read")
            format = AudioFormat(file.getframerate(), file.getnchannels())
            # A streamed WAV doesn't know its length; readframes stops at what is there.
            return from_bytes(file.readframes(len(data)), format)
    except (wave.Error, EOFError) as error:
        raise ValueError(f"speech that is no PCM WAV ({error})") from None
