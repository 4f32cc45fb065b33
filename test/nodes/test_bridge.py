"""The bridge node between a real ROS graph and real clients."""

from __future__ import annotations

import signal
import threading
import time
from itertools import pairwise
from typing import Any

import httpx
import numpy as np
import pytest

from test.nodes.bridge_tabs import Bridge, Tab, bridge, index_of, scene, tab, wait
from test.nodes.graph import commentator, probe
from video_commentary.ros.images_out import encode_jpeg


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


@pytest.mark.parametrize("ahead", [-5.0, 5.0])
def test_a_camera_whose_clock_differs_is_in_step_all_the_same(ahead: float) -> None:
    with (
        commentator("says", "breathing_pause:=0.1") as _,
        bridge() as it,
        probe() as graph,
        tab(it) as page,
    ):
        due = 0.0

        def settled() -> bool:
            nonlocal due
            if time.monotonic() >= due:
                due = time.monotonic() + 0.1
                graph.picture(stamp=graph.now() + ahead)
            said = [said for _, said in page.comments if said["first_words"]]
            pictures = [stamp - graph.now() - ahead for _, stamp, _ in page.pictures[-1:]]
            seen = len(said) > 5 and bool(pictures) and abs(pictures[0]) < 4.9
            # a camera that was subscribed to again is measured from its next picture on
            return seen and it.status()["clock_offset"] != 0.0

        graph.until(settled, 60)
        status = it.status()
        troubles = graph.troubles()
        took = [
            said["first_words"] - said["newest"] for _, said in page.comments if said["first_words"]
        ]
    assert status["clock_offset"] == pytest.approx(-ahead, abs=0.3)
    assert all(-0.3 < each < 3.0 for each in took[3:]), "words after their frames, by one clock"
    assert 0.0 <= status["measured_delay"] < 4.9, "the delay is measured, not left out"
    assert "machine's clock. Delays are corrected" in troubles


def test_what_is_seen_comes_with_its_picture_and_each_comment_has_one() -> None:
    with (
        commentator("says", "breathing_pause:=0.2"),
        bridge() as it,
        probe() as graph,
        tab(it, boxes=True) as page,
    ):
        seen = graph.film(lambda: [boxes for boxes in page.boxes if boxes["boxes"]], 40)[-1]
        final, picture = graph.film(lambda: pictured(it, page), 40)
    assert seen["size"] == [8, 48]
    (box,) = seen["boxes"]
    assert (box["name"], box["track"], box["score"]) == ("person", "7", 0.5)
    assert (box["left"], box["top"], box["right"], box["bottom"]) == (2.0, 6.0, 4.0, 36.0)
    assert seen["stamp"] in {stamp for _, stamp, _ in page.pictures}
    (person,) = final["evidence"]
    assert person["stamp"] == final["newest"]
    assert person["box"] == {"left": 0.25, "top": 0.125, "right": 0.5, "bottom": 0.75}
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert abs(float(picture.headers["X-Timestamp"]) - final["newest"]) < 0.6


def pictured(it: Bridge, page: Tab) -> tuple[dict[str, Any], httpx.Response] | None:
    """Return the newest finished comment and its picture, if it has one."""
    finals = [said for _, said in page.comments if said["final"]]
    if not finals:
        return None
    response = it.get(f"/api/comments/{finals[-1]['id']}/picture")
    return (finals[-1], response) if response.status_code == 200 else None


def test_words_come_in_the_order_in_which_they_were_said() -> None:
    with (
        commentator("says", "breathing_pause:=0.0"),
        bridge() as it,
        probe() as graph,
        tab(it) as page,
    ):
        graph.film(lambda: len(graph.finals) >= 5)
        graph.film(lambda: len([1 for _, said in page.comments if said["final"]]) >= 4)
        comments = [said for _, said in page.comments]
    assert [said["id"] for said in comments] == sorted({said["id"] for said in comments})
    for before, after in pairwise(comments):
        if after["sequence"] == before["sequence"]:
            assert after["text"].startswith(before["text"].strip())
            assert not before["final"]
        else:
            assert after["sequence"] > before["sequence"]
            assert before["final"]
    spoken = {e.sequence: e.text for e in graph.finals}
    for said in comments:
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
