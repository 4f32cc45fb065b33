"""Time the core adds to a cycle, without the engine, and to steering, from call to new words.

python -m bench.cycle [--cycles 200] [--calls 30]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from bench.machine import describe
from bench.stub_engine import StubEngine
from test.nodes.graph import Probe, commentator, probe
from video_commentary.config.profiles import load_profiles
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.audio import OUTPUT_FORMAT
from video_commentary.core.cancel import CancelToken
from video_commentary.core.clock import LiveClock
from video_commentary.core.comment import Comment
from video_commentary.core.commentator import Commentator
from video_commentary.core.control import Control
from video_commentary.core.engine import Delta, Request
from video_commentary.core.engine_guard import EngineGuard
from video_commentary.core.frames import Frame
from video_commentary.core.pacing import Playout
from video_commentary.core.scene_monitor import SceneMonitor
from video_commentary.core.stamp import from_seconds

WORDS = 10
WORD = 0.010
"""Seconds the scripted engine of the steering bench takes for each word."""


class InstantEngine(StubEngine):
    """Says ten words at once."""

    description = "instant"
    look_fps = 1.0

    def comment(self, request: Request, cancel: CancelToken) -> Iterator[Delta]:
        for _ in range(WORDS):
            yield Delta("word ")


def cycles(count: int, guarded: bool) -> tuple[list[float], list[float]]:
    """Return the seconds of taking a frame in (change, window), and of cycles.

    A cycle: view, prompt, ten words, all published. Frames are taken in on another thread, while
    the commentary thread waits.
    """
    settings = replace(CommentatorSettings(), breathing_pause=0.0)
    inner = InstantEngine()
    engine = EngineGuard(inner, 20.0) if guarded else inner
    control = Control(settings, load_profiles())
    scene = SceneMonitor(settings, engine)
    published: list[Comment] = []
    playout = Playout(OUTPUT_FORMAT)
    it = Commentator(engine, scene, control, playout, LiveClock(), published.append)
    random = np.random.default_rng(0)
    images = [random.integers(0, 255, (480, 640, 3), np.uint8) for _ in range(8)]
    topic = settings.image_topics[0]
    taken, took = [], []
    for i in range(count + 20):
        control.comment_now()  # opens the gate: every turn is a cycle
        frame = Frame(images[i % 8], from_seconds(i / 2), "camera", i)
        use = scene.use(topic, frame.stamp)
        began = time.perf_counter()
        scene.add(topic, frame, use)
        taken.append(time.perf_counter() - began)
        it.on_frame()
        began = time.perf_counter()
        it.step()
        took.append(time.perf_counter() - began)
    assert sum(comment.final for comment in published) == count + 20
    return taken[20:], took[20:]


def steering(calls: int) -> list[float]:
    """Return seconds from each service call to the first new words, less the engine's own."""
    took = []
    with commentator("long", voice="speaks") as _, probe() as graph:
        graph.film(lambda: graph.got["commentary_events"])
        graph.steer("")  # a client's first call waits up to 0.1 s for DDS to match its answer
        for i in range(calls):
            graph.film(
                lambda: graph.status() and graph.status().state in ("commenting", "speaking")
            )
            graph.got["commentary_events"].clear()
            graph.times["commentary_events"].clear()
            began = time.monotonic()
            graph.steer(f"look {i}")
            first = graph.until(partial(first_of, graph, f"look {i}")) - 1
            took.append(graph.times["commentary_events"][first] - began - WORD)
            graph.steer("")
    return took


def first_of(graph: Probe, instruction: str) -> int:
    """Return which event, from 1, is the first under an instruction; 0 for none yet."""
    for number, event in enumerate(graph.got["commentary_events"], 1):
        if event.instruction == instruction:
            return number
    return 0


def row(name: str, seconds: list[float], bar: float) -> None:
    """Print one line, in ms."""
    middle, most = statistics.median(seconds) * 1e3, max(seconds) * 1e3
    print(f"{name:58}{middle:10.2f}{most:10.2f}{bar * 1e3:8.0f}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--calls", type=int, default=30)
    given = parser.parse_args()
    print(describe("ros-rclpy", "numpy"))
    print(f"{'':58}{'median, ms':>10}{'max':>10}{'bar':>8}")
    taken, plain = cycles(given.cycles, guarded=False)
    row("cycle without the engine", plain, 0.002)
    row("the same with the guard's thread around the engine", cycles(given.cycles, True)[1], 0.002)
    row("taking in a frame of 640x480 (another thread)", taken, 0.002)
    row("steering: service call to new words, less the engine's", steering(given.calls), 0.050)


if __name__ == "__main__":
    main()
