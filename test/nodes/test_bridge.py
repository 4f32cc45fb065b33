"""The bridge node between a real ROS graph and real clients."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from test.nodes.graph import Probe, Process, commentator, probe, process
from test.ports import free_port
from video_commentary.ros.images_out import encode_jpeg
from video_commentary.sources.frame_counter import read_index

HEAD = struct.Struct("<B3xId")


class Bridge:
    """A bridge node's process, and a client of it."""

    def __init__(self, running: Process, port: int) -> None:
        self.process = running
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=10)

    def post(self, path: str, body: object) -> httpx.Response:
        return httpx.post(f"{self.url}{path}", json=body, timeout=30)

    def status(self) -> dict[str, Any]:
        told: dict[str, Any] = self.get("/api/status").json()
        return told

    def light(self, part: str) -> str:
        return str(self.status()["health"][part]["light"])

    def reason(self, part: str) -> str:
        return str(self.status()["health"][part]["reason"])

    def metric(self, name: str) -> float:
        for line in self.get("/metrics").text.splitlines():
            if line.startswith(f"video_commentary_{name} "):
                return float(line.split()[1])
        raise AssertionError(f"no metric {name}")


@contextmanager
def bridge(*parameters: str) -> Iterator[Bridge]:
    """Run the bridge node for the length of a block."""
    port = free_port()
    words = [word for p in (f"port:={port}", *parameters) for word in ("-p", p)]
    with process("-m", "video_commentary.nodes.bridge", "--ros-args", *words) as running:
        it = Bridge(running, port)
        wait(lambda: answers(it), 60, "the bridge's first answer")
        yield it


@contextmanager
def scene(fps: float = 15.0, *parameters: str) -> Iterator[Process]:
    """Publish the test scene for the length of a block."""
    words = [word for p in (f"fps:={fps}", *parameters) for word in ("-p", p)]
    with process("-m", "video_commentary.nodes.source", "--ros-args", *words) as running:
        yield running


def answers(it: Bridge) -> bool:
    try:
        return it.get("/").status_code == 200
    except httpx.TransportError:
        assert it.process.popen.poll() is None, it.process.output()
        return False


def wait(condition: Callable[[], Any], seconds: float = 20.0, what: str = "it") -> Any:
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, f"{what} did not happen in {seconds:g} s"
        time.sleep(0.1)
    return result


class Tab:
    """What a page gets by its WebSocket, taken in on a thread: (arrival, message) pairs."""

    def __init__(self, it: Bridge, **wish: object) -> None:
        self.pictures: list[tuple[float, float, bytes]] = []
        self.sounds: list[tuple[int, bytes]] = []
        self.comments: list[tuple[float, dict[str, Any]]] = []
        self._socket = connect(f"ws://127.0.0.1:{it.port}/api/live")
        self._connection = self._socket.__enter__()
        self._connection.send(json.dumps(wish))
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def _take(self) -> None:
        with suppress(ConnectionClosed):  # by a bridge that ends
            for message in self._connection:
                self._sort(message)

    def _sort(self, message: str | bytes) -> None:
        now = time.time()
        if isinstance(message, bytes):
            kind, index, seconds = HEAD.unpack(message[: HEAD.size])
            content = message[HEAD.size :]
            if kind == 1:
                self.pictures.append((now, seconds, content))
            else:
                self.sounds.append((index, content))
        elif (said := json.loads(message))["type"] == "comment":
            self.comments.append((now, said))

    def close(self) -> None:
        self._connection.close()
        self._thread.join(5)


@contextmanager
def tab(it: Bridge, **wish: object) -> Iterator[Tab]:
    opened = Tab(it, **wish)
    try:
        yield opened
    finally:
        opened.close()


def index_of(jpeg: bytes) -> int | None:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return read_index(np.asarray(picture, np.uint8))


