"""How clips become files; what they need is imported when the first one is written or played."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...core.clip import ClipContents
from ...memory.clip_buffer import ClipRefusedError


class ClipFileFormats:
    """Writes and reads MCAP and mp4 files."""

    def __init__(self, commentator: str) -> None:
        """`commentator`: its full name, for the topics of words and sound."""
        self._commentator = commentator

    def write_mcap(self, folder: Path, contents: ClipContents) -> None:
        """Make a rosbag2 folder."""
        with _needed():
            from ...ros.clip_bag import write_clip_bag

            write_clip_bag(folder, contents, self._commentator)

    def read_mcap(self, path: Path) -> ClipContents:
        """Read the MCAP file of such a folder."""
        with _needed():
            from ...ros.clip_bag import read_clip_bag

            return read_clip_bag(path)

    def write_mp4(self, path: Path, contents: ClipContents) -> None:
        """Write an mp4 file with sound and subtitles."""
        with _needed():
            from ...recording.clip_movie import write_clip_movie

            write_clip_movie(path, contents)

    def subtitles(self, contents: ClipContents) -> str:
        """Return the words as WebVTT."""
        with _needed():
            from ...recording.clip_movie import clip_vtt

            return clip_vtt(contents)


@contextmanager
def _needed() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise ClipRefusedError(
            f"clips need {error.name}: pip install -r requirements.txt"
        ) from None
