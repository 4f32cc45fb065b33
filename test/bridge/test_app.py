"""The HTTP API, asked over a real socket."""

from __future__ import annotations

import json
import re
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from test.bridge.fake_robot import FakeRobot
from test.bridge.serving import WELL, Served, until
from test.ports import free_port
from video_commentary.bridge.access import access_policy
from video_commentary.bridge.context import Context
from video_commentary.bridge.frame_buffer import FrameBuffer
from video_commentary.bridge.items import Reply, Situation
from video_commentary.bridge.livekit.participant import LiveKitOff
from video_commentary.bridge.robot_gateway import RobotGateway
from video_commentary.bridge.web_server import WebServer, address
from video_commentary.config.settings import BridgeSettings
from video_commentary.core.status import STATUS_FIELDS, CommentatorStatus

ROOT = Path(__file__).resolve().parents[2]
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


def test_the_status_has_everything_in_one_response(api: Served) -> None:
    before = time.time()
    reported = api.get("/api/status").json()
    assert before <= reported["now"] <= time.time()
    assert reported["health"]["camera"] == {
        "light": "ok",
        "reason": "/camera/image_raw, 15.0 images a second",
    }
    assert {part: health["light"] for part, health in reported["health"].items()} == {
        "camera": "ok",
        "commentator": "ok",
        "model": "ok",
        "voice": "ok",
        "livekit": "off",
        "listener": "off",
    }
    assert reported["profile"] == "sports"
    assert set(STATUS_FIELDS) <= set(reported)
    assert reported["camera_fps"] == 15.0


def test_what_is_away_is_named_with_what_to_do(api: Served) -> None:
    away = Situation(commentator_trouble="start the commentator", camera_trouble="start the camera")
    api.gateway.publish(away)
    health = api.get("/api/status").json()["health"]
    assert health["camera"] == {"light": "bad", "reason": "start the camera"}
    assert health["commentator"] == {"light": "bad", "reason": "start the commentator"}
    assert health["model"]["light"] == health["voice"]["light"] == "off"
    assert "LIVEKIT_URL" in health["livekit"]["reason"]
    assert "listener:=true" in health["listener"]["reason"]
    assert api.get("/api/audio-stream").status_code == 503
    report = CommentatorStatus(state="error", detail="no GPU")
    api.gateway.publish(Situation(report=report, commentator_trouble="", camera_trouble=""))
    assert api.get("/api/status").json()["health"]["model"] == {"light": "bad", "reason": "no GPU"}


def test_a_listener_that_can_not_listen_says_why_until_it_can(api: Served) -> None:
    trouble = "no weights: run fetch_model ears"
    api.gateway.publish(replace(WELL, listener_trouble=trouble))
    reported = api.get("/api/status").json()
    assert reported["health"]["listener"] == {"light": "bad", "reason": trouble}
    assert not reported["listens"]
    api.gateway.publish(replace(WELL, listens=True))
    reported = api.get("/api/status").json()
    assert reported["health"]["listener"]["light"] == "ok" and reported["listens"]


@pytest.mark.parametrize(
    ("method", "path", "body", "asked", "answer"),
    [
        ("POST", "instruction", {"instruction": LONG}, ("instruction", LONG), "message"),
        ("DELETE", "instruction", None, ("instruction", ""), "message"),
        ("POST", "ask", {"question": "Who?"}, ("ask", "Who?", False), "answer"),
        ("POST", "ask", {"question": "Who?", "quiet": True}, ("ask", "Who?", True), "answer"),
        ("POST", "say", {"text": " Hi. "}, ("say", "Hi.", "normal", False), "message"),
        (
            "POST",
            "say",
            {"text": "Hi.", "priority": "high", "interrupt": True},
            ("say", "Hi.", "high", True),
            "message",
        ),
        ("POST", "enabled", {"enabled": False}, ("enabled", False), "message"),
        ("POST", "profile", {"profile": "nature"}, ("profile", "nature"), "message"),
        ("POST", "source", {"source": "phone"}, ("source", "phone"), "message"),
    ],
)
def test_what_is_asked_reaches_the_robot_and_its_reply_comes_back(
    api: Served, method: str, path: str, body: Any, asked: tuple[object, ...], answer: str
) -> None:
    response = httpx.request(method, f"{api.url}/api/{path}", json=body)
    assert response.status_code == 200, response.text
    assert response.json()[answer] == "in force now"
    assert api.robot.asked == [asked]