def test_words_and_picture_are_in_step_once_the_average_has_settled() -> None:
    fps = 15.0
    with (
        scene(fps, "width:=320", "height:=240"),
        commentator("slow", "breathing_pause:=0.0", "capture_fps:=5.0"),
        bridge() as it,
        tab(it) as page,
    ):
        wait(lambda: settled(it, page), 90, "the delay's settling")
        begin = len(page.comments)
        wait(lambda: len({said["sequence"] for _, said in page.comments[begin:]}) > 5, 60)
        pictures, comments = list(page.pictures), list(page.comments)
    shown_index = {stamp: index_of(jpeg) for _, stamp, jpeg in pictures}
    first_words: dict[int, tuple[float, float]] = {}
    for arrived, said in comments[begin:]:
        if said["text"]:
            first_words.setdefault(said["sequence"], (arrived, said["newest"]))
    assert len(first_words) >= 4
    apart = []
    for arrived, newest in first_words.values():
        shown = max(stamp for at, stamp, _ in pictures if at <= arrived)
        near = min(shown_index, key=lambda stamp: abs(stamp - newest))
        on_display, beside = shown_index[shown], shown_index[near]
        assert on_display is not None
        assert beside is not None
        about = beside + (newest - near) * fps
        apart.append(abs(on_display - about) / fps)
    assert max(apart) <= 0.3, apart
    steps = np.diff([stamp for _, stamp, _ in pictures[-60:]])
    assert steps.max() < 2.5 / fps, "the picture does not jump"


def settled(it: Bridge, page: Tab) -> bool:
    """Return whether the picture is held back by what the last comments took to their words."""
    newest = {said["sequence"]: said for _, said in page.comments if said["first_words"]}
    took = [said["first_words"] - said["newest"] for said in list(newest.values())[-3:]]
    held = it.status()["display_delay"]
    return len(took) == 3 and all(abs(held - one) < 0.15 for one in took)


def test_words_come_in_the_order_in_which_they_were_said() -> None:
    with (
        commentator("says", "breathing_pause:=0.0"),
        bridge() as it,
        probe() as graph,
        tab(it) as page,
    ):
        graph.film(lambda: len(graph.finals) >= 5)
        graph.film(lambda: len([1 for _, said in page.comments if said["final"]]) >= 4)
        told = [said for _, said in page.comments]
    assert [said["id"] for said in told] == sorted({said["id"] for said in told})
    for before, after in pairwise(told):
        if after["sequence"] == before["sequence"]:
            assert after["text"].startswith(before["text"].strip())
            assert not before["final"]
        else:
            assert after["sequence"] > before["sequence"]
            assert before["final"]
    spoken = {e.sequence: e.text for e in graph.finals}
    for said in told:
        if said["final"] and said["sequence"] in spoken:
            assert said["text"] == spoken[said["sequence"]]


def test_sound_is_the_topics_sample_by_sample() -> None:
    with commentator("says", voice="speaks"), bridge() as it, probe() as graph:
        graph.film(lambda: it.status()["speaks"])
        heard = bytearray()

        def listen() -> None:
            with httpx.stream("GET", f"{it.url}/api/audio-stream", timeout=10) as response:
                for chunk in response.iter_bytes():
                    heard.extend(chunk)
                    if stop.is_set():
                        return

        stop = threading.Event()
        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        wait(lambda: len(heard) > 20_000)
        graph.got["audio_stamped"].clear()
        begin = len(graph.finals)
        graph.film(lambda: len(graph.finals) >= begin + 3, 40)
        graph.spin(1.5)
        stop.set()
        thread.join(5)
    sentences: list[list[Any]] = []
    for message in graph.got["audio_stamped"]:
        if not len(message.audio.data):
            continue
        stamp = message.header.stamp.sec + message.header.stamp.nanosec / 1e9
        if not sentences or stamp > sentences[-1][1] + 0.02:
            sentences.append([b"", stamp])
        sentences[-1][0] += bytes(message.audio.data)
        sentences[-1][1] = stamp + len(message.audio.data) / 96_000
    assert len(sentences) >= 3
    for sentence, _ in sentences[1:-1]:
        assert len(sentence) > 9600
        assert sentence in bytes(heard)


