"""The clips under the picture, in the system's Chromium."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from test.bridge.browsing import holds, installed, opened
from test.bridge.serving import Served, jpeg, serve, until
from test.memory.clips import contents
from video_commentary.bridge.clip_gateway import ClipRequestError
from video_commentary.core.clip import ClipPicture, RecordedClip
from video_commentary.core.memory_entry import ALERT, COMMENT, MemoryEntry
from video_commentary.recording.clip_movie import clip_vtt, write_clip_movie

pytestmark = installed
SECOND = 10**9


@pytest.fixture
def served() -> Iterator[Served]:
    with serve() as it:
        yield it


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A clip of more than one part: noise compresses badly."""
    path: Path = tmp_path_factory.mktemp("clip") / "c.mp4"
    shown = contents().pictures
    pictures = tuple(ClipPicture(each.stamp, noise(i)) for i, each in enumerate(shown))
    write_clip_movie(path, replace(contents(), pictures=pictures))
    return path.read_bytes()


def noise(seed: int) -> bytes:
    picture = np.random.default_rng(seed).integers(0, 255, (360, 480, 3), np.uint8)
    ok, data = cv2.imencode(".jpg", picture)
    assert ok
    return data.tobytes()


def record(web: Served, id: str, name: str = "", alert: int = 0, movie: bytes = b"") -> None:
    begin = time.time_ns() - 3600 * SECOND
    clip = RecordedClip(
        id=id,
        name=name,
        begin=begin,
        end=begin + 30 * SECOND,
        moment=begin + 20 * SECOND,
        alert=alert,
        camera="eye",
        format="mcap",
        size=1000,
        pictures=300,
    )
    web.robot.clips.clips.append(clip)
    files = {"jpeg": jpeg(3), "vtt": clip_vtt(contents()).encode(), "mp4": movie}
    web.robot.clips.files |= {(id, format): data for format, data in files.items() if data}


def test_a_clip_is_listed_and_plays_with_its_subtitles(
    browser: Any, served: Served, movie: bytes
) -> None:
    assert len(movie) > 2**20
    record(served, "c1", "gate")
    record(served, "c2", "door", alert=7, movie=movie)
    with opened(browser, served) as page:
        page.locator("#clip-list li").first.wait_for()
        assert page.locator("#clip-list b").all_inner_texts() == ["door", "gate"]
        assert page.locator("#clip-list span").first.inner_text() == "30 s"
        holds(page, "document.querySelector('#clip-list img').naturalWidth === 160")
        page.click("#clip-list li:first-child button")
        video = "document.getElementById('clip-video')"
        holds(page, f"{video}.readyState >= 3 && {video}.videoWidth === 480")
        holds(page, f"{video}.ended || {video}.currentTime > 1")
        holds(page, f"{video}.textTracks[0].cues?.length === 2")
        assert page.evaluate(f"{video}.textTracks[0].mode") == "showing"
        assert page.evaluate(f"{video}.textTracks[0].cues[0].text") == "A red &lt;car&gt;."
        holds(page, f"{video}.ended", 20.0)
        assert page.evaluate(f"{video}.duration") == pytest.approx(2.0, abs=0.1)
        assert page.locator("#clip-title").inner_text().startswith("door · ")
        with page.expect_download() as download:
            page.click("#clip-mp4")
        assert Path(download.value.path()).read_bytes() == movie
        page.click("#clip-close")
        holds(page, "!document.getElementById('clip').open")


def test_a_clip_that_cant_be_played_says_why(browser: Any, served: Served) -> None:
    record(served, "c1", "gate")
    with opened(browser, served) as page:
        page.click("#clip-list button")
        page.get_by_text("there is no clip 'c1'").wait_for()


def test_an_alert_in_the_timeline_plays_its_clip(browser: Any, served: Served) -> None:
    for id, kind in ((1, COMMENT), (2, ALERT), (3, ALERT)):
        entry = MemoryEntry(kind=kind, stamp=SECOND, time=SECOND, text=f"e{id}", id=id)
        served.robot.memory.entries.append(entry)
    record(served, "c1", "door", alert=2)
    with opened(browser, served) as page:
        page.locator("#entries button").wait_for()
        assert page.locator("#entries li:has(button)").get_attribute("data-id") == "2"
        page.click("#entries button")
        assert page.locator("#clip-title").inner_text().startswith("door · ")


def test_keep_is_sent_with_its_name_and_new_clips_appear(browser: Any, served: Served) -> None:
    with opened(browser, served) as page:
        page.fill("#clip-name", "  my dog ")
        page.click("#keep")
        page.get_by_text("the clip appears here").wait_for()
        until(lambda: ("keep", "my dog", 0.0, 0.0) in served.robot.clips.asked)
        assert page.input_value("#clip-name") == ""
        record(served, "c1", "my dog")
        page.locator("#clip-list b").wait_for()
        served.robot.clips.error = ClipRequestError("clips are off: set clip_seconds")
        page.click("#keep")
        page.get_by_text("clips are off: set clip_seconds").wait_for()


def test_is_not_there_without_a_memory(browser: Any, served: Served) -> None:
    served.robot.clips.error = ClipRequestError("start the memory", away=True)
    with opened(browser, served) as page:
        until(lambda: served.robot.clips.asked)
        page.wait_for_timeout(300)
        assert page.is_hidden("#clips")
