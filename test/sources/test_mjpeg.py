from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

from video_commentary.sources.mjpeg import MjpegReader
from video_commentary.sources.reader import SourceError


def read(url: str, count: int, timeout: float = 3.0) -> list[bytes]:
    reader = MjpegReader(url, timeout=timeout)
    reader.open()
    try:
        frames = [reader.read() for _ in range(count)]
    finally:
        reader.close()
    assert all(p is not None and p.image is None and p.jpeg for p in frames)
    times = [p.time for p in frames if p]
    assert times == sorted(times)
    return [p.jpeg for p in frames if p and p.jpeg]


def index(jpeg: bytes) -> int:
    """Return which of the camera's frames it is."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return round((float(image.mean()) - 10) / 8)


@pytest.mark.parametrize("kind", ["good", "nolength", "dashes", "noboundary", "liar"])
def test_reads_what_cameras_send(camera: str, kind: str) -> None:
    got = [index(jpeg) for jpeg in read(f"{camera}/{kind}", 5)]
    assert got == sorted(got) and got[0] < got[-1]


def test_leaves_out_torn_frames(camera: str) -> None:
    assert all(index(jpeg) % 2 for jpeg in read(f"{camera}/shreds", 5))


def test_gives_name_and_password_and_never_shows_them(camera: str) -> None:
    url = camera.replace("http://", "http://me:pass%20word@") + "/secret?key=hidden"
    assert len(read(url, 2)) == 2
    assert MjpegReader(url, timeout=1).description == f"{camera}/secret"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nothing", r"404.*check the path"),
        ("page", r"text/html, not motion JPEG"),
        ("broken", "status 503"),
        ("secret", "password"),
        ("mute", "no data in time"),
        ("garbage", "no whole JPEG"),
        ("endless", "without the end of a frame|no whole JPEG"),
    ],
)
def test_says_what_is_wrong(camera: str, path: str, says: str) -> None:
    timeout = {"mute": 0.5, "garbage": 1.5, "endless": 1.5}.get(path, 3.0)
    start = time.monotonic()
    with pytest.raises(SourceError, match=says):
        read(f"{camera}/{path}", 1, timeout=timeout)
    assert time.monotonic() - start < 10


def test_a_camera_that_hangs_is_noticed(camera: str) -> None:
    with pytest.raises(SourceError, match="no data in time"):
        read(f"{camera}/hang", 9, timeout=0.5)


def test_a_connection_that_is_cut_is_the_end(camera: str) -> None:
    reader = MjpegReader(f"{camera}/cut", timeout=3)
    reader.open()
    got: list[int] = []
    while frame := reader.read():
        assert frame.jpeg is not None
        got.append(index(frame.jpeg))
    reader.close()
    # Only the newest of those that come together, and never the torn one.
    assert got == sorted(set(got)) and got[-1:] == [2]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:9/x", "connection refused"),
        ("http://no-such-host.invalid/x", "no-such-host.invalid"),
        ("http://[bad", "Invalid IPv6"),
        ("http://127.0.0.1:nan/", "nan"),
    ],
)
def test_a_camera_that_is_not_there_is_named(url: str, says: str) -> None:
    with pytest.raises((SourceError, ValueError), match=says):
        read(url, 1)