def test_steering_from_the_page_reaches_the_commentator() -> None:
    with commentator("says", "breathing_pause:=0.2") as _, bridge() as it, probe() as graph:
        graph.film(lambda: graph.finals)
        answers: dict[str, httpx.Response] = {}

        def ask() -> None:
            answers["profiles"] = it.get("/api/profiles")
            answers["instruction"] = it.post("/api/instruction", {"instruction": "only dogs"})
            answers["ask"] = it.post("/api/ask", {"question": "who?"})
            answers["profile"] = it.post("/api/profile", {"profile": "nature"})
            answers["wrong"] = it.post("/api/profile", {"profile": "opera"})
            answers["source"] = it.post("/api/source", {"source": "phone"})

        thread = threading.Thread(target=ask)
        thread.start()
        graph.film(lambda: not thread.is_alive())
        assert answers["profiles"].json()["profiles"][:2] == ["commentator", "sports"]
        assert answers["instruction"].json()["message"] == "in force now"
        assert answers["ask"].json()["answer"] == "You asked: who?"
        assert answers["profile"].status_code == 200
        assert answers["wrong"].status_code == 409
        assert "'opera' is not one of" in answers["wrong"].json()["detail"]
        assert "/phone/image_raw" in answers["source"].json()["message"]
        phone: dict[str, Any] = {"topic": "/phone/image_raw"}
        graph.film(lambda: it.status()["cameras"] == ["/phone/image_raw"], **phone)
        before = len(graph.finals)
        graph.film(lambda: len(graph.finals) > before, **phone)
        status = it.status()
        assert (status["profile"], status["instruction"]) == ("nature", "only dogs")
        assert status["camera"].startswith("/phone/image_raw")
        assert it.post("/api/source", {"source": "robot"}).status_code == 200
        graph.film(lambda: it.status()["cameras"] == ["/camera/image_raw"])


def test_it_shows_what_the_commentator_watches_even_if_another_client_switches_it() -> None:
    with (
        commentator("says", "image_topics:=['/phone/image_raw']") as _,
        bridge() as it,
        probe() as graph,
    ):

        def shows(source: str, topic: str) -> bool:
            status = it.status()
            return status["source"] == source and status["camera"].startswith(topic)

        graph.until(lambda: shows("phone", "/phone/image_raw"))
        back = it.post("/api/source", {"source": "robot"})
        assert "/camera/image_raw" in back.json()["message"], "though it has not seen the robot's"
        graph.until(lambda: shows("robot", "/camera/image_raw"))
        phone = Parameter("image_topics", value=["/phone/image_raw"]).to_parameter_msg()
        request = SetParameters.Request(parameters=[phone])
        graph.call(SetParameters, "/commentator/set_parameters", request)
        graph.until(lambda: shows("phone", "/phone/image_raw"))


def test_it_stays_up_while_camera_and_commentator_are_away_and_takes_up_again() -> None:
    with bridge() as it, probe() as graph, tab(it) as page:
        wait(lambda: "nobody publishes /camera/image_raw" in it.reason("camera"))
        assert "there is no commentator called" in it.reason("commentator")
        refused = it.post("/api/instruction", {"instruction": "x"})
        assert refused.status_code == 503
        assert "is the commentator called commentator running?" in refused.json()["detail"]
        assert it.get("/api/frame").status_code == it.get("/api/audio-stream").status_code == 503
        for _ in range(2):
            page.comments.clear()
            with commentator("says", "breathing_pause:=0.1"):
                graph.film(lambda: len(page.comments) > 4, 40)
                graph.film(lambda: it.light("commentator") == it.light("camera") == "ok")
                assert it.post("/api/enabled", {"enabled": True}).status_code == 200
            graph.until(lambda: it.light("commentator") == "bad")
        graph.until(
            lambda: (
                "no image on" in it.reason("camera") or "nobody publishes" in it.reason("camera")
            )
        )
        status, took = it.process.stop(signal.SIGINT)
        assert status == 0, it.process.output()
        assert took < 5.0
        assert "Traceback" not in it.process.output()


def test_a_camera_that_sends_jpeg_is_passed_through_unchanged() -> None:
    picture = encode_jpeg(np.full((48, 64, 3), 90, np.uint8), 77)
    with bridge() as it, probe() as graph, tab(it) as page:
        graph.jpeg(picture)

        def send() -> bool:
            graph.jpeg(picture)
            return len(page.pictures) > 2 and it.status()["camera"].endswith("/compressed")

        graph.until(send)
        assert {content for _, _, content in page.pictures} == {picture}
        cut = picture[:-20]
        graph.until(lambda: graph.jpeg(cut) or "cut short" in it.reason("camera"))
        graph.until(lambda: not (graph.jpeg(picture) or it.light("camera") != "ok"))


