"""The routes of the memory, asked over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from test.bridge.fake_robot import FakeMemory
from test.bridge.serving import Served
from video_commentary.bridge.memory_gateway import HistoryQuery, MemoryRequestError
from video_commentary.core.location import GeoFix, Location, PlanarPose
from video_commentary.core.memory_entry import COMMENT, EVENT, MemoryEntry

SECOND = 10**9


@pytest.fixture
def memory(api: Served) -> Iterator[FakeMemory]:
    yield api.robot.memory
    api.robot.memory.clear()


def entry(id: int, **fields: Any) -> MemoryEntry:
    values: dict[str, Any] = {"kind": COMMENT, "text": f"c{id}", "camera": "eye"}
    values |= {"stamp": id * SECOND, "time": (100 + id) * SECOND}
    return MemoryEntry(**(values | fields | {"id": id}))


def test_an_entry_comes_with_all_that_is_known(api: Served, memory: FakeMemory) -> None:
    place = Location(
        name="the dock",
        pose=PlanarPose(frame="map", x=2.1, y=3.4, yaw=0.5),
        fix=GeoFix(latitude=52.5, longitude=13.4),
    )
    what = {"kind": EVENT, "event": "enters", "who": "car", "where": "left", "count": 2}
    memory.entries = [entry(1, thumbnail=b"\xff", location=place, **what)]
    got = api.get("/api/history", params={"thumbnails": True}).json()
    assert got == {
        "entries": [
            {
                "id": 1,
                "kind": "event",
                "time": 101.0,
                "stamp": 1.0,
                "camera": "eye",
                "text": "c1",
                "question": "",
                "event": {
                    "kind": "enters",
                    "who": "car",
                    "where": "left",
                    "count": 2,
                    "at_least": False,
                    "colour": "",
                },
                "place": {
                    "text": "near the dock, at 2.1, 3.4 m on the map",
                    "name": "the dock",
                    "pose": {"frame": "map", "x": 2.1, "y": 3.4, "yaw": 0.5},
                    "fix": {"latitude": 52.5, "longitude": 13.4},
                },
                "thumbnail": "data:image/jpeg;base64,/w==",
            }
        ],
        "cursor": "",
    }
    assert memory.asked == [HistoryQuery(thumbnails=True)]


def test_pages_follow_one_another(api: Served, memory: FakeMemory) -> None:
    memory.entries = [entry(id) for id in range(1, 6)]
    first = api.get("/api/history", params={"limit": 3}).json()
    assert [each["id"] for each in first["entries"]] == [5, 4, 3]
    second = api.get("/api/history", params={"limit": 3, "cursor": first["cursor"]}).json()
    assert [each["id"] for each in second["entries"]] == [2, 1]
    assert second["cursor"] == ""


def test_everything_that_is_asked_reaches_the_memory(api: Served, memory: FakeMemory) -> None:
    params = {
        "from": 12.5,
        "to": 20,
        "kind": ["event", "alert"],
        "q": "red car",
        "limit": 7,
        "cursor": "9-1",
        "after": 4,
    }
    assert api.get("/api/history", params=params).status_code == 200
    assert memory.asked == [
        HistoryQuery(
            start=12.5,
            end=20.0,
            kinds=("event", "alert"),
            words="red car",
            limit=7,
            cursor="9-1",
            after=4,
        )
    ]


def test_a_question_is_answered_with_its_entries(api: Served, memory: FakeMemory) -> None:
    memory.entries = [entry(1), entry(2)]
    body = {"question": "When was the last car?", "from": 5.0}
    got = api.post("/api/recall", body).json()
    assert got["answer"] == "The last car was at noon."
    assert [each["id"] for each in got["entries"]] == [2]
    assert memory.asked == [("When was the last car?", 5.0, 0.0, 10)]


def test_a_recap_comes_in_words_and_in_numbers(api: Served, memory: FakeMemory) -> None:
    memory.entries = [entry(1)]
    got = api.post("/api/recap", {"period": "today", "to": 20}).json()
    assert [each["id"] for each in got.pop("entries")] == [1]
    assert got == {
        "text": "A car came in.",
        "from": 10.0,
        "to": 20.0,
        "kinds": {"comment": 3, "event": 1, "alert": 0, "answer": 0},
        "counts": [{"event": "enters", "who": "car", "times": 1, "count": 1, "at_least": False}],
    }
    assert memory.asked == [("today", 0.0, 20.0)]


@pytest.mark.parametrize(("away", "status"), [(True, 503), (False, 409)])
def test_a_refusal_comes_back_with_its_reason(
    api: Served, memory: FakeMemory, away: bool, status: int
) -> None:
    memory.error = MemoryRequestError("start the memory", away=away)
    for response in (
        api.get("/api/history"),
        api.post("/api/recall", {"question": "Who was there?"}),
        api.post("/api/recap", {}),
    ):
        assert (response.status_code, response.json()) == (status, {"detail": "start the memory"})


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"kind": "dream"}, "kind"),
        ({"from": -1}, "from"),
        ({"to": "noon"}, "to"),
        ({"to": 1e300}, "to"),
        ({"after": 2**70}, "after"),
        ({"q": "x" * 201}, "q"),
    ],
)
def test_a_mistake_in_the_address_is_explained(
    api: Served, memory: FakeMemory, params: dict[str, Any], words: str
) -> None:
    response = api.get("/api/history", params=params)
    assert response.status_code == 422
    assert words in response.json()["detail"]
    assert memory.asked == []


@pytest.mark.parametrize("body", [{}, {"question": " "}, {"question": "x", "limit": 101}])
def test_a_mistake_in_a_question_is_explained(
    api: Served, memory: FakeMemory, body: dict[str, Any]
) -> None:
    assert api.post("/api/recall", body).status_code == 422
    assert memory.asked == []


def test_every_status_is_documented(api: Served) -> None:
    paths = api.get("/openapi.json").json()["paths"]
    any_request = {"200", "401", "403", "411", "413", "421", "429"}
    assert set(paths["/api/history"]["get"]["responses"]) == any_request | {"409", "422", "503"}
    recall = set(paths["/api/recall"]["post"]["responses"])
    assert recall == any_request | {"400", "409", "422", "503"}
    assert set(paths["/api/recap"]["post"]["responses"]) == recall
    names = {each["name"] for each in paths["/api/history"]["get"]["parameters"]}
    assert names == {"from", "to", "kind", "q", "limit", "cursor", "after", "thumbnails"}
