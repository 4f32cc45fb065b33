from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_commentary.sources import multipart
from video_commentary.sources.multipart import JpegStreamParser

JPEGS = [b"\xff\xd8" + bytes([n]) * (50 * n + 1) + b"\xff\xd9" for n in range(1, 6)]


def stream(*, length: bool, end: bytes = b"\r\n") -> bytes:
    parts = []
    for jpeg in JPEGS:
        header = b"--frame" + end + b"Content-Type: image/jpeg" + end
        if length:
            header += b"content-length: %d" % len(jpeg) + end
        parts.append(header + end + jpeg + end)
    return b"".join(parts) + b"--frame--" + end


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("boundary", ["frame", "--frame"])
@given(cuts=st.lists(st.integers(0, 1500), max_size=10))
def test_gives_every_frame_however_it_is_cut(
    length: bool, end: bytes, boundary: str, cuts: list[int]
) -> None:
    data = stream(length=length, end=end)
    parts = JpegStreamParser(boundary)
    edges = [0, *sorted(cuts), len(data)]
    got = [jpeg for a, b in pairwise(edges) for jpeg in parts.push(data[a:b])]
    assert got == JPEGS


@given(st.binary(max_size=3000))
def test_survives_anything(data: bytes) -> None:
    parts = JpegStreamParser("frame")
    parts.push(data)
    got = parts.push(b"\r\n--frame\r\n\r\n" + JPEGS[0] + b"\r\n--frame\r\n")
    assert all(jpeg.startswith(b"\xff\xd8") and jpeg.endswith(b"\xff\xd9") for jpeg in got)


def test_leaves_out_a_frame_without_its_end() -> None:
    parts = JpegStreamParser("frame")
    torn = JPEGS[1][:40]
    data = b"--frame\r\n\r\n" + torn + b"\r\n--frame\r\n\r\n" + JPEGS[2] + b"\r\n--frame\r\n"
    assert parts.push(data) == [JPEGS[2]]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "MAX_JPEG_BYTES", 10_000)
    parts = JpegStreamParser("frame")
    for _ in range(100):
        parts.push(b"no frame in here " * 50)
    assert len(parts._buffer) <= 4096
    with pytest.raises(ValueError, match="without the end"):
        parts.push(b"\xff\xd8" + b"\x00" * 20_000)
