"""Clips of the memory node, over DDS.

The test with a memory of its own comes first: there may be only one of its name at a time.
"""

from __future__ import annotations

import array
import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from audio_common_msgs.msg import AudioData, AudioDataStamped
from std_msgs.msg import Header
from video_commentary.msg import Alert, Clip, Commentary
from video_commentary.srv import Keep, ListClips, ReadClip

from test.memory.clips import tone
from test.nodes.graph import Probe, probe
from test.nodes.test_commentator_client import finished
from test.nodes.test_memory import COMMENTS, history, memory, poll
from video_commentary.bridge.clip_gateway import ClipRequestError
from video_commentary.nodes.bridge.clip_client import ClipClient
from video_commentary.ros.clip_bag import read_clip_bag
from video_commentary.ros.qos import CLIPS
from video_commentary.ros.service_calls import ServiceCaller
from video_commentary.ros.time import to_stamp, to_time

SETTINGS = ("clip_seconds:=3.0", "clip_after:=0.5")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run a memory; its clips are in this folder."""
    path = tmp_path_factory.mktemp("memory") / "m.db"
    with memory(path, *SETTINGS):
        yield path.with_name("m.clips")


@pytest.fixture
def graph(folder: Path) -> Iterator[Probe]:
    with probe() as it:
        it._subscribe(Clip, "/memory/clips", CLIPS, "clips")
        yield it


def held(graph: Probe) -> int:
    """Return how many pictures the memory holds, by its newest diagnostics."""
    for array_ in graph.got["diagnostics"][-1:]:
        for status in array_.status:
            if status.name == "memory: clips":
                return int({v.key: v.value for v in status.values}["pictures held"])
    return 0


def recorded(graph: Probe, id: str) -> Any:
    """Film until the clip is announced; return it."""
    return graph.film(lambda: [clip for clip in graph.got["clips"] if clip.id == id])[0]


def read(graph: Probe, id: str, format: str = "", chunk: int = 0) -> bytes:
    data = b""
    while True:
        request = ReadClip.Request(id=id, format=format, offset=len(data), length=chunk)
        reply = graph.call(ReadClip, "/memory/read_clip", request)
        assert reply.success, reply.message
        data += reply.data.tobytes()
        if len(data) >= reply.total:
            return data


def test_jpegs_are_kept_as_they_come_and_wait_for_a_disk_that_cant_be_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "clips"
    own = (f"clip_folder:={folder}", "memory_thumbnails:=false", "clip_fps:=60.0")
    with memory(tmp_path / "m.db", *SETTINGS, *own), probe() as graph:
        graph._subscribe(Clip, "/memory/clips", CLIPS, "clips")
        sent: list[bytes] = []

        def film() -> bool:
            ok, jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), len(sent) % 256, np.uint8))
            assert ok
            sent.append(jpeg.tobytes())
            graph.jpeg(sent[-1])
            graph.spin(0.05)
            return "clips can't be written" in graph.troubles() and held(graph) > 5

        graph.until(film)
        assert "clip_disk_megabytes" in graph.troubles()
        kept = graph.call(Keep, "/memory/keep", Keep.Request(after=-1.0))
        assert kept.success
        assert history(graph).success, "the memory itself goes on"
        (tmp_path / "file").unlink()
        graph.until(lambda: kept.id in [clip.id for clip in graph.got["clips"]])
        contents = read_clip_bag(folder / kept.id / f"{kept.id}.mcap")
        kept_jpegs = [picture.jpeg for picture in contents.pictures]
        first = sent.index(kept_jpegs[0])
        assert kept_jpegs == sent[first : first + len(kept_jpegs)]
        assert contents.topic == "/camera/image_raw"


def test_an_alert_makes_a_clip_that_can_be_read_in_chunks(graph: Probe, folder: Path) -> None:
    graph.film(lambda: held(graph) > 10)
    moment = graph.now() - 0.5
    header = Header(stamp=to_time(moment), frame_id="eye")
    alert = Alert(header=header, text="A person comes in.", name="door")

    def made() -> Any:
        graph.publish(Alert, "/commentator/alerts", alert, True)
        graph.spin(0.2)
        return [clip for clip in graph.got["clips"] if clip.moment == header.stamp]

    clip = graph.film(made)[0]
    assert (clip.name, clip.camera, clip.format) == ("door", "eye", "mcap")
    assert to_stamp(clip.begin) < to_stamp(clip.moment) < to_stamp(clip.end)
    assert clip.pictures >= 8
    entries = poll(graph, lambda: history(graph, kinds=["alert"]).entries, bool)
    assert clip.alert in [entry.id for entry in entries]
    reply = graph.call(ListClips, "/memory/list_clips", ListClips.Request())
    assert reply.success and clip in reply.clips and reply.total == len(reply.clips)
    file = folder / clip.id / f"{clip.id}.mcap"
    assert read(graph, clip.id, chunk=7000) == file.read_bytes()
    assert clip.bytes == file.stat().st_size
    contents = read_clip_bag(file)
    assert len(contents.pictures) == clip.pictures
    picture = cv2.imdecode(np.frombuffer(contents.pictures[0].jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and picture.shape == (48, 8, 3), "as the probe's cameras are"


def test_what_is_kept_has_words_and_sound_and_plays_as_mp4(graph: Probe, folder: Path) -> None:
    began = graph.now()

    def speak() -> bool:
        now = graph.now()
        header = Header(stamp=to_time(now - 0.1), frame_id="eye")
        said = Commentary(header=header, text="A dog.", final=True, first_sound=to_time(now))
        graph.publish(Commentary, COMMENTS, said, True)
        sound = AudioData(data=array.array("B", tone(0.04)))
        block = AudioDataStamped(header=Header(stamp=to_time(now + 0.2)), audio=sound)
        graph.publish(AudioDataStamped, "/commentator/audio_stamped", block, True)
        graph.spin(0.1)
        return now > began + 1.5 and held(graph) > 10

    graph.film(speak)
    kept = graph.call(Keep, "/memory/keep", Keep.Request(name="my dog", before=1.0))
    assert kept.success and kept.message.endswith(f"/m.clips/{kept.id}")
    clip = recorded(graph, kept.id)
    assert (clip.name, clip.alert) == ("my dog", 0)
    assert to_stamp(clip.end) - to_stamp(clip.begin) == pytest.approx(1.5e9, abs=0.4e9)
    contents = read_clip_bag(folder / kept.id / f"{kept.id}.mcap")
    assert {words.comment.text for words in contents.words} == {"A dog."}
    assert all(contents.begin <= block.stamp <= contents.end for block in contents.sound)
    assert len(contents.sound) >= 3
    assert b"A dog." in read(graph, kept.id, "vtt")
    assert read(graph, kept.id, "jpeg").startswith(b"\xff\xd8")
    movie = folder / "played.mp4"
    movie.write_bytes(read(graph, kept.id, "mp4"))
    with av.open(str(movie)) as container:
        assert sum(1 for _ in container.decode(video=0)) == clip.pictures
        assert [stream.type for stream in container.streams] == ["video", "audio", "subtitle"]


def test_bad_requests_are_refused_with_what_is_allowed(graph: Probe, folder: Path) -> None:
    graph.film(lambda: held(graph) > 1)
    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"before": -1.0}, "before"),
        ({"before": float("nan")}, "before"),
        ({"after": 61.0}, "at most 60"),
        ({"name": "x" * 101}, "at most 100"),
    )
    for request, words in refused:
        reply = graph.call(Keep, "/memory/keep", Keep.Request(**request))
        assert not reply.success and words in reply.message
    refused = (
        ({"id": "../m.db"}, "no clip"),
        ({"id": "x", "format": "avi"}, "mcap, mp4"),
        ({"id": "x", "length": 300_000}, "262144"),
    )
    for request, words in refused:
        reply = graph.call(ReadClip, "/memory/read_clip", ReadClip.Request(**request))
        assert not reply.success and words in reply.message
    many = graph.call(ListClips, "/memory/list_clips", ListClips.Request(limit=501))
    assert not many.success and "500" in many.message


def test_the_bridges_client_lists_keeps_and_reads(graph: Probe, folder: Path) -> None:
    client = ClipClient(graph.node, ServiceCaller(graph.node), "memory")
    graph.film(lambda: held(graph) > 5)
    kept = asyncio.run(finished(graph, client.keep("gate", 1.0, -1.0)))
    clip = recorded(graph, kept.id)
    page = asyncio.run(finished(graph, client.list(0.0, 5)))
    assert page.clips[0].id == clip.id and page.total >= 1 and page.size >= clip.bytes
    assert page.clips[0].begin == to_stamp(clip.begin)
    part = asyncio.run(finished(graph, client.read(kept.id, "mcap", 10, 100)))
    file = folder / kept.id / f"{kept.id}.mcap"
    assert part.data == file.read_bytes()[10:110] and part.total == file.stat().st_size
    with pytest.raises(ClipRequestError, match="no clip") as refused:
        asyncio.run(finished(graph, client.read("x", "mp4", 0, 100)))
    assert not refused.value.away