def test_nobody_watching_costs_little_and_a_single_frame_is_fresh() -> None:
    with scene(30.0, "width:=160", "height:=120"), bridge() as it:
        wait(lambda: it.light("camera") == "ok")
        time.sleep(3.5)
        before = it.metric("ring_frames")
        time.sleep(3.0)
        assert it.metric("ring_frames") - before < 12, "two a second while nobody looks"
        for _ in range(3):
            asked = time.time()
            response = it.get("/api/frame")
            assert -0.2 < float(response.headers["X-Timestamp"]) - asked < 0.6


def test_a_client_that_stops_reading_is_disconnected_and_blocks_no_other() -> None:
    with scene(30.0), bridge() as it, tab(it) as page:
        wait(lambda: len(page.pictures) > 5)
        with socket.socket() as stuck, socket.socket() as stuck_too:
            for one, request in (
                (stuck, "GET /api/mjpeg HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                (
                    stuck_too,
                    "GET /api/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
                ),
            ):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                one.connect(("127.0.0.1", it.port))
                one.sendall(request.encode())
            wait(lambda: it.status()["clients"] == {"live": 2, "mjpeg": 1})
            wait(lambda: it.status()["clients"] == {"live": 1}, 60, "their end")
            assert it.metric("clients_stalled_total") == 2
            wait(lambda: pictures_in_a_second(page) > 15, 10, "the full rate for who still reads")
            wait(lambda: not sockets_full(it.process), 30, "the freeing of what was sent to them")


def pictures_in_a_second(page: Tab) -> int:
    before = len(page.pictures)
    time.sleep(1.0)
    return len(page.pictures) - before


def sockets_full(running: Process) -> bool:
    """Return whether a connection of the process still holds much that is not sent."""
    inodes = set()
    for link in Path(f"/proc/{running.popen.pid}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            inodes.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[9] in inodes and int(fields[4].split(":")[0], 16) > 50_000:
            return True
    return False


def test_fifty_viewers_are_served_from_one_encode_in_flat_memory() -> None:
    viewers, fps = 50, 15.0

    async def view(port: int, counts: list[int], place: int, end: float) -> None:
        async with connect_async(f"ws://127.0.0.1:{port}/api/live", max_queue=4) as it:
            while (left := end - time.monotonic()) > 0:
                try:
                    message = await asyncio.wait_for(it.recv(), left)
                except asyncio.TimeoutError:
                    return
                counts[place] += isinstance(message, bytes)

    async def view_all(port: int, seconds: float) -> list[int]:
        counts, end = [0] * viewers, time.monotonic() + seconds
        await asyncio.gather(*(view(port, counts, i, end) for i in range(viewers)))
        return counts

    with scene(fps, "width:=320", "height:=240"), bridge("buffer_seconds:=8.0") as it:
        wait(lambda: it.light("camera") == "ok")
        asyncio.run(view_all(it.port, 10.0))
        warm = it.process.memory()
        counts = asyncio.run(view_all(it.port, 15.0))
        assert it.process.memory() - warm < 15, "MB"
        assert min(counts) > 0.5 * 15 * fps
        wait(lambda: it.status()["clients"] == {})


def test_beyond_loopback_it_makes_a_token_and_says_so() -> None:
    with bridge("listen:=0.0.0.0") as it:
        assert it.get("/api/status").status_code == 401
        found = wait(lambda: it.process.output().partition("#token=")[2])
        token = found.split()[0]
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.get(f"{it.url}/api/status", headers=headers).status_code == 200


def test_a_port_that_is_taken_is_reported_in_one_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        words = ("-m", "video_commentary.nodes.bridge", "--ros-args", "-p", f"port:={port}")
        with process(*words) as running:
            running.popen.wait(20)
            assert running.popen.returncode != 0
            assert "set the parameter port" in running.output()
            assert "Traceback" not in running.output()


def test_how_it_is_shows_in_diagnostics() -> None:
    with bridge() as it, probe() as graph:
        text = wait_for_trouble(graph)
        assert "nobody publishes /camera/image_raw" in text
        assert "there is no commentator called commentator" in text
        assert it.light("livekit") == "off"


def wait_for_trouble(graph: Probe) -> str:
    return str(graph.until(lambda: "commentator" in graph.troubles() and graph.troubles()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_though_streams_are_open(number: int) -> None:
    with bridge() as it, tab(it):
        status, took = it.process.stop(number)
        assert status == 0, it.process.output()
        assert took < 5.0, "streams end at once, not by a timeout"
        assert "Traceback" not in it.process.output()
