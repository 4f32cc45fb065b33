"""From settings to a reader."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..config.settings import SourceSettings
from .reader import Reader, shown


def create_reader(settings: SourceSettings) -> Reader:
    """Return the reader for `settings.source`, not opened yet. Raise ValueError.

    Each kind is imported only when it is wanted: FFmpeg and OpenCV are slow to load.
    """
    source = settings.source
    scheme = urlsplit(source).scheme.lower() if "://" in source else ""
    if source == "test":
        from .scene import StreetScene

        return StreetScene(settings.width, settings.height, settings.fps, clock=settings.clock)
    if scheme in ("rtsp", "rtsps"):
        from .rtsp import RtspReader

        return RtspReader(source, timeout=settings.freeze_timeout)
    if scheme in ("http", "https"):
        from .mjpeg import MjpegReader

        return MjpegReader(source, timeout=settings.freeze_timeout)
    if source.startswith("/dev/"):
        from .device import DeviceReader

        return DeviceReader(source, settings.width, settings.height, settings.fps)
    if scheme not in ("", "file") or not source:
        raise ValueError(
            f"source: can't read {shown(source)!r}; give test, a file's path, "
            "rtsp://..., http://... (MJPEG) or /dev/video<n>"
        )
    from .file import FileReader

    path = unquote(urlsplit(source).path) if scheme else source
    return FileReader(Path(path), loop=settings.loop)
