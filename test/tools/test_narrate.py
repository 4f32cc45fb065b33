"""The program as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import wave
from dataclasses import replace
from pathlib import Path

import av
import pytest

from test.tools.narration.bags import jpeg, record
from test.tools.narration.recordings import image, loudness, sound_of, write_movie_with_sound
from video_commentary.tools import narrate
from video_commentary.tools.narration.job import _stopping

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "video_commentary.tools.narrate"]


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def clip(media: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 14 s of the campus video, with its people."""
    path = tmp_path_factory.mktemp("clip") / "campus.mp4"
    with av.open(str(media / "vtest.avi")) as source, av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 480, 360, "yuv420p"
        for number, frame in enumerate(source.decode(video=0)):
            if number == 140:
                break
            plain = av.VideoFrame.from_ndarray(
                frame.reformat(480, 360).to_ndarray(format="rgb24"), "rgb24"
            )
            out.mux(video.encode(plain))
        out.mux(video.encode(None))
    return path


def captions(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def narrated(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    out = tmp_path_factory.mktemp("narrated") / "whole.jsonl"
    done = run(clip, out)
    assert done.returncode == 0, done.stderr
    assert "times real time" in done.stderr
    return captions(out)


def test_the_built_in_engine_narrates_a_video(narrated: list[dict[str, object]]) -> None:
    assert len(narrated) >= 2
    assert "person" in narrated[0]["text"] or "people" in narrated[0]["text"]  # type: ignore[operator]
    assert all(entry["spoken"] for entry in narrated)


def test_the_same_file_gives_the_same_words_in_every_form(
    clip: Path, narrated: list[dict[str, object]], tmp_path: Path
) -> None:
    out = tmp_path / "out.mp4"
    done = run(clip, out)
    assert done.returncode == 0, done.stderr
    with av.open(str(out)) as container:
        texts = [
            bytes(packet)[2:].decode().replace("\n", " ")
            for packet in container.demux(subtitles=0)
            if packet.size > 2
        ]
    assert texts == [entry["text"] for entry in narrated]
    wave = sound_of(out)
    for entry in narrated:
        start, end = float(entry["start"]), float(entry["end"])  # type: ignore[arg-type]
        assert loudness(wave, start, end) > 0.01


def test_interrupted_it_leaves_a_file_that_plays_and_goes_on(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "interrupted.mp4"
    journal = tmp_path / "interrupted.mp4.part" / "answers.jsonl"
    process = subprocess.Popen(
        [*COMMAND, str(clip), str(out)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if journal.exists() and len(journal.read_text().splitlines()) > 20:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "run the same command to continue" in errors
    with av.open(str(out)) as container:
        frames = sum(1 for _ in container.decode(video=0))
    assert 10 < frames < 140
    done = run(clip, out)
    assert done.returncode == 0, done.stderr
    assert "going on after" in done.stderr
    assert not journal.parent.exists()
    with av.open(str(out)) as container:
        assert sum(1 for _ in container.decode(video=0)) >= 140


def test_a_time_in_a_name_is_no_protocol(tmp_path: Path) -> None:
    write_movie_with_sound(tmp_path / "2026-07-01T10:00:00.mp4", 3.0)
    done = subprocess.run(
        [*COMMAND, "2026-07-01T10:00:00.mp4", "out:1.mp4", "voice:=none"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with av.open(str(tmp_path / "out:1.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 30
        assert container.streams.audio


def test_a_bag_with_a_truncated_picture_becomes_a_movie(tmp_path: Path) -> None:
    messages = [(n / 5, jpeg(1.0 + n / 5, image(n / 5))) for n in range(15)]
    broken = messages[5][1]
    messages[5] = (1.0, replace(broken, data=broken.data[:60]))
    out = tmp_path / "out.mp4"
    done = run(record(tmp_path / "bag", {"/camera": messages}), out, "voice:=none")
    assert done.returncode == 0, done.stderr
    assert "only part could be read" in done.stderr
    with av.open(str(out)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 14


def test_a_signal_stops_it_though_it_comes_where_stopping_waits() -> None:
    lock, stopped = threading.Lock(), threading.Event()

    def stop() -> None:
        if lock.acquire(timeout=5):
            stopped.set()

    with _stopping(stop):
        with lock:
            began = time.monotonic()
            os.kill(os.getpid(), signal.SIGINT)
            assert time.monotonic() - began < 3
        assert stopped.wait(3)


def test_speech_alone_and_subtitles_alone(tmp_path: Path) -> None:
    clip = write_movie_with_sound(tmp_path / "in.mp4", 6.0)
    for ending in ("wav", "srt", "vtt"):
        done = run(clip, tmp_path / f"out.{ending}", "voice:=espeak")
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.vtt").read_text().startswith("WEBVTT")
    with wave.open(str(tmp_path / "out.wav")) as file:
        assert (file.getframerate(), file.getnchannels()) == (48_000, 1)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["in.mp4", "out.avi"], "let OUT end in one of .mp4"),
        (["in.mp4", "in.mp4"], "OUT is IN"),
        (["in.mp4", "none/out.mp4"], "no such folder"),
        (["in.mp4", "there.srt"], "--overwrite"),
        (["in.mp4", "out.mp4", "engine"], "name:=value"),
        (["in.mp4", "out.mp4", "engine:=gpt"], "is not one of builtin"),
        (["in.mp4", "out.mp4", "params_file:=x"], "give single settings"),
        (["in.mp4", "out.mp4", "profile:=nobody"], "is not one of"),
        (["nothing.mp4", "out.mp4"], "no such file"),
        (["there.srt", "out.mp4"], "not a video"),
        (["in.mp4", "out.mp4", "--topic", "/c"], "no rosbag: leave out --topic"),
    ],
)
def test_mistakes_are_reported_and_nothing_is_written(
    words: list[str],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_movie_with_sound(tmp_path / "in.mp4", 1.0)
    (tmp_path / "there.srt").write_text("mine")
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert narrate.main(words) in (1, 2)
    assert reason in " ".join(capsys.readouterr().err.split())
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
