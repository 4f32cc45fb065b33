"""Watches and alerts over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from test.bridge.serving import Served, alert
from video_commentary.bridge.watch_gateway import MAX_ALERTS, AlertHistory, WatchRequestError
from video_commentary.core.stamp import from_seconds


@pytest.fixture
def served(api: Served) -> Served:
    api.robot.watches.clear()
    return api


def test_watches_are_added_listed_and_removed(served: Served) -> None:
    body = {"condition": "a person enters", "name": "door", "camera": "eye", "speak": True}
    added = served.post("/api/watches", body | {"cooldown": 5})
    assert added.json() == {"id": 1, "message": "watching for: it is a person enters"}
    served.post("/api/watches", {"condition": "a dog"})
    (first, _) = served.robot.watches.reports
    served.robot.watches.reports[0] = replace(first, alerts=2, last_alert=from_seconds(7.5))
    door, dog = served.get("/api/watches").json()["watches"]
    assert door == {
        **body,
        "id": 1,
        "meaning": "it is a person enters",
        "cooldown": 5,
        "alerts": 2,
        "last_alert": 7.5,
    }
    assert (dog["cooldown"], dog["last_alert"]) == (30, None)
    removed = httpx.delete(f"{served.url}/api/watches/1")
    assert (removed.status_code, removed.json()) == (200, {"message": "removed"})
    assert [watch["id"] for watch in served.get("/api/watches").json()["watches"]] == [2]


@pytest.mark.parametrize(
    ("fields", "status"), [({}, 409), ({"away": True}, 503), ({"unknown": True}, 404)]
)
def test_refusals_come_back_with_their_reason(
    served: Served, fields: dict[str, bool], status: int
) -> None:
    served.robot.watches.error = WatchRequestError("say who or what", **fields)
    for response in (
        served.post("/api/watches", {"condition": "?"}),
        httpx.delete(f"{served.url}/api/watches/1"),
        served.get("/api/watches"),
    ):
        assert (response.status_code, response.json()) == (status, {"detail": "say who or what"})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"condition": " "},
        {"condition": "x" * 201},
        {"condition": "a dog", "cooldown": -1},
        {"condition": "a dog", "cooldown": 1e9},
        {"condition": "a dog", "name": "x" * 101},
        {"condition": "a dog", "speak": "perhaps"},
    ],
)
def test_mistakes_are_explained(served: Served, body: Any) -> None:
    assert served.post("/api/watches", body).status_code == 422
    assert served.robot.watches.reports == []


@pytest.mark.parametrize("number", ["0", "-1", "x", str(2**32)])
def test_what_is_no_number_of_a_watch_is_refused(served: Served, number: str) -> None:
    assert httpx.delete(f"{served.url}/api/watches/{number}").status_code == 422


@contextmanager
def events(served: Served, **headers: str) -> Iterator[Iterator[tuple[str, dict[str, Any]]]]:
    """Give ids and contents of the alerts of a stream."""
    with httpx.stream("GET", f"{served.url}/api/alerts", headers=headers, timeout=10) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        lines = response.iter_lines()
        assert next(lines) == "retry: 2000"

        def read() -> Iterator[tuple[str, dict[str, Any]]]:
            fields: dict[str, str] = {}
            for line in lines:
                name, _, value = line.partition(": ")
                fields[name] = value
                if not line and "data" in fields:
                    assert fields["event"] == "alert"
                    yield fields["id"], json.loads(fields["data"])
                    fields = {}

        yield read()


def test_alerts_are_streamed_and_kept_for_who_reconnects(served: Served) -> None:
    with events(served) as read:
        served.gateway.publish(alert("One."))
        number, first = next(read)
        assert (first["text"], first["name"], first["watch"]) == ("One.", "door", 3)
        assert first["confidence"] == 0.75
        assert first["evidence"][0]["name"] == "person"
        assert first["thumbnail"].startswith("data:image/jpeg;base64,/9j/")
    served.gateway.publish(alert("Two."))
    served.gateway.publish(alert("Three."))
    with events(served, **{"Last-Event-ID": number}) as read:
        assert [next(read)[1]["text"] for _ in range(2)] == ["Two.", "Three."]


def test_the_newest_alerts_are_kept() -> None:
    history = AlertHistory()
    for number in range(MAX_ALERTS + 5):
        history.add(alert(str(number)))
    assert [number for number, _ in history.since(0)] == list(range(6, MAX_ALERTS + 6))
    assert [item.alert.text for _, item in history.since(history.last_id - 1)] == ["104"]
    assert len(history.since(10_000)) == MAX_ALERTS, "the bridge was restarted"


def test_every_status_is_documented(served: Served) -> None:
    paths = served.get("/openapi.json").json()["paths"]
    assert {"200", "400", "401", "409", "422", "503"} <= set(
        paths["/api/watches"]["post"]["responses"]
    )
    assert {"200", "404", "422", "503"} <= set(
        paths["/api/watches/{number}"]["delete"]["responses"]
    )
    stream = paths["/api/alerts"]["get"]["responses"]
    assert "text/event-stream" in stream["200"]["content"] and "503" in stream
