"""Picture and sound as HTTP responses."""

from __future__ import annotations

import asyncio
import struct
import time
from typing import Annotated

import numpy as np
from fastapi import APIRouter, HTTPException, Path, Response
from numpy.typing import NDArray

from ..core.audio import OUTPUT_FORMAT
from .context import Context
from .error_docs import stream_docs
from .items import Cut, JpegFrame, Loudness, Sound
from .robot_gateway import RobotGateway
from .speech_stream import SpeechStream
from .streaming import Chunks, StreamResponse
from .wire import BOUNDARY, mjpeg_part

_STEP = 0.04
"""Seconds of sound in each chunk."""
_RATE, _CHANNELS = OUTPUT_FORMAT.rate, OUTPUT_FORMAT.channels
_MJPEG = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
_RAW_AUDIO = f"audio/x-raw;format=S16LE;rate={_RATE};channels={_CHANNELS};layout=interleaved"


def media_routes(context: Context) -> APIRouter:
    """Return the routes for picture and sound."""
    routes = APIRouter(prefix="/api", tags=["media"])
    gateway = context.gateway

    @routes.get("/frame", response_class=Response, responses=stream_docs("image/jpeg"))
    async def frame() -> Response:
        """Return the newest picture, not delayed, with its stamp in X-Timestamp."""
        newest = await gateway.display.snapshot()
        if newest is None:
            raise HTTPException(503, gateway.situation.camera_trouble or "no picture has come yet")
        return _picture(newest)

    @routes.get(
        "/comments/{number}/picture",
        response_class=Response,
        responses=stream_docs("image/jpeg", 404),
    )
    async def comment_picture(number: Annotated[int, Path(ge=1)]) -> Response:
        """Return a small picture of what a comment (its `id`) was said about; X-Timestamp."""
        snapshot = gateway.snapshots.of(number)
        if snapshot is None:
            raise HTTPException(404, "there is no picture of this comment, or none any more")
        return _picture(snapshot)

    @routes.get("/mjpeg", response_class=Response, responses=stream_docs(_MJPEG))
    async def mjpeg() -> Response:
        """Stream pictures, delayed so that the words match; X-Timestamp on each."""
        return StreamResponse(context, "mjpeg", _pictures(gateway), _MJPEG)

    @routes.get("/audio-stream", response_class=Response, responses=stream_docs(_RAW_AUDIO, 404))
    async def audio_stream() -> Response:
        """Stream speech: 48 kHz mono int16, little endian, silence in the gaps."""
        _require_voice(gateway)
        headers = {
            "X-Audio-Format": "S16LE",
            "X-Audio-Rate": str(_RATE),
            "X-Audio-Channels": str(_CHANNELS),
        }
        return StreamResponse(context, "audio", _speech(gateway), _RAW_AUDIO, headers)

    @routes.get("/audio.wav", response_class=Response, responses=stream_docs("audio/wav", 404))
    async def audio_wav() -> Response:
        """Stream the same as a WAV file without an end, which any player can play."""
        _require_voice(gateway)
        return StreamResponse(context, "audio", _speech(gateway, wav_header()), "audio/wav")

    return routes


def _picture(frame: JpegFrame) -> Response:
    headers = {"X-Timestamp": f"{frame.stamp:.6f}", "Cache-Control": "no-store"}
    return Response(frame.jpeg, media_type="image/jpeg", headers=headers)


def _require_voice(gateway: RobotGateway) -> None:
    situation = gateway.situation
    if situation.commentator_trouble:
        raise HTTPException(503, situation.commentator_trouble)
    report = situation.report
    if not report.speaks:
        # The voice has no name until the engine is loaded: the same request may work then.
        raise HTTPException(
            404 if report.voice else 503, f"there is no voice: {report.voice or report.detail}"
        )


async def _pictures(gateway: RobotGateway) -> Chunks:
    viewer = gateway.display.watch()
    try:
        yield f"--{BOUNDARY}\r\n".encode()
        while True:
            yield mjpeg_part(await viewer.next())
    finally:
        viewer.close()


async def _speech(gateway: RobotGateway, header: bytes = b"") -> Chunks:
    subscriber = gateway.broadcast.subscribe(Sound, Cut, Loudness)
    stream = SpeechStream(time.monotonic())
    try:
        if header:
            yield header
        while True:
            await asyncio.sleep(_STEP)
            now = time.monotonic()
            while item := subscriber.poll():
                if isinstance(item, Sound):
                    due = now + item.heard_at - gateway.robot.now()
                    subscriber.dropped += stream.push(item.pcm, due)
                elif isinstance(item, Loudness):
                    stream.loudness = item.level
                else:
                    stream.cut()
            yield _bytes(stream.read(now))
    finally:
        subscriber.close()


def _bytes(samples: NDArray[np.int16]) -> bytes:
    return samples.astype("<i2", copy=False).tobytes()


def wav_header() -> bytes:
    """Return the header of a WAV file of unknown length: the largest the format allows."""
    endless = 0xFFFFFFFF
    frame = 2 * _CHANNELS
    return (
        struct.pack("<4sI4s", b"RIFF", endless, b"WAVE")
        + struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, _CHANNELS, _RATE, _RATE * frame, frame, 16)
        + struct.pack("<4sI", b"data", endless)
    )
