"""Decoding of files and network streams with PyAV (FFmpeg)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .reader import SourceError, SourceFrame

if TYPE_CHECKING:  # no distribution of ROS has PyAV
    import av
    from av.container import InputContainer

INSTALL = "pip install 'av>=14,<19'"

_MAX_BROKEN_PACKETS = 250
"""Consecutive packets that can't be decoded: about ten seconds, longer than a GOP."""


@lru_cache
def _reasons() -> tuple[tuple[type[BaseException], str], ...]:
    import av.error

    late = "no answer in time; is the camera on and reachable?"
    return (
        (FileNotFoundError, "no such file; check the path and, in a container, that it is mounted"),
        (IsADirectoryError, "this is a folder; name a video file in it"),
        (PermissionError, "reading it is not allowed; check its permissions"),
        (
            av.error.HTTPUnauthorizedError,
            "wrong or no password; use rtsp://name:password@host/path",
        ),
        (av.error.HTTPForbiddenError, "the server refuses us (403); check name and password"),
        (av.error.HTTPNotFoundError, "no such stream there (404); check the path in the URL"),
        (ConnectionRefusedError, "connection refused; is the camera on, are host and port right?"),
        (ConnectionResetError, "the camera closed the connection"),
        (TimeoutError, late),
        (av.error.ExitError, late),
        (av.error.InvalidDataError, "not a video that FFmpeg can read; try it with `ffplay`"),
        (av.error.DecoderNotFoundError, "unsupported codec; convert it: `ffmpeg -i IN OUT.mp4`"),
        (av.error.EOFError, "the stream ended"),
    )


def explain(error: BaseException, what: str) -> SourceError:
    """Return a SourceError that explains one of PyAV's errors; `what` names the source."""
    for kind, reason in _reasons():
        if isinstance(error, kind):
            return SourceError(f"{what}: {reason}")
    return SourceError(f"{what}: {getattr(error, 'strerror', None) or error}")


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn PyAV's errors into SourceError."""
    import av.error

    try:
        yield
    except (av.error.FFmpegError, OSError) as error:
        raise explain(error, what) from error


def open_video(
    address: str, what: str, *, options: dict[str, str] | None = None, timeout: float | None = None
) -> InputContainer:
    """Open a file or stream; `timeout` in seconds. Raise SourceError, also without PyAV."""
    try:
        import av
    except ImportError as error:
        raise SourceError(f"{what}: {error}; install PyAV, which decodes it: {INSTALL}") from None
    limits = None if timeout is None else (timeout, timeout)
    with explained(what):
        container: InputContainer = av.open(address, options=options, timeout=limits)
    return container


def decode(container: InputContainer, what: str, *, live: bool) -> Iterator[SourceFrame]:
    """Yield the frames of the first video stream, with times that start at 0 and increase.

    Skip a few broken packets, as after joining a running stream. Raise SourceError.
    """
    for time, frame in timed_frames(container, what, live=live):
        yield SourceFrame(time, upright(frame))


def timed_frames(
    container: InputContainer, what: str, *, live: bool
) -> Iterator[tuple[float, av.VideoFrame]]:
    """Yield what `decode` does, each frame with its time, before conversion to RGB."""
    if not container.streams.video:
        raise SourceError(f"{what}: no video in it, only sound or data")
    stream = container.streams.video[0]
    # Decoding frames in parallel is faster, but each thread holds back a frame.
    stream.thread_type = "SLICE" if live else "AUTO"
    period = 1 / float(stream.average_rate or stream.guessed_rate or 25)
    # AVI has no presentation times, only a constant rate; FFmpeg's guesses jump back and forth.
    timed = "avi" not in container.format.name.split(",")
    first: float | None = None
    time = -period
    for frame in _frames(container, what):
        at = frame.time if timed else None
        if at is not None and first is None:
            first = at
        passed = None if at is None or first is None else at - first
        time = passed if passed is not None and passed > time else time + period
        yield time, frame


def _frames(container: InputContainer, what: str) -> Iterator[av.VideoFrame]:
    import av.error

    broken = 0
    for packet in container.demux(video=0):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError as error:
            broken += 1
            if broken > _MAX_BROKEN_PACKETS:
                raise SourceError(f"{what}: {broken} broken packets in a row") from error
            continue
        if frames:
            broken = 0
        for frame in frames:
            assert isinstance(frame, av.VideoFrame)
            yield frame


def upright(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """Return uint8 RGB (H, W, 3), rotated as the metadata says (phones)."""
    image = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    turns = round(getattr(frame, "rotation", 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image
