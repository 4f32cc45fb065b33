"""The HTTP API, asked over a real socket."""

from __future__ import annotations

import io
import json
import socket
import time
import wave
from collections.abc import Iterator
from statistics import median
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from test.bridge.serving import (
    WELL,
    FakeRobot,
    Served,
    comment,
    frames,
    serve,
    sound,
    until,
)
from test.ports import free_port
from video_commentary.bridge.access import COOKIE, TOKEN_VARIABLE, access_policy
from video_commentary.bridge.context import Context
from video_commentary.bridge.frame_buffer import FrameBuffer
from video_commentary.bridge.items import Cut, Reply, Situation, Sound
from video_commentary.bridge.limits import MAX_BODY
from video_commentary.bridge.livekit.participant import LiveKitOff
from video_commentary.bridge.robot_gateway import RobotGateway
from video_commentary.bridge.web_server import WebServer, address
from video_commentary.config.settings import BridgeSettings
from video_commentary.core.stamp import to_seconds
from video_commentary.core.status import STATUS_FIELDS, CommentatorStatus

TOKEN = "a-long-enough-token"
METRICS = {
    "camera_fps",
    "camera_up",
    "cancelled_comments",
    "clients",
    "clients_refused",
    "clients_stalled",
    "comments",
    "commentator_frames_dropped",
    "commentator_up",
    "cycle_seconds",
    "display_delay_seconds",
    "engine_errors",
    "items_dropped",
    "measured_delay_seconds",
    "pictures_sent",
    "pictures_skipped",
    "ring_bytes",
    "ring_frames",
    "silent_cycles",
    "sound_delay_seconds",
    "words_delay_seconds",
}
"""Public names, which dashboards and alerts use."""
LONG = "x" * 2000


@pytest.fixture(scope="module")
def shared() -> Iterator[Served]:
    with serve() as served:
        yield served


@pytest.fixture
def web(shared: Served) -> Served:
    shared.robot.asked.clear()
    shared.robot.reply = Reply(True, "in force now", 12.5)
    shared.gateway.publish(WELL)
    time.sleep(0.3)  # lets the bucket of requests fill
    return shared


def test_the_status_has_everything_in_one_response(web: Served) -> None:
    before = time.time()
    told = web.get("/api/status").json()
    assert before <= told["now"] <= time.time()
    assert told["health"]["camera"] == {
        "light": "ok",
        "reason": "/camera/image_raw, 15.0 images a second",
    }
    assert {part: health["light"] for part, health in told["health"].items()} == {
        "camera": "ok",
        "commentator": "ok",
        "model": "ok",
        "voice": "ok",
        "livekit": "off",
    }
    assert told["profile"] == "sports"
    assert set(STATUS_FIELDS) <= set(told)
    assert told["camera_fps"] == 15.0


def test_what_is_away_is_named_with_what_to_do(web: Served) -> None:
    away = Situation(commentator_trouble="start the commentator", camera_trouble="start the camera")
    web.gateway.publish(away)
    health = web.get("/api/status").json()["health"]
    assert health["camera"] == {"light": "bad", "reason": "start the camera"}
    assert health["commentator"] == {"light": "bad", "reason": "start the commentator"}
    assert health["model"]["light"] == health["voice"]["light"] == "off"
    assert "LIVEKIT_URL" in health["livekit"]["reason"]
    assert web.get("/api/audio-stream").status_code == 503
    report = CommentatorStatus(state="error", detail="no GPU")
    web.gateway.publish(Situation(report=report, commentator_trouble="", camera_trouble=""))
    assert web.get("/api/status").json()["health"]["model"] == {"light": "bad", "reason": "no GPU"}


@pytest.mark.parametrize(
    ("method", "path", "body", "asked", "answer"),
    [
        ("POST", "instruction", {"instruction": LONG}, ("instruction", LONG), "message"),
        ("DELETE", "instruction", None, ("instruction", ""), "message"),
        ("POST", "ask", {"question": "Who?"}, ("ask", "Who?", False), "answer"),
        ("POST", "ask", {"question": "Who?", "quiet": True}, ("ask", "Who?", True), "answer"),
        ("POST", "enabled", {"enabled": False}, ("enabled", False), "message"),
        ("POST", "profile", {"profile": "nature"}, ("profile", "nature"), "message"),
        ("POST", "source", {"source": "phone"}, ("source", "phone"), "message"),
    ],
)
def test_what_is_asked_reaches_the_robot_and_its_reply_comes_back(
    web: Served, method: str, path: str, body: Any, asked: tuple[object, ...], answer: str
) -> None:
    response = httpx.request(method, f"{web.url}/api/{path}", json=body)
    assert response.status_code == 200, response.text
    assert response.json()[answer] == "in force now"
    assert web.robot.asked == [asked]


