"""The routes of clips, asked over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from test.bridge.fake_robot import FakeClips
from test.bridge.serving import Served, serve
from video_commentary.bridge.clip_gateway import ClipRequestError
from video_commentary.core.clip import RecordedClip

SECOND = 10**9
FILE = np.random.default_rng(1).integers(0, 256, 1_500_000, np.uint8).tobytes()
ID = "20261128-120000"


@pytest.fixture
def clips(api: Served) -> Iterator[FakeClips]:
    yield api.robot.clips
    api.robot.clips.clear()


def clip(id: str = ID, **fields: Any) -> RecordedClip:
    values: dict[str, Any] = {
        "id": id,
        "name": "door",
        "begin": 100 * SECOND,
        "end": 130 * SECOND,
        "moment": 120 * SECOND,
        "alert": 7,
        "camera": "eye",
        "format": "mcap",
        "size": 1000,
        "pictures": 300,
    }
    return RecordedClip(**(values | fields))


def test_clips_come_with_all_that_is_known(api: Served, clips: FakeClips) -> None:
    clips.clips = [clip("c1", alert=0), clip()]
    got = api.get("/api/clips", params={"before": 500, "limit": 1}).json()
    assert got == {
        "clips": [
            {
                "id": ID,
                "name": "door",
                "begin": 100.0,
                "end": 130.0,
                "moment": 120.0,
                "alert": 7,
                "camera": "eye",
                "format": "mcap",
                "bytes": 1000,
                "pictures": 300,
            }
        ],
        "total": 2,
        "bytes": 12_000_000,
    }
    assert clips.asked == [("list", 500.0, 1)]
    assert api.get("/api/clips").json()["clips"][1]["alert"] is None


def test_a_whole_file_is_streamed_in_chunks(api: Served, clips: FakeClips) -> None:
    clips.files[ID, "mcap"] = FILE
    got = api.get(f"/api/clips/{ID}", params={"format": "mcap"})
    assert got.status_code == 200 and got.content == FILE
    assert got.headers["content-length"] == str(len(FILE))
    assert got.headers["content-disposition"] == f'attachment; filename="{ID}.mcap"'
    assert len(clips.asked) == 6
    assert not api.context.clients.now["clip"]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=1000000-1300000", 1_000_000, 1_300_000),
        ("bytes=1499990-", 1_499_990, 1_499_999),
        ("bytes=1499990-9999999", 1_499_990, 1_499_999),
        ("bytes=-10", 1_499_990, 1_499_999),
        ("bytes=0-", 0, 1_048_575),
        ("bytes=-9999999", 0, 1_048_575),
    ],
)
def test_a_part_is_what_the_range_says(
    api: Served, clips: FakeClips, asked: str, first: int, last: int
) -> None:
    clips.files[ID, "mp4"] = FILE
    got = api.get(f"/api/clips/{ID}", headers={"Range": asked})
    assert got.status_code == 206
    assert got.headers["content-range"] == f"bytes {first}-{last}/{len(FILE)}"
    assert got.headers["accept-ranges"] == "bytes"
    assert got.headers["content-type"] == "video/mp4"
    assert got.content == FILE[first : last + 1]


def test_a_range_behind_the_end_is_refused_and_nonsense_is_left_out(
    api: Served, clips: FakeClips
) -> None:
    clips.files[ID, "mp4"] = b"0123456789"
    for asked in ("bytes=10-", "bytes=10-20", "bytes=-0"):
        got = api.get(f"/api/clips/{ID}", headers={"Range": asked})
        assert (got.status_code, got.headers["content-range"]) == (416, "bytes */10")
    for asked in ("bytes=3-2", "bytes=0-1,4-5", "pages=1-2", "bytes=-"):
        got = api.get(f"/api/clips/{ID}", headers={"Range": asked})
        assert (got.status_code, got.content) == (200, b"0123456789")


def test_subtitles_and_a_picture_have_their_types(api: Served, clips: FakeClips) -> None:
    clips.files = {(ID, "vtt"): b"WEBVTT\n", (ID, "jpeg"): b"\xff\xd8"}
    got = api.get(f"/api/clips/{ID}", params={"format": "vtt"})
    assert got.headers["content-type"] == "text/vtt; charset=utf-8" and got.text == "WEBVTT\n"
    got = api.get(f"/api/clips/{ID}", params={"format": "jpeg"})
    assert got.headers["content-type"] == "image/jpeg"


def test_a_clip_is_kept_as_asked(api: Served, clips: FakeClips) -> None:
    got = api.post("/api/keep", {"name": "gate", "before": 5, "after": -1})
    assert got.json() == {"id": ID, "message": f"it will be in /clips/{ID}"}
    assert api.post("/api/keep", {}).status_code == 200
    assert clips.asked == [("keep", "gate", 5.0, -1.0), ("keep", "", 0.0, 0.0)]


def test_what_is_not_there_is_refused_with_its_reason(api: Served, clips: FakeClips) -> None:
    got = api.get("/api/clips/c9")
    assert (got.status_code, got.json()) == (404, {"detail": "there is no clip 'c9'"})
    for path in ("/api/clips/..%2Fsecret", "/api/clips/a.b"):
        assert api.get(path).status_code in (404, 422)
    assert api.get(f"/api/clips/{ID}", params={"format": "avi"}).status_code == 422
    assert api.post("/api/keep", {"after": 61}).status_code == 422
    assert api.post("/api/keep", {"name": "x" * 101}).status_code == 422


@pytest.mark.parametrize(("away", "status"), [(True, 503), (False, 409)])
def test_a_refusal_comes_back_with_its_reason(
    api: Served, clips: FakeClips, away: bool, status: int
) -> None:
    clips.error = ClipRequestError("clips are off", away)
    for got in (api.get("/api/clips"), api.post("/api/keep", {})):
        assert (got.status_code, got.json()) == (status, {"detail": "clips are off"})
    assert api.get(f"/api/clips/{ID}").status_code == (503 if away else 404)


def test_nothing_is_given_without_the_token_or_to_another_origin() -> None:
    token = "a-long-enough-token"
    with serve({"VIDEO_COMMENTARY_TOKEN": token}) as served:
        served.robot.clips.files[ID, "mp4"] = b"film"
        for path in ("/api/clips", f"/api/clips/{ID}"):
            assert served.get(path).status_code == 401
        assert served.post("/api/keep", {}).status_code == 401
        known = {"Authorization": f"Bearer {token}"}
        assert served.get(f"/api/clips/{ID}", headers=known).content == b"film"
        foreign = known | {"Origin": "http://elsewhere.example"}
        assert served.post("/api/keep", {}, headers=foreign).status_code == 403


def test_every_status_is_documented(api: Served) -> None:
    paths = api.get("/openapi.json").json()["paths"]
    any_request = {"200", "401", "403", "411", "413", "421", "429"}
    for path, method, statuses in (
        ("/api/clips", "get", {"409", "422", "503"}),
        ("/api/clips/{id}", "get", {"206", "404", "416", "422", "503"}),
        ("/api/keep", "post", {"400", "409", "422", "503"}),
    ):
        assert set(paths[path][method]["responses"]) == any_request | statuses
