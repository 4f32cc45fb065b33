"""tools/run with the real nodes: their parameters, what it prints, and that nothing outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from test.ports import free_port
from test.videos import write_video

ROOT = Path(__file__).resolve().parents[2]
MARK = "VIDEO_COMMENTARY_TEST_MARK"


class Run:
    """A `run` process in its own session, and everything it started."""

    def __init__(self, folder: Path, *words: str, **variables: str) -> None:
        self.output = folder / "output"
        self.mark = f"{MARK}={folder.name}-{os.getpid()}"
        environment = os.environ | {MARK: self.mark.split("=")[1], "ROS_LOG_DIR": str(folder)}
        environment |= variables
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "video_commentary.tools.run", *words],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def text(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_for_text(self, text: str, times: int = 1, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while self.text().count(text) < times:
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, f"no {text!r} in:\n{self.text()}"
            time.sleep(0.1)

    def left(self) -> list[str]:
        """Return the command lines of all living processes that carry our mark."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                marked = self.mark.encode() in (folder / "environ").read_bytes().split(b"\0")
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:
                continue
            if marked and command:
                found.append(command)
        return found

    def left_at_last(self) -> list[str]:
        """Return the same once there are none, or after 2 s: the kernel takes its time."""
        deadline = time.monotonic() + 2
        while self.left() and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.left()

    def wait_for(self, node: str, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not any(f"nodes.{node}" in command for command in self.left()):
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, f"{node} did not start"
            time.sleep(0.1)


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[list[Run]]:
    started: list[Run] = []
    yield started
    for run in started:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_demo_within_3_s_and_leaves_nothing(
    tmp_path: Path, runs: list[Run], number: signal.Signals
) -> None:
    run = Run(tmp_path, "demo", "voice:=none", f"port:={free_port()}")
    runs.append(run)
    for node in ("source", "commentator"):
        run.wait_for(node)
    time.sleep(2.0)
    assert run.process.poll() is None, run.text()
    begun = time.monotonic()
    os.killpg(run.process.pid, number)
    assert run.process.wait(timeout=10) == 0
    assert time.monotonic() - begun < 3.0
    assert run.left_at_last() == []
    assert f"their logs: {tmp_path}" in run.text()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals orphaned children")
@pytest.mark.parametrize("after", [0.0, 4.0])
def test_its_nodes_end_with_a_run_that_is_killed(
    tmp_path: Path, runs: list[Run], after: float
) -> None:
    run = Run(tmp_path, "demo", "voice:=none", f"port:={free_port()}")
    runs.append(run)
    run.wait_for("source")
    time.sleep(after)
    run.process.kill()
    run.process.wait()
    deadline = time.monotonic() + 10
    while run.left() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert run.left() == []


def test_parameters_reach_the_node(tmp_path: Path, runs: list[Run]) -> None:
    import rclpy
    from rcl_interfaces.srv import GetParameters

    params = tmp_path / "my.yaml"
    params.write_text("/**/source:\n  ros__parameters: {fps: 12.0, width: 320}\n")
    words = ("--params", str(params), "namespace:=robot1", "width:=160", "frame_id:=5: a 'b'")
    run = Run(tmp_path, "source", *words)
    runs.append(run)
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node("asker", context=context)
    executor = rclpy.executors.SingleThreadedExecutor(context=context)
    executor.add_node(node)
    client = node.create_client(GetParameters, "/robot1/source/get_parameters")
    try:
        assert client.wait_for_service(30.0), run.text()
        request = GetParameters.Request(names=["fps", "width", "height", "frame_id"])
        future = client.call_async(request)
        executor.spin_until_future_complete(future, 20.0)
        fps, width, height, frame_id = future.result().values
    finally:
        node.destroy_node()
        rclpy.shutdown(context=context)
    assert fps.double_value == 12.0
    assert width.integer_value == 160
    assert height.integer_value == 480
    assert frame_id.string_value == "5: a 'b'"


def test_a_node_that_dies_ends_the_rest_with_its_last_words(
    tmp_path: Path, runs: list[Run]
) -> None:
    run = Run(tmp_path, "demo", "profiles_file:=/nowhere.yaml", f"port:={free_port()}")
    runs.append(run)
    assert run.process.wait(timeout=60) == 1
    assert "commentator ended with exit code 1" in run.text()
    assert "/nowhere.yaml" in run.text()
    assert run.left_at_last() == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["demo", "instuction:=x"], "did you mean instruction"),
        (["demo", "video.mp4"], "not of the form name:=value"),
        (["commentator", "params_file:=/nowhere.yaml"], "no parameters file /nowhere.yaml"),
        (["commentator", "engine:=gpt"], "builtin, minicpmo, server"),
    ],
)
def test_a_mistake_is_reported_in_one_line(
    tmp_path: Path, runs: list[Run], words: list[str], expected: str
) -> None:
    run = Run(tmp_path, *words)
    runs.append(run)
    assert run.process.wait(timeout=20) == 2
    assert expected in run.text()
    assert len(run.text().strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("nope.mp4", "no such file"),
        ("no_video.mp4", "not a video"),
        ("", "this is a folder"),
    ],
)
@pytest.mark.parametrize("way", ["argument", "environment"])
def test_a_source_without_pictures_ends_the_demo_before_it_starts(
    tmp_path: Path, runs: list[Run], source: str, reason: str, way: str
) -> None:
    (tmp_path / "no_video.mp4").write_text("words\n" * 1000)
    path = str(tmp_path / source)
    if way == "argument":
        run = Run(tmp_path, "demo", f"source:={path}")
    else:
        run = Run(tmp_path, "demo", VIDEO_COMMENTARY_SOURCE=path)
    runs.append(run)
    assert run.process.wait(timeout=60) == 2
    assert run.text().startswith(f"run: {path}") and reason in run.text()
    assert len(run.text().strip().splitlines()) == 1
    assert run.left_at_last() == []


def test_what_is_wrong_stands_in_the_terminal_once_and_again_when_it_comes_back(
    tmp_path: Path, runs: list[Run]
) -> None:
    video = tmp_path / "clip.mp4"
    write_video(video)
    run = Run(tmp_path, "demo", "voice:=none", f"port:={free_port()}", f"source:={video}")
    runs.append(run)
    run.wait_for_text("page: ")
    video.unlink()  # it is played in a loop
    gone = f"-- source: {video}: no such file"
    run.wait_for_text(gone)
    time.sleep(5.0)  # it is reported each second, and tried again after 1, 2 and 4
    assert run.text().count(gone) == 1
    write_video(video)
    run.wait_for_text("-- all well again")
    video.unlink()
    run.wait_for_text(gone, times=2)
    assert "start it" not in run.text() and "make demo" not in run.text()


def test_a_demo_that_starts_does_not_ask_to_be_started(tmp_path: Path, runs: list[Run]) -> None:
    run = Run(tmp_path, "demo", "voice:=none", f"port:={free_port()}")
    runs.append(run)
    run.wait_for_text("  (words ")
    assert "start it" not in run.text() and "start the" not in run.text()


def test_the_arguments_are_listed(tmp_path: Path, runs: list[Run]) -> None:
    run = Run(tmp_path, "demo", "--list")
    runs.append(run)
    assert run.process.wait(timeout=20) == 0
    assert "source:=" in run.text()
    assert "instruction:=" in run.text()