def test_the_profiles_are_named(api: Served) -> None:
    reported = api.get("/api/profiles").json()
    assert reported == {"profiles": ["sports", "nature"], "profile": "sports"}


@pytest.mark.parametrize(("away", "status"), [(True, 503), (False, 409)])
def test_a_refusal_comes_back_with_its_reason(api: Served, away: bool, status: int) -> None:
    api.robot.reply = Reply(False, "it is not there: start it", away=away)
    response = api.post("/api/instruction", {"instruction": "x"})
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
        ("say", b'{"text": " "}', 422, "text"),
        ("say", b'{"text": "x", "priority": "urgent"}', 422, "priority"),
        ("enabled", b'{"enabled": "perhaps"}', 422, "enabled"),
        ("profile", b'["sports"]', 422, "the body"),
        ("source", b'{"source": "moon"}', 422, "source"),
        ("livekit/token", b'{"identity": "me"}', 503, "LIVEKIT_URL"),
    ],
)
def test_a_mistake_is_explained_in_one_sentence(
    api: Served, path: str, content: bytes, status: int, words: str
) -> None:
    headers = {"Content-Type": "application/json"}
    response = httpx.post(f"{api.url}/api/{path}", content=content, headers=headers)
    assert response.status_code == status, response.text
    assert words in response.json()["detail"]
    assert api.robot.asked == []


def test_metrics_are_what_prometheus_reads(api: Served) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    report = CommentatorStatus(comments=3, silent=2, words_delay=0.5)
    api.gateway.publish(Situation(report=report, commentator_trouble="", camera_trouble=""))
    until(lambda: api.context.clients.now.total() == 0)
    families = {f.name: f for f in text_string_to_metric_families(api.get("/metrics").text)}
    values = {name: family.samples[0].value for name, family in families.items() if family.samples}
    assert values["video_commentary_comments"] == 3
    assert values["video_commentary_words_delay_seconds"] == 0.5
    assert {name.removeprefix("video_commentary_") for name in values} == METRICS
    assert values["video_commentary_camera_up"] == 1
    kinds = {s.labels["kind"]: s.value for s in families["video_commentary_clients"].samples}
    assert kinds == {"live": 0, "mjpeg": 0, "events": 0, "audio": 0}


def test_the_api_is_documented_without_a_network(api: Served) -> None:
    page = api.get("/docs").text
    assert "http://" not in page
    assert "https://" not in page
    for script in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert api.get(f"/static-offline-docs/{script}").status_code == 200
    paths = api.get("/openapi.json").json()["paths"]
    assert {"/api/status", "/api/mjpeg", "/api/audio.wav", "/api/livekit/token"} <= set(paths)


def test_every_path_is_in_the_table_of_the_docs(api: Served) -> None:
    table = (ROOT / "docs" / "bridge.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    documented = {
        (method, re.sub(r"{\w+}", "{}", path))
        for row in rows
        for method, path in re.findall(r"`(GET|POST|DELETE) (/[\w/.{}-]+)", row)
    } | {("DELETE", "/api/instruction")}
    served = {
        (method.upper(), re.sub(r"{\w+}", "{}", path))
        for path, operations in api.get("/openapi.json").json()["paths"].items()
        for method in operations
    } | {("POST", "/mcp")}
    assert served == documented


def test_the_page_brings_all_it_needs_itself(api: Served) -> None:
    page = api.get("/")
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "https://" not in page.text
    assert api.get("/static/../app.py").status_code == 404


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
