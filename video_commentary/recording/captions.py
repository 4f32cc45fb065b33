"""Comments as captions, and the text files that carry them."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..core.pacing import READING_SPEED
from ..core.stamp import Stamp, to_seconds

_LEAST = 1.5
"""Seconds the shortest caption stays."""
_LINE = 42
"""Characters in a line, as subtitles have at most."""


@dataclass(frozen=True, kw_only=True)
class Caption:
    """A comment in a recording, heard (if `spoken`) or shown from `start` to `end`.

    `start`, `end`: seconds of the recording. `oldest`, `newest`: stamps of the comment's frames.
    """

    start: float
    end: float
    text: str
    oldest: Stamp
    newest: Stamp
    spoken: bool


def readable(captions: Sequence[Caption], end: float) -> list[Caption]:
    """Let each stay long enough to be read, but not into the next, nor (unspoken) beyond `end`."""
    shown = []
    for index, caption in enumerate(captions):
        following = captions[index + 1].start if index + 1 < len(captions) else float("inf")
        wanted = caption.start + max(_LEAST, len(caption.text) / READING_SPEED)
        latest = min(following, max(end, caption.end))
        shown.append(replace(caption, end=min(max(caption.end, wanted), latest)))
    return shown


def lines(text: str) -> str:
    """Break a text into lines of a subtitle's width."""
    return "\n".join(textwrap.wrap(text, _LINE))


def srt(captions: Sequence[Caption]) -> str:
    """Return a SubRip file."""
    blocks = [
        f"{number}\n{_clock(c.start, ',')} --> {_clock(c.end, ',')}\n{lines(c.text)}\n"
        for number, c in enumerate(captions, 1)
    ]
    return "\n".join(blocks)


def vtt(captions: Sequence[Caption]) -> str:
    """Return a WebVTT file."""
    blocks = [
        f"{_clock(c.start, '.')} --> {_clock(c.end, '.')}\n{_escaped(lines(c.text))}\n"
        for c in captions
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def jsonl(captions: Sequence[Caption]) -> str:
    """Return one JSON object a line."""
    entries = [
        {
            "start": round(c.start, 3),
            "end": round(c.end, 3),
            "text": c.text,
            "oldest_stamp": round(to_seconds(c.oldest), 6),
            "newest_stamp": round(to_seconds(c.newest), 6),
            "spoken": c.spoken,
        }
        for c in captions
    ]
    return "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)


def _clock(seconds: float, point: str) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    minutes, second = divmod(whole, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}{point}{milliseconds:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