def test_the_profiles_are_named(web: Served) -> None:
    told = web.get("/api/profiles").json()
    assert told == {"profiles": ["sports", "nature"], "profile": "sports"}


@pytest.mark.parametrize(("away", "status"), [(True, 503), (False, 409)])
def test_a_refusal_comes_back_with_its_reason(web: Served, away: bool, status: int) -> None:
    web.robot.reply = Reply(False, "it is not there: start it", away=away)
    response = web.post("/api/instruction", {"instruction": "x"})
    assert (response.status_code, response.json()) == (
        status,
        {"detail": "it is not there: start it"},
    )


@pytest.mark.parametrize(
    ("path", "content", "status", "words"),
    [
        ("instruction", b'{"instruction": ', 400, "not valid JSON"),
        ("instruction", b"\xff\xfe", 400, "not valid JSON"),
        ("instruction", b"{}", 422, "instruction: Field required"),
        ("instruction", b'{"instruction": ""}', 422, "at least 1 character"),
        ("instruction", b'{"instruction": "  "}', 422, "instruction"),
        ("instruction", json.dumps({"instruction": "x" * 2001}).encode(), 422, "at most 2000"),
        ("ask", b'{"question": 5}', 422, "question"),
        ("enabled", b'{"enabled": "perhaps"}', 422, "enabled"),
        ("profile", b'["sports"]', 422, "the body"),
        ("source", b'{"source": "moon"}', 422, "source"),
        ("livekit/token", b'{"identity": "me"}', 503, "LIVEKIT_URL"),
    ],
)
def test_a_mistake_is_explained_in_one_sentence(
    web: Served, path: str, content: bytes, status: int, words: str
) -> None:
    headers = {"Content-Type": "application/json"}
    response = httpx.post(f"{web.url}/api/{path}", content=content, headers=headers)
    assert response.status_code == status, response.text
    assert words in response.json()["detail"]
    assert web.robot.asked == []


def test_an_oversized_body_is_refused_before_it_is_read(web: Served) -> None:
    with socket.create_connection(("127.0.0.1", int(web.url.rsplit(":", 1)[1]))) as raw:
        raw.sendall(
            b"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % (MAX_BODY + 1)
        )
        raw.settimeout(5)
        assert b" 413 " in raw.recv(100)


def test_a_body_of_unknown_length_is_refused(web: Served) -> None:
    response = httpx.post(web.url + "/api/ask", content=iter([b"{}"]))
    assert response.status_code == 411


def test_a_length_does_not_smuggle_in_a_body_that_has_none() -> None:
    with (
        serve({TOKEN_VARIABLE: TOKEN}) as web,
        socket.create_connection(("127.0.0.1", int(web.url.rsplit(":", 1)[1]))) as raw,
    ):
        raw.sendall(
            b"POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 20\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        raw.settimeout(5)
        assert b" 411 " in raw.recv(100)


def test_too_many_requests_have_to_wait() -> None:
    with serve() as web, httpx.Client() as client:
        answers: list[httpx.Response] = []
        # A slow machine sends hardly faster than the limit allows: until it is reached, then.
        while len(answers) < 1000 and (not answers or answers[-1].status_code == 200):
            answers.append(client.post(web.url + "/api/enabled", json={"enabled": True}))
        assert len(answers) > 30
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert client.get(web.url + "/api/status").status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example:8199"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "192.168.7.7:8199", "Origin": "http://192.168.7.7:8199"}, 200),
    ],
)
def test_other_hosts_and_origins_are_refused(
    web: Served, headers: dict[str, str], status: int
) -> None:
    assert web.get("/api/status", headers=headers).status_code == status
    assert web.post("/api/enabled", {"enabled": True}, headers=headers).status_code == status


