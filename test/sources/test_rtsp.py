"""The RTSP reader against a small camera on the loopback: RTP by FFmpeg, interleaved in TCP."""

from __future__ import annotations

import base64
import socketserver
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import av
import av.error
import pytest

from test.videos import picture
from video_commentary.sources.reader import SourceError
from video_commentary.sources.rtsp import RtspReader

_SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000\r\na=control:track\r\n"
)
_SOUND = "m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=control:sound\r\n"
_FPS = 50


class Camera(socketserver.StreamRequestHandler):
    """Serves rtsp://.../good, hang (stops after a while), cut, secret (needs me:password).

    With sound: its video hangs, and its sound continues for clients that requested it.
    """

    gone = threading.Event()
    sound = False

    def handle(self) -> None:
        with suppress(BrokenPipeError, ConnectionResetError, ValueError, av.error.FFmpegError):
            while self._answer():
                pass

    def _answer(self) -> bool:
        lines: list[str] = []
        while (line := self.rfile.readline().decode().strip()) or not lines:
            if not line:
                return False
            lines.append(line)
        verb, url, _ = lines[0].split()
        headers = dict(line.split(": ", 1) for line in lines[1:])
        path = url.rstrip("/").removesuffix("/track").removesuffix("/sound").rpartition("/")[2]
        login = "Basic " + base64.b64encode(b"me:password").decode()
        if path not in ("good", "hang", "talks", "cut", "secret"):
            self._reply(headers, "404 Not Found")
        elif path == "secret" and headers.get("Authorization") != login:
            self._reply(headers, "401 Unauthorized", 'WWW-Authenticate: Basic realm="camera"')
        elif verb == "DESCRIBE":
            body = _SDP + (_SOUND if path == "talks" else "")
            self._reply(headers, "200 OK", "Content-Type: application/sdp", body=body)
        elif verb == "SETUP":
            assert "RTP/AVP/TCP" in headers["Transport"]
            self.sound = self.sound or url.endswith("/sound")
            self._reply(headers, "200 OK", f"Transport: {headers['Transport']}", "Session: 1")
        else:
            self._reply(headers, "200 OK", "Public: DESCRIBE, SETUP, PLAY, TEARDOWN", "Session: 1")
        if verb == "PLAY":
            self._play(path)
        return verb != "PLAY"

    def _reply(self, asked: dict[str, str], status: str, *headers: str, body: str = "") -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {asked['CSeq']}", *headers]
        lines += [f"Content-Length: {len(body)}", "", body]
        self.wfile.write("\r\n".join(lines).encode())

    def write(self, packet: bytes) -> int:
        """Send what FFmpeg's RTP muxer writes: one packet a call, RTCP (200) on its own channel."""
        channel = 1 if packet[1] == 200 else 0
        self.wfile.write(struct.pack(">cBH", b"$", channel, len(packet)) + bytes(packet))
        return len(packet)

    def _play(self, path: str) -> None:
        with av.open(self, "w", format="rtp", options={"packetsize": "1400"}) as container:
            stream = container.add_stream("mpeg4", rate=_FPS)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            start = time.monotonic()
            for index in range(20 if path in ("hang", "talks", "cut") else 2000):
                frame = av.VideoFrame.from_ndarray(picture(index), format="rgb24")
                frame.pts = index
                container.mux(stream.encode(frame))
                due = start + (index + 1) / _FPS
                if self.gone.wait(max(0.0, due - time.monotonic())):
                    return
            for number in range(400 if self.sound else 0):
                self._talk(number)
                self.gone.wait(0.02)
            if path in ("hang", "talks"):
                self.gone.wait(20)

    def _talk(self, number: int) -> None:
        """Send 20 ms of mu-law silence (RFC 3550, 5.1) on the second stream's channel."""
        packet = struct.pack(">BBHII", 0x80, 0, number, 160 * number, 7) + b"\xff" * 160
        self.wfile.write(struct.pack(">cBH", b"$", 2, len(packet)) + packet)


@pytest.fixture
def camera() -> Iterator[str]:
    """Start the camera; gives rtsp://127.0.0.1:<port>."""
    Camera.gone = threading.Event()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Camera) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"rtsp://127.0.0.1:{server.server_address[1]}"
        Camera.gone.set()
        server.shutdown()
        thread.join()


def greys(url: str, count: int, timeout: float = 3.0) -> list[int]:
    reader = RtspReader(url, timeout=timeout)
    reader.open()
    try:
        got: list[int] = []
        while len(got) < count and (shot := reader.read()):
            assert shot.image is not None
            got.append(round((float(shot.image.mean()) - 10) / 8))
        return got
    finally:
        reader.close()


def test_reads_a_camera_in_order_and_on_time(camera: str) -> None:
    reader = RtspReader(f"{camera}/good", timeout=3)
    reader.open()
    start = time.monotonic()
    shots = [reader.read() for _ in range(40)]
    took = time.monotonic() - start
    reader.close()
    times = [shot.time for shot in shots if shot]
    assert len(times) == 40 and times == sorted(times)
    assert times[-1] == pytest.approx(39 / _FPS, abs=0.1)
    assert took < 39 / _FPS + 0.5


def test_gives_name_and_password(camera: str) -> None:
    assert greys(camera.replace("//", "//me:password@") + "/secret", 3)


@pytest.mark.parametrize(
    ("path", "says"), [("secret", "password"), ("nothing", "404.*check the path")]
)
def test_says_why_it_is_refused(camera: str, path: str, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        greys(f"{camera}/{path}", 1)


@pytest.mark.parametrize("path", ["hang", "talks"])
def test_a_camera_that_hangs_is_noticed(camera: str, path: str) -> None:
    start = time.monotonic()
    with pytest.raises(SourceError, match="no answer in time"):
        greys(f"{camera}/{path}", 100, timeout=1.0)
    assert time.monotonic() - start < 6


def test_a_camera_that_ends_the_stream_is_noticed(camera: str) -> None:
    reader = RtspReader(f"{camera}/cut", timeout=2.0)
    reader.open()
    got = 0
    with suppress(SourceError):
        while reader.read():
            got += 1
    reader.close()
    assert 0 < got <= 20


def test_a_server_that_talks_something_else_is_refused() -> None:
    class Rude(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"SSH-2.0-OpenSSH\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Rude) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            with pytest.raises(SourceError, match="127.0.0.1"):
                greys(f"rtsp://127.0.0.1:{server.server_address[1]}/x", 1, timeout=1.0)
        finally:
            server.shutdown()
            thread.join()
