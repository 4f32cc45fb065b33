"""From a request to chat messages, laid out so that servers can reuse what they computed."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from weakref import WeakKeyDictionary

import cv2

from ...core.engine import EngineError, Request
from ...core.frames import Frame


class JpegUrls:
    """Frames as JPEG data URLs. Each is encoded once and kept as long as its frame."""

    def __init__(self, side: int, quality: int) -> None:
        """Shrink to `side` pixels on the longer side; JPEG `quality` from 1 to 100."""
        self._side = side
        self._quality = quality
        self._urls: WeakKeyDictionary[Frame, str] = WeakKeyDictionary()
        self.encoded = 0

    def url(self, frame: Frame) -> str:
        """Return a frame's data URL. Raise EngineError."""
        url = self._urls.get(frame)
        if url is None:
            url = self._urls[frame] = self._encode(frame)
        return url

    def _encode(self, frame: Frame) -> str:
        image = cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR)
        height, width = image.shape[:2]
        scale = self._side / max(height, width)
        if scale < 1:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        done, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        if not done:
            raise EngineError("a frame can't be encoded as JPEG; see the camera's diagnostics")
        self.encoded += 1
        return f"data:image/jpeg;base64,{b64encode(jpeg.tobytes()).decode()}"


def messages(request: Request, jpegs: JpegUrls) -> list[dict[str, Any]]:
    """Return the chat: the system text, then frames oldest first, then the text of this request.

    Servers reuse the KV of a common prefix, and embeddings of images they have seen (vLLM and
    SGLang hash an image's bytes, which is why a frame must never be encoded twice).
    """
    content: list[dict[str, Any]] = [
        {"type": "image_url", "image_url": {"url": jpegs.url(frame)}} for frame in request.frames
    ]
    content.append({"type": "text", "text": request.prompt.text})
    return [
        {"role": "system", "content": request.prompt.system},
        {"role": "user", "content": content},
    ]
