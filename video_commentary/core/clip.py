"""Clips: the pictures, words and sound around a moment. All stamps are in the camera's time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from .audio import OUTPUT_FORMAT
from .comment import Comment
from .stamp import NANOSECONDS, Stamp

MCAP, MP4 = "mcap", "mp4"
CLIP_FORMATS = (MCAP, MP4)
"""In which clips are written."""
VTT, JPEG = "vtt", "jpeg"
READ_FORMATS = (MCAP, MP4, VTT, JPEG)
"""In which clips can be read: also their subtitles, and the picture nearest to the moment."""
MAX_CHUNK = 262_144
"""Bytes of a clip's file that are read at once."""


@dataclass(frozen=True, kw_only=True)
class RecordedClip:
    """A recorded clip.

    `name`: the watch's, or what was given. `begin`, `end`: stamps of the first and the last
    picture. `moment`: what it was kept for happened then. `alert`: id of the alert's entry in the
    memory, 0 without one. `camera`: its frame_id. `format`: one of `CLIP_FORMATS`. `size`: bytes
    of the file. `pictures`: how many.
    """

    id: str
    name: str
    begin: Stamp
    end: Stamp
    moment: Stamp
    alert: int
    camera: str
    format: str
    size: int
    pictures: int

    def values(self) -> dict[str, str | int]:
        """Return the fields, for JSON."""
        return asdict(self)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> RecordedClip:
        """Return a clip of what `values` returned. Raise ValueError if it is anything else."""
        known = {field.name: field.type for field in fields(cls)}
        if set(values) != set(known):
            raise ValueError(f"a clip has {', '.join(known)}")
        for name, kind in known.items():
            expected = str if kind == "str" else int
            if not isinstance(values[name], expected):
                raise ValueError(f"{name}: {values[name]!r} is no {expected.__name__}")
        return cls(**values)


@dataclass(frozen=True)
class ClipPicture:
    """A picture as a JPEG."""

    stamp: Stamp
    jpeg: bytes


@dataclass(frozen=True)
class ClipWords:
    """A comment, and when its words were heard, or shown if it had no sound."""

    stamp: Stamp
    comment: Comment


@dataclass(frozen=True)
class ClipSound:
    """A block of speech, int16 little endian in `OUTPUT_FORMAT`; `stamp`: of its first sample."""

    stamp: Stamp
    samples: bytes

    @property
    def end(self) -> Stamp:
        """When its last sample was heard."""
        bytes_a_second = 2 * OUTPUT_FORMAT.rate * OUTPUT_FORMAT.channels
        return self.stamp + len(self.samples) * NANOSECONDS // bytes_a_second


@dataclass(frozen=True, kw_only=True)
class ClipContents:
    """What is in a clip: each in the order of its stamps, with at least one picture.

    `camera`: frame_id. `topic`: the camera's topic.
    """

    camera: str
    topic: str
    pictures: tuple[ClipPicture, ...]
    words: tuple[ClipWords, ...] = ()
    sound: tuple[ClipSound, ...] = ()

    @property
    def begin(self) -> Stamp:
        """Stamp of the first picture."""
        return self.pictures[0].stamp

    @property
    def end(self) -> Stamp:
        """Stamp of the last picture."""
        return self.pictures[-1].stamp

    @property
    def size(self) -> int:
        """Bytes of pictures and sound."""
        pictures = sum(len(picture.jpeg) for picture in self.pictures)
        return pictures + sum(len(block.samples) for block in self.sound)

    def picture_at(self, stamp: Stamp) -> ClipPicture:
        """Return the picture nearest to a stamp."""
        return min(self.pictures, key=lambda picture: abs(picture.stamp - stamp))
