"""Clips for tests: contents, and files that need no codec."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from video_commentary.core.audio import OUTPUT_FORMAT
from video_commentary.core.clip import ClipContents, ClipPicture, ClipSound, ClipWords
from video_commentary.core.comment import Comment
from video_commentary.core.stamp import NANOSECONDS, Stamp, from_seconds
from video_commentary.memory.clip_buffer import ClipOrder, CutClip

START: Stamp = 1_700_000_000 * NANOSECONDS


def at(seconds: float) -> Stamp:
    return START + from_seconds(seconds)


def jpeg(number: int, size: tuple[int, int] = (64, 48)) -> bytes:
    """Return a picture whose brightness says its number, 0 to 50."""
    width, height = size
    ok, data = cv2.imencode(".jpg", np.full((height, width, 3), 5 * number, np.uint8))
    assert ok
    return data.tobytes()


def said(text: str, seconds: float, **fields: Any) -> Comment:
    stamp = at(seconds)
    values: dict[str, Any] = {
        "sequence": 1,
        "camera": "eye",
        "newest": stamp,
        "oldest": stamp,
        "instruction": "",
        "question": "",
        "requested": stamp,
        "text": text,
        "first_words": stamp,
        "final": True,
    }
    return Comment(**(values | fields))


def tone(seconds: float) -> bytes:
    time = np.arange(round(seconds * OUTPUT_FORMAT.rate)) / OUTPUT_FORMAT.rate
    return (8000 * np.sin(2 * np.pi * 440 * time)).astype("<i2").tobytes()


def contents(pictures: int = 20, fps: float = 10.0) -> ClipContents:
    """Return pictures at 10 a second, a sentence at 0.5 s with 0.6 s of sound, and one without."""
    heard, shown = at(0.5), at(1.4)
    return ClipContents(
        camera="eye",
        topic="/camera/image_raw",
        pictures=tuple(ClipPicture(at(i / fps), jpeg(i)) for i in range(pictures)),
        words=(
            ClipWords(heard, said("A red <car>.", 0.3, first_sound=heard)),
            ClipWords(shown, said("It stops.", 1.4, sequence=2)),
        ),
        sound=tuple(ClipSound(at(0.5 + 0.04 * i), tone(0.04)) for i in range(15)),
    )


def cut(id: str, of: ClipContents | None = None, name: str = "door") -> CutClip:
    chosen = of or contents()
    order = ClipOrder(id=id, name=name, moment=at(1.0), before=1.0, after=1.0)
    return CutClip(order, chosen)


class PlainFiles:
    """Writes the pictures one after the other; `made` counts the mp4 files."""

    def __init__(self) -> None:
        self.made = 0

    def write_mcap(self, folder: Path, contents: ClipContents) -> None:
        folder.mkdir()
        with (folder / f"{folder.name}.mcap").open("wb") as file:
            for picture in contents.pictures:
                file.write(picture.jpeg)

    def read_mcap(self, path: Path) -> ClipContents:
        path.read_bytes()
        return contents()

    def write_mp4(self, path: Path, contents: ClipContents) -> None:
        self.made += 1
        path.write_bytes(b"movie")

    def subtitles(self, contents: ClipContents) -> str:
        return json.dumps([words.comment.text for words in contents.words])
