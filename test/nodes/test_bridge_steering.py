"""What the page steers, and which camera the bridge shows then."""

from __future__ import annotations

import threading
import time
from typing import Any

import httpx
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter

from test.nodes.bridge_tabs import bridge
from test.nodes.graph import commentator, probe


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
        bridge("phone_timeout:=300.0") as it,
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


def test_a_phone_that_has_left_gives_way_to_the_robots_camera() -> None:
    with (
        commentator("says", "image_topics:=['/phone/image_raw']") as _,
        bridge("phone_timeout:=4.0", "view_transport:=raw") as it,
        probe() as graph,
    ):
        graph.until(lambda: it.status()["source"] == "phone")
        phone: dict[str, Any] = {"topic": "/phone/image_raw"}
        graph.film(lambda: it.status()["camera_fps"] > 0, **phone)
        filmed = time.monotonic() + 5.0
        graph.film(lambda: time.monotonic() > filmed, **phone)
        assert it.status()["source"] == "phone", "it sends images"
        graph.until(lambda: it.status()["cameras"] == ["/camera/image_raw"])
        graph.until(lambda: it.status()["source"] == "robot")
        assert "has left" in it.status()["notice"]
