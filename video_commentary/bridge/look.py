"""What the robot sees now: a picture, what is in view, and the last comments."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..core.stamp import to_seconds
from .items import JpegFrame, PictureBox

if TYPE_CHECKING:
    from .jpeg import ScaledJpeg
    from .robot_gateway import RobotGateway

_BOXES_TIMEOUT = 2.0
"""Seconds to wait for boxes: unless somebody wants them already, they are first subscribed to."""
_POLL = 0.02
_TOLERANCE = 0.5
"""Seconds between boxes and the picture they are shown with."""
_COMMENTS = 5
_MAX_SIDE = 1024
"""Pixels; assistants scale larger pictures down, or refuse them."""
_QUALITY = 80


class NoPictureError(Exception):
    """No picture has come; the message says what to do."""


async def look(gateway: RobotGateway) -> dict[str, Any]:
    """Return the picture as a data: URL, what is in view, health, and the last comments.

    `size`: the picture's width and height; `box` is in its pixels: left, top, right, bottom.
    `things` is null where no engine says what it sees. Stamps are in seconds. Raise
    NoPictureError.
    """
    situation = gateway.situation
    newest = await gateway.display.snapshot()
    if newest is None:
        raise NoPictureError(situation.camera_trouble or "no picture has come yet")
    stamp, boxes = None, None
    if not situation.commentator_trouble:
        stamp, boxes = await _next_boxes(gateway)
    frame = newest if stamp is None else _nearest(gateway, stamp, newest)
    picture = await asyncio.to_thread(_sent, frame)
    width, _ = frame.camera_size or picture.original_size
    things = None if boxes is None else [_thing(box, picture.size[0] / width) for box in boxes]
    return {
        "picture": f"data:image/jpeg;base64,{base64.b64encode(picture.jpeg).decode()}",
        "size": picture.size,
        "stamp": frame.stamp,
        "seconds_ago": round(max(0.0, gateway.display.now() - frame.stamp), 1),
        "trouble": situation.camera_trouble or situation.commentator_trouble,
        "camera": situation.camera,
        "source": situation.source,
        "state": situation.report.state,
        "instruction": situation.report.instruction,
        "things": things,
        "comments": _comments(gateway),
    }


def _sent(frame: JpegFrame) -> ScaledJpeg:
    from .jpeg import scaled_down  # brings OpenCV, which the stdio server does without

    picture = scaled_down(frame.jpeg, _MAX_SIDE, _QUALITY)
    if picture is None:
        raise NoPictureError("the camera's picture can't be decoded: see the camera's driver")
    return picture


async def _next_boxes(
    gateway: RobotGateway,
) -> tuple[float, Sequence[PictureBox]] | tuple[None, None]:
    """Return the next frame's stamp and boxes; None if none come."""
    gateway.boxes.enter()
    try:
        before = gateway.boxes.newest_stamp
        deadline = time.monotonic() + _BOXES_TIMEOUT
        while (stamp := gateway.boxes.newest_stamp) in (None, before):
            if time.monotonic() > deadline:
                return None, None
            await asyncio.sleep(_POLL)
        assert stamp is not None
        return stamp, gateway.boxes.at(stamp)
    finally:
        gateway.boxes.leave()


def _nearest(gateway: RobotGateway, stamp: float, newest: JpegFrame) -> JpegFrame:
    """Return the picture that boxes with this stamp belong to, or else the newest."""
    frames = [frame for frame in gateway.display.buffer.around(stamp) if frame]
    nearest = min(frames, key=lambda frame: abs(frame.stamp - stamp), default=newest)
    return nearest if abs(nearest.stamp - stamp) < _TOLERANCE else newest


def _thing(box: PictureBox, scale: float) -> dict[str, Any]:
    edges = (box.left, box.top, box.right, box.bottom)
    return {
        "name": box.name,
        "track": box.track,
        "score": round(box.score, 2),
        "box": [round(edge * scale) for edge in edges],
    }


def _comments(gateway: RobotGateway) -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "seen": to_seconds(comment.newest),
            "text": comment.text,
            "question": comment.question,
        }
        for number, comment in gateway.history.finals(_COMMENTS)
    ]
