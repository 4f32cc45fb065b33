"""The WebSocket that the page uses, with a real client."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from test.bridge.serving import Served, comment, frames, serve, sound, until
from video_commentary.bridge.access import COOKIE, TOKEN_VARIABLE
from video_commentary.bridge.items import Cut, Loudness, PictureBox
from video_commentary.core.stamp import to_seconds

HEAD = struct.Struct("<B3xId")


@pytest.fixture
def web() -> Iterator[Served]:
    with serve() as served:
        yield served


def texts(socket: ClientConnection, kind: str, number: int) -> list[dict[str, Any]]:
    """Return the next messages of a kind, others left out."""
    got: list[dict[str, Any]] = []
    while len(got) < number:
        message = socket.recv(timeout=10)
        if isinstance(message, str) and (content := json.loads(message))["type"] == kind:
            got.append(content)
    return got


def binaries(socket: ClientConnection, kind: int, number: int) -> list[tuple[int, float, bytes]]:
    """Return (index, seconds, content) of the next binary messages of a kind."""
    got: list[tuple[int, float, bytes]] = []
    while len(got) < number:
        message = socket.recv(timeout=10)
        if isinstance(message, bytes):
            found, index, seconds = HEAD.unpack(message[: HEAD.size])
            if found == kind:
                got.append((index, seconds, message[HEAD.size :]))
    return got


def drain(socket: ClientConnection, seconds: float = 5.0) -> None:
    """Receive until there is an end to it."""
    while True:
        socket.recv(timeout=seconds)


def test_begins_with_what_was_said_and_goes_on_word_by_word(web: Served) -> None:
    web.gateway.publish(comment("Said before."))
    web.gateway.publish(comment("Half", final=False))
    with connect(web.live) as socket:
        (hello,) = texts(socket, "hello", 1)
        assert [one["text"] for one in hello["history"]] == ["Said before."]
        assert hello["rate"] == 48_000
        assert hello["status"]["health"]["camera"]["light"] == "ok"
        grown = [
            comment(text, sequence=99, final=text[-1] == ".") for text in ("A", "A cat", "A cat.")
        ]
        for one in grown:
            web.gateway.publish(one)
        got = texts(socket, "comment", 3)
        assert [(one["text"], one["final"]) for one in got] == [
            ("A", False),
            ("A cat", False),
            ("A cat.", True),
        ]
        assert [one["id"] for one in got] == [3, 4, 5]
        assert got[0]["newest"] == to_seconds(grown[0].newest)


def test_pictures_are_delayed_and_stop_when_not_wanted(web: Served) -> None:
    made = {frame.stamp: frame.jpeg for frame in frames(web.gateway, time.time() - 6.0, 10.0, 100)}
    with connect(web.live) as socket:
        binaries(socket, 1, 2)
        lags = []
        for _ in range(5):
            ((_, stamp, content),) = binaries(socket, 1, 1)
            lags.append(time.time() - stamp)
            assert content == made[stamp]
        assert 4.98 < min(lags) < 5.1
        socket.send('{"video": false}')
        with pytest.raises(TimeoutError):
            drain(socket, 0.5)
        assert time.time() < max(made) + 5.0, "there were more to come"


def test_sound_says_in_how_many_seconds_it_is_due(web: Served) -> None:
    with connect(web.live) as socket:
        texts(socket, "hello", 1)
        web.gateway.publish(sound(0, time.time() + 0.2))
        web.gateway.publish(web.gateway.situation)
        assert isinstance(socket.recv(timeout=10), str), "nobody wants sound yet"
        socket.send('{"sound": true}')

        def wanted() -> bool:
            web.gateway.publish(sound(1, time.time()))
            with suppress(TimeoutError):
                return isinstance(socket.recv(timeout=0.1), bytes)
            return False

        until(wanted)
        blocks = [sound(index, time.time() + 0.04 * index) for index in (5, 6)]
        sent = time.time()
        for block in blocks:
            web.gateway.publish(block)
        got: list[tuple[int, float, bytes]] = []
        while len(got) < 2:
            got += [one for one in binaries(socket, 2, 1) if one[0] != 1]
        came = time.time()
        assert [index for index, _, _ in got] == [5, 6]
        for (_, due, content), block in zip(got, blocks, strict=True):
            assert block.heard_at - came <= due <= block.heard_at - sent
            assert np.array_equal(np.frombuffer(content, "<i2"), block.pcm.samples)
        web.gateway.publish(Cut(time.time()))
        assert texts(socket, "cut", 1)
        web.gateway.publish(Loudness(0.2))
        assert texts(socket, "loudness", 1)[0]["level"] == 0.2


def test_a_client_whose_sound_is_late_sees_later(web: Served) -> None:
    with connect(web.live) as early, connect(web.live) as late:
        for socket in (early, late):
            texts(socket, "hello", 1)
        late.send('{"behind": 0.4}')

        def apart() -> float:
            web.gateway.publish(web.gateway.situation)
            first, second = (texts(socket, "status", 1)[0]["delay"] for socket in (early, late))
            return float(second - first)

        until(lambda: apart() > 0.35)
        time.sleep(0.4)
        assert apart() == pytest.approx(0.4, abs=0.1)


@pytest.mark.parametrize(
    "request_",
    ["nonsense", "[]", '{"behind": -1}', '{"behind": 99}', '{"x": 1}', b'{"video": true}'],
)
def test_a_client_with_a_bad_request_is_disconnected_with_the_reason(
    web: Served, request_: str | bytes
) -> None:
    with connect(web.live) as socket:
        socket.send(request_)
        with pytest.raises(ConnectionClosed) as closed:
            drain(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
        assert closed.value.rcvd.reason
    until(lambda: web.context.clients.now["live"] == 0)
    assert web.gateway.display.viewers == web.gateway.broadcast.subscribers == 0


def test_the_socket_is_protected_as_requests_are() -> None:
    token = "a-long-enough-token"
    with serve({TOKEN_VARIABLE: token}) as web:
        for headers, status in (
            ({}, 401),
            ({"Cookie": f"{COOKIE}=wrong"}, 401),
            ({"Cookie": f"{COOKIE}={token}", "Origin": "http://evil.example"}, 403),
        ):
            with (
                pytest.raises(InvalidStatus) as refused,
                connect(web.live, additional_headers=headers),
            ):
                pass
            assert refused.value.response.status_code == status
        with connect(web.live, additional_headers={"Cookie": f"{COOKIE}={token}"}) as socket:
            assert texts(socket, "hello", 1)


def test_one_client_too_many_is_refused() -> None:
    with serve(max_clients=1) as web, connect(web.live) as first:
        texts(first, "hello", 1)
        assert web.get("/api/stream").status_code == 503
        with connect(web.live) as second, pytest.raises(ConnectionClosed) as closed:
            second.recv(timeout=5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013


def test_the_end_of_the_bridge_ends_every_stream() -> None:
    with ExitStack() as stack:
        with serve() as web:
            socket = stack.enter_context(connect(web.live))
            texts(socket, "hello", 1)
        with pytest.raises(ConnectionClosed):
            drain(socket)


def are_wanted(web: Served, wanted: bool) -> bool:
    return web.gateway.boxes.wanted is wanted


def test_boxes_come_before_their_picture_to_those_who_want_them(web: Served) -> None:
    now = time.time()
    frames(web.gateway, now - 6.0, 10, 300, (640, 480))
    box = PictureBox(name="dog", track="3", score=0.5, left=1, top=2, right=3, bottom=4)
    for number in range(180):
        web.gateway.add_boxes("eye", now - 6.0 + number / 5, [box])
    with connect(web.live) as socket:
        binaries(socket, 1, 3)
        socket.send('{"boxes": true}')
        (seen,) = texts(socket, "boxes", 1)
        assert seen["size"] == [640, 480]
        assert seen["boxes"] == [
            {
                "name": "dog",
                "track": "3",
                "score": 0.5,
                "left": 1,
                "top": 2,
                "right": 3,
                "bottom": 4,
            }
        ]
        ((_, stamp, _),) = binaries(socket, 1, 1)
        assert stamp == seen["stamp"]
        for wanted in (False, True):
            socket.send(json.dumps({"boxes": wanted}))
            until(partial(are_wanted, web, wanted))
    until(lambda: not web.gateway.boxes.wanted)