def test_without_the_token_only_the_page_is_there() -> None:
    with serve({TOKEN_VARIABLE: TOKEN}) as web:
        assert web.get("/").status_code == 200
        assert web.get("/static/main.js").status_code == 200
        paths = (
            "/api/status",
            "/api/frame",
            "/api/mjpeg",
            "/api/stream",
            "/api/audio.wav",
            "/metrics",
            "/docs",
            "/openapi.json",
            "/api/profiles",
        )
        for path in paths:
            refused = web.get(path)
            assert refused.status_code == 401, path
            assert "VIDEO_COMMENTARY_TOKEN" in refused.json()["detail"]
        assert web.post("/api/ask", {"question": "?"}).status_code == 401
        wrong = {"Authorization": f"Bearer {TOKEN[:-1]}"}
        assert web.get("/api/status", headers=wrong).status_code == 401
        right = {"Authorization": f"Bearer {TOKEN}"}
        assert web.get("/api/status", headers=right).status_code == 200
        assert web.robot.asked == []


def test_logging_in_gives_a_cookie_that_scripts_can_not_read() -> None:
    with serve({TOKEN_VARIABLE: TOKEN}) as web, httpx.Client(base_url=web.url) as client:
        assert client.post("/api/login", json={"token": "guess"}).status_code == 401
        entered = client.post("/api/login", json={"token": TOKEN})
        assert entered.status_code == 204
        cookie = entered.headers["Set-Cookie"]
        assert cookie.startswith(f"{COOKIE}={TOKEN};")
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert client.get("/api/status").status_code == 200
        guesses = [client.post("/api/login", json={"token": str(i)}).status_code for i in range(9)]
        assert guesses[-1] == 429


def test_clients_without_the_token_do_not_use_up_the_limit_of_others() -> None:
    with serve({TOKEN_VARIABLE: TOKEN}) as web, httpx.Client(base_url=web.url) as client:
        for _ in range(40):
            assert client.post("/api/enabled", json={"enabled": True}).status_code == 401
        right = {"Authorization": f"Bearer {TOKEN}"}
        entered = client.post("/api/enabled", json={"enabled": True}, headers=right)
        assert entered.status_code == 200


@pytest.mark.parametrize("name", ["Authorization", "Cookie"])
def test_guesses_are_few_and_tell_nothing_once_there_were_too_many(name: str) -> None:
    form = "Bearer {}" if name == "Authorization" else f"{COOKIE}={{}}"
    with serve({TOKEN_VARIABLE: TOKEN}) as web, httpx.Client(base_url=web.url) as client:
        answers = [
            client.get("/api/status", headers={name: form.format(f"guess-{i}")}) for i in range(9)
        ]
        assert [answer.status_code for answer in answers[:5]] == [401] * 5
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert client.get("/api/status", headers={name: form.format(TOKEN)}).status_code == 429
        assert client.get("/api/status").status_code == 401
        assert client.get("/").status_code == 200


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_behind_tls_the_cookie_never_goes_out_without(scheme: str) -> None:
    with serve({TOKEN_VARIABLE: TOKEN}) as web:
        origin = web.url.replace("http", scheme, 1)
        entered = web.post("/api/login", {"token": TOKEN}, headers={"Origin": origin})
        assert ("Secure" in entered.headers["Set-Cookie"]) is (scheme == "https")


def test_a_failure_inside_shows_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve() as web:

        def fail(*_: object) -> object:
            raise RuntimeError("secret of the inside")

        monkeypatch.setattr(web.robot, "set_instruction", fail)
        response = web.post("/api/instruction", {"instruction": "x"})
        assert response.status_code == 500
        assert response.json() == {"detail": "something failed here: see the bridge's log"}
        assert web.get("/api/status").status_code == 200


def test_the_newest_frame_is_given_as_it_came(web: Served) -> None:
    made = frames(web.gateway, time.time(), 10.0, 3)
    response = web.get("/api/frame")
    assert response.content == made[-1].jpeg
    assert float(response.headers["X-Timestamp"]) == pytest.approx(made[-1].stamp, abs=1e-5)


