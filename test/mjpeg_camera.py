"""An MJPEG camera on the loopback that misbehaves on request."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2

from test.videos import picture


def jpeg(index: int) -> bytes:
    """Return a picture brighter than all before it, up to 27; then it stays as it is."""
    return cv2.imencode(".jpg", picture(min(index, 27)))[1].tobytes()


def part(data: bytes, *, length: int | None = None) -> bytes:
    header = b"--frame\r\nContent-Type: image/jpeg\r\n"
    if length is not None:
        header += b"Content-Length: %d\r\n" % length
    return header + b"\r\n" + data + b"\r\n"


class Camera(BaseHTTPRequestHandler):
    """Serves /<behaviour>."""

    protocol_version = "HTTP/1.0"
    gone = threading.Event()

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        behaviour = getattr(self, self.path.lstrip("/").partition("?")[0], None)
        if behaviour is None:
            self.send_error(404)
            return
        with suppress(BrokenPipeError, ConnectionResetError):
            behaviour()

    def _begin(self, kind: str = "multipart/x-mixed-replace; boundary=frame") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()

    def _send(self, *parts: bytes) -> None:
        for data in parts:
            self.wfile.write(data)
            self.gone.wait(0.02)

    def good(self) -> None:
        self._begin()
        for index in range(1000):
            data = jpeg(index)
            self._send(part(data, length=len(data)))

    def nolength(self) -> None:
        self._begin()
        self._send(*(part(jpeg(index)) for index in range(500)))

    def dashes(self) -> None:
        self._begin('multipart/x-mixed-replace; boundary="--frame"')
        self._send(*(part(jpeg(index)) for index in range(500)))

    def noboundary(self) -> None:
        self._begin("multipart/x-mixed-replace")
        self._send(*(jpeg(index) + b"\r\n" for index in range(500)))

    def liar(self) -> None:
        self._begin()
        self._send(*(part(jpeg(index), length=7) for index in range(500)))

    def shreds(self) -> None:
        """Every second picture lost its end, and the pieces are tiny."""
        self._begin()
        for index in range(500):
            data = jpeg(index % 28)
            data = part(data if index % 2 else data[: len(data) // 2])
            for start in range(0, len(data), 100):
                self.wfile.write(data[start : start + 100])
            self.gone.wait(0.01)

    def garbage(self) -> None:
        self._begin()
        for _ in range(1000):
            self._send(b"\x00garbage" * 500)

    def endless(self) -> None:
        """A picture that never ends."""
        self._begin()
        self.wfile.write(b"--frame\r\n\r\n\xff\xd8")
        while not self.gone.is_set():
            self.wfile.write(b"\x11" * 1_000_000)

    def hang(self) -> None:
        self._begin()
        self._send(*(part(jpeg(index)) for index in range(3)))
        self.gone.wait(20)

    def cut(self) -> None:
        self._begin()
        self._send(*(part(jpeg(index)) for index in range(3)), part(jpeg(4))[:200])

    def mute(self) -> None:
        self.gone.wait(20)

    def page(self) -> None:
        self._begin("text/html")
        self._send(b"<html>hello</html>")

    def broken(self) -> None:
        self.send_error(503)

    def secret(self) -> None:
        want = "Basic " + base64.b64encode(b"me:pass word").decode()
        if self.headers.get("Authorization") != want:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.end_headers()
            return
        self.good()


@contextmanager
def mjpeg_camera() -> Iterator[str]:
    """Start the camera; gives http://127.0.0.1:<port>."""
    Camera.gone = threading.Event()
    with ThreadingHTTPServer(("127.0.0.1", 0), Camera) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        Camera.gone.set()
        server.shutdown()
        thread.join()
