"""Pictures, events and sound over HTTP."""

from __future__ import annotations

import io
import json
import time
import wave
from statistics import median
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from test.bridge.serving import (
    Served,
    comment,
    frames,
    jpeg,
    serve,
    sound,
    until,
)
from video_commentary.bridge.items import Cut, JpegFrame, Situation, Sound
from video_commentary.core.facts import Observation
from video_commentary.core.stamp import from_seconds, to_seconds
from video_commentary.core.status import CommentatorStatus


def test_the_newest_frame_is_given_as_it_came(api: Served) -> None:
    made = frames(api.gateway, time.time(), 10.0, 3)
    response = api.get("/api/frame")
    assert response.content == made[-1].jpeg
    assert float(response.headers["X-Timestamp"]) == pytest.approx(made[-1].stamp, abs=1e-5)


def test_a_comment_has_a_small_picture_of_what_it_is_about(api: Served) -> None:
    now = time.time()
    for number in range(4):
        api.gateway.add_frame(JpegFrame(jpeg(number, (720, 1280)), now + number / 2))
    seen = Observation(camera="eye", stamp=from_seconds(now + 0.9), name="dog")
    api.gateway.publish(comment("A dog runs.", newest=now + 1.5, evidence=(seen,)))
    number = api.gateway.history.last_id
    until(lambda: api.get(f"/api/comments/{number}/picture").status_code == 200)
    response = api.get(f"/api/comments/{number}/picture")
    image = cv2.imdecode(np.frombuffer(response.content, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape == (270, 480, 3)
    # The evidence counts, not the newest frame.
    assert float(response.headers["X-Timestamp"]) == pytest.approx(now + 1.0, abs=1e-5)


def test_a_comment_without_a_frame_has_no_picture(api: Served) -> None:
    frames(api.gateway, time.time(), 10.0, 3)
    api.gateway.publish(comment("Long ago.", newest=time.time() - 60))
    number = api.gateway.history.last_id
    time.sleep(0.2)
    response = api.get(f"/api/comments/{number}/picture")
    assert (response.status_code, response.json()["detail"][:19]) == (404, "there is no picture")
    assert api.get("/api/comments/0/picture").status_code == 422


def test_mjpeg_brings_every_frame_once_delayed_with_its_stamp(api: Served) -> None:
    begin = time.time() - 6.0
    made = frames(api.gateway, begin, 10.0, 120)
    got: list[tuple[float, float, bytes]] = []
    with httpx.stream("GET", api.url + "/api/mjpeg") as response:
        assert response.headers["Content-Type"].startswith("multipart/x-mixed-replace")
        boundary = b"--" + response.headers["Content-Type"].split("boundary=")[1].encode()
        rest = b""
        for chunk in response.iter_bytes():
            rest += chunk
            *parts, rest = rest.split(boundary + b"\r\n")
            for one in filter(None, parts):
                head, _, body = one.partition(b"\r\n\r\n")
                fields = dict(line.split(b": ") for line in head.split(b"\r\n"))
                content = body[: int(fields[b"Content-Length"])]
                stamp = float(fields[b"X-Timestamp"])
                if got and stamp - got[-1][1] > 0.15:
                    got.clear()  # a machine that stalls skips frames: those in a row come then
                got.append((time.time(), stamp, content))
            if len(got) >= 12:
                break
    due = api.gateway.display.delay.at(time.monotonic())
    sent = {frame.jpeg: frame.stamp for frame in made}
    for _, stamp, content in got:
        assert sent[content] == pytest.approx(stamp, abs=1e-5)
    lags = [arrived - stamp for arrived, stamp, _ in got[1:]]
    assert min(lags) > due - 0.02
    assert median(lags) == pytest.approx(due, abs=0.15)
    stamps = [stamp for _, stamp, _ in got]
    assert np.diff(stamps) == pytest.approx(0.1, abs=1e-4)
    until(lambda: api.context.clients.now["mjpeg"] == 0)
    assert api.gateway.display.viewers == 0


def events(api: Served, headers: dict[str, str], number: int) -> list[dict[str, Any]]:
    """Return comment events as they come, until there are `number`."""
    got: list[dict[str, Any]] = []
    with httpx.stream("GET", api.url + "/api/stream", headers=headers, timeout=10) as response:
        name = ""
        for line in response.iter_lines():
            field, _, value = line.partition(": ")
            name = value if field == "event" else name
            if field == "data" and name == "comment":
                got.append(json.loads(value))
                if len(got) == number:
                    break
    return got


def test_server_sent_events_resume_where_they_broke_off() -> None:
    with serve() as web:
        said = [comment(text, sequence=7, final=False) for text in ("A", "A dog", "A dog runs.")]
        for one in said:
            web.gateway.publish(one)
        got = events(web, {"Last-Event-ID": "1"}, 2)
        assert [(e["id"], e["text"], e["newest"]) for e in got] == [
            (2, "A dog", to_seconds(said[1].newest)),
            (3, "A dog runs.", to_seconds(said[2].newest)),
        ]
        assert [e["id"] for e in events(web, {"Last-Event-ID": "9999"}, 3)] == [1, 2, 3]


@pytest.mark.parametrize("stream", ["stream", "alerts"])
def test_an_id_that_is_none_begins_with_what_is_new(api: Served, stream: str) -> None:
    for sent in ("9" * 5000, "-1", "x", ""):
        headers = {"Last-Event-ID": sent}
        with httpx.stream("GET", f"{api.url}/api/{stream}", headers=headers) as response:
            assert response.status_code == 200


def samples_of(heard: bytes) -> NDArray[np.int16]:
    return np.frombuffer(heard[: len(heard) // 2 * 2], np.int16)


def test_sound_comes_sample_by_sample_with_silence_around() -> None:
    with serve() as web:
        heard = b""
        blocks: list[Sound] = []
        with httpx.stream("GET", web.url + "/api/audio-stream", timeout=10) as response:
            assert response.headers["X-Audio-Format"] == "S16LE"
            assert (response.headers["X-Audio-Rate"], response.headers["X-Audio-Channels"]) == (
                "48000",
                "1",
            )
            for chunk in response.iter_bytes():
                if not blocks:
                    begin = time.time() + 0.5
                    blocks = [sound(index, begin + index * 0.04) for index in range(25)]
                    for block in blocks:
                        web.gateway.publish(block)
                heard += chunk
                samples = samples_of(heard)
                if len(np.trim_zeros(samples, "f")) > 1.5 * 48_000:
                    break
                assert len(samples) < 10 * 48_000, "nothing is heard"
        said = np.concatenate([block.pcm.samples for block in blocks])
        at = int(np.flatnonzero(samples)[0])
        assert np.array_equal(samples[at : at + len(said)], said)
        assert not samples[:at].any()
        assert not samples[at + len(said) :].any()


def test_a_cut_sentence_is_not_heard_to_its_end() -> None:
    with serve() as web:
        heard = b""
        with httpx.stream("GET", web.url + "/api/audio-stream", timeout=10) as response:
            until(lambda: web.gateway.broadcast.subscribers == 1)
            begin = time.time() + 0.5
            for index in range(50):
                web.gateway.publish(sound(index, begin + index * 0.04))
            cut_at = 0.0
            for chunk in response.iter_bytes():
                heard += chunk
                samples = samples_of(heard)
                if not cut_at and np.count_nonzero(samples) > 0.15 * 48_000:
                    web.gateway.publish(Cut(time.time()))
                    cut_at = time.time()
                if cut_at and not samples[-48_000 // 2 :].any():
                    break
                assert len(samples) < 10 * 48_000, "there is no end to it, or no begin"
        played = np.count_nonzero(samples) / 48_000
        assert played <= cut_at - begin + 0.1
        assert played < 1.8


def test_the_endless_wav_file_is_read_by_a_wav_reader(api: Served) -> None:
    with httpx.stream("GET", api.url + "/api/audio.wav") as response:
        data = b""
        for chunk in response.iter_bytes():
            data += chunk
            if len(data) > 20_000:
                break
    with wave.open(io.BytesIO(data)) as file:
        shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
        assert shape == (1, 2, 48_000)
        assert file.getnframes() > 2**30


def test_without_a_voice_there_is_no_sound_but_a_reason(api: Served) -> None:
    report = CommentatorStatus(state="watching", voice="Text only: install espeak-ng")
    api.gateway.publish(Situation(report=report, commentator_trouble="", camera_trouble=""))
    for path in ("/api/audio-stream", "/api/audio.wav"):
        response = api.get(path)
        assert response.status_code == 404
        assert "install espeak-ng" in response.json()["detail"]
    report = CommentatorStatus(state="loading", detail="the engine is being loaded")
    api.gateway.publish(Situation(report=report, commentator_trouble="", camera_trouble=""))
    voice = api.get("/api/status").json()["health"]["voice"]
    assert voice == {"light": "off", "reason": "the engine is being loaded"}
    response = api.get("/api/audio.wav")
    assert response.status_code == 503
    assert response.json()["detail"] == "there is no voice: the engine is being loaded"