def test_mjpeg_brings_every_frame_once_delayed_with_its_stamp(web: Served) -> None:
    begin = time.time() - 6.0
    made = frames(web.gateway, begin, 10.0, 120)
    got: list[tuple[float, float, bytes]] = []
    with httpx.stream("GET", web.url + "/api/mjpeg") as response:
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
    due = web.gateway.display.delay.at(time.monotonic())
    sent = {frame.jpeg: frame.stamp for frame in made}
    for _, stamp, content in got:
        assert sent[content] == pytest.approx(stamp, abs=1e-5)
    lags = [arrived - stamp for arrived, stamp, _ in got[1:]]
    assert min(lags) > due - 0.02
    assert median(lags) == pytest.approx(due, abs=0.15)
    stamps = [stamp for _, stamp, _ in got]
    assert np.diff(stamps) == pytest.approx(0.1, abs=1e-4)
    until(lambda: web.context.clients.now["mjpeg"] == 0)
    assert web.gateway.display.viewers == 0


def events(web: Served, headers: dict[str, str], number: int) -> list[dict[str, Any]]:
    """Return comment events as they come, until there are `number`."""
    got: list[dict[str, Any]] = []
    with httpx.stream("GET", web.url + "/api/stream", headers=headers, timeout=10) as response:
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


def test_the_endless_wav_file_is_read_by_a_wav_reader(web: Served) -> None:
    with httpx.stream("GET", web.url + "/api/audio.wav") as response:
        data = b""
        for chunk in response.iter_bytes():
            data += chunk
            if len(data) > 20_000:
                break
    with wave.open(io.BytesIO(data)) as file:
        shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
        assert shape == (1, 2, 48_000)
        assert file.getnframes() > 2**30


def test_without_a_voice_there_is_no_sound_but_a_reason(web: Served) -> None:
    report = CommentatorStatus(state="watching", voice="Text only: install espeak-ng")
    web.gateway.publish(Situation(report=report, commentator_trouble="", camera_trouble=""))
    for path in ("/api/audio-stream", "/api/audio.wav"):
        response = web.get(path)
        assert response.status_code == 404
        assert "install espeak-ng" in response.json()["detail"]
    report = CommentatorStatus(state="loading", detail="the engine is being loaded")
    web.gateway.publish(Situation(report=report, commentator_trouble="", camera_trouble=""))
    voice = web.get("/api/status").json()["health"]["voice"]
    assert voice == {"light": "off", "reason": "the engine is being loaded"}
    response = web.get("/api/audio.wav")
    assert response.status_code == 503
    assert response.json()["detail"] == "there is no voice: the engine is being loaded"


def test_metrics_are_what_prometheus_reads(web: Served) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    report = CommentatorStatus(comments=3, silent=2, words_delay=0.5)
    web.gateway.publish(Situation(report=report, commentator_trouble="", camera_trouble=""))
    until(lambda: web.context.clients.now.total() == 0)
    families = {f.name: f for f in text_string_to_metric_families(web.get("/metrics").text)}
    values = {name: family.samples[0].value for name, family in families.items() if family.samples}
    assert values["video_commentary_comments"] == 3
    assert values["video_commentary_words_delay_seconds"] == 0.5
    assert {name.removeprefix("video_commentary_") for name in values} == METRICS
    assert values["video_commentary_camera_up"] == 1
    kinds = {s.labels["kind"]: s.value for s in families["video_commentary_clients"].samples}
    assert kinds == {"live": 0, "mjpeg": 0, "events": 0, "audio": 0}


def test_the_api_is_documented_without_a_network(web: Served) -> None:
    page = web.get("/docs").text
    assert "http://" not in page
    assert "https://" not in page
    for script in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert web.get(f"/static-offline-docs/{script}").status_code == 200
    paths = web.get("/openapi.json").json()["paths"]
    assert {"/api/status", "/api/mjpeg", "/api/audio.wav", "/api/livekit/token"} <= set(paths)


def test_the_page_brings_all_it_needs_itself(web: Served) -> None:
    page = web.get("/")
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "https://" not in page.text
    assert web.get("/static/../app.py").status_code == 404


def test_a_port_that_is_taken_is_named_with_what_to_do() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        settings = BridgeSettings(port=other.getsockname()[1])
        gateway = RobotGateway(FakeRobot(), FrameBuffer(1.0, 1))
        with pytest.raises(ValueError, match="set the parameter port"):
            WebServer(Context(gateway, settings, access_policy(settings, {}), LiveKitOff()))


def test_the_address_is_one_that_others_can_open() -> None:
    assert address(BridgeSettings()) == "http://127.0.0.1:8199"
    assert address(BridgeSettings(listen="0.0.0.0")) == f"http://{socket.gethostname()}:8199"
    assert address(BridgeSettings(listen="::1", port=free_port())).startswith("http://[::1]:")
