"""What the commentator costs and delays with everything on beside everything off.

python -m bench.everything_on VIDEO [--seconds 120] [--rounds 5] [--watches 20]

Choose a ROS_DOMAIN_ID that nothing else on this machine uses. The built-in engine watches VIDEO at
640x480 and 30 Hz. Off: nobody listens but to its comments. On: watches, a memory with its pictures
and clips, and subscribers of ~/events, ~/detections and ~/annotated/compressed, each in a process
of its own, as beside a robot. Off and on take turns, without a pause between two comments: the more
comments, the closer the interval of the delay's difference. A delay is that from a comment's newest
frame to its first words.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sensor_msgs.msg import CompressedImage
from video_commentary.msg import Event
from video_commentary.srv import AddWatch
from vision_msgs.msg import Detection2DArray

from bench.commentary_cost import SETTLED, WARM_UP
from bench.conditions import ALWAYS
from bench.machine import cpu_seconds, describe
from test.nodes.graph import Probe, Process, probe, process
from video_commentary.config.paths import share_dir
from video_commentary.config.process_env import for_images, for_this_machine_only
from video_commentary.ros.qos import BOXES, EVENTS
from video_commentary.ros.time import to_stamp

CPU_BAR, DELAY_BAR = 10.0, 5.0
"""Per cent of one core; milliseconds."""
CAMERA = "camera"
"""frame_id of the video's pictures."""


@dataclass(frozen=True)
class Cost:
    """Per cent of one core, of the commentator and of the memory; the delays of comments, ms."""

    cpu: float
    memory_cpu: float
    delays: list[float]
    heard: str


@contextmanager
def extras(graph: Probe, watches: int, folder: Path, env: dict[str, str]) -> Iterator[Process]:
    """Run a memory, add watches and subscribe, for the length of a block; give the memory."""
    graph.hear(Event, "events", EVENTS)
    graph.hear(Detection2DArray, "detections", BOXES)
    graph.hear(CompressedImage, "annotated/compressed", BOXES)
    for number in range(watches):
        condition = ALWAYS[number % len(ALWAYS)]
        camera = "" if number < len(ALWAYS) else CAMERA if number < 2 * len(ALWAYS) else str(number)
        request = AddWatch.Request(condition=condition, camera=camera)
        reply = graph.call(AddWatch, "/commentator/add_watch", request)
        if not reply.success:
            raise SystemExit(reply.message)
    path = f"memory_path:={folder / 'memory.db'}"
    arguments = ["-m", "video_commentary.nodes.memory", "--ros-args", "-p", path]
    with process(*arguments, env=env) as memory:
        yield memory


def measure(video: Path, on: bool, watches: int, seconds: float) -> Cost:
    """Return what a commentator of its own costs while a video plays."""
    env = for_images(os.environ, share_dir() / "config") | for_this_machine_only(os.environ)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        file = f"watches_file:={folder / 'watches.json'}"
        node = ["-m", "video_commentary.nodes.commentator", "--ros-args", "-p", file]
        node += ["-p", "breathing_pause:=0.0"]
        camera = ["-m", "bench.commentary_nodes", "camera", str(video)]
        stack.enter_context(process(*camera, env=env))
        commentator = stack.enter_context(process(*node, env=env))
        graph = stack.enter_context(probe())
        graph.until(lambda: (status := graph.status()) and status.state in SETTLED, 60)
        if graph.status().state == "error":
            raise SystemExit(graph.status().detail)
        memory = stack.enter_context(extras(graph, watches, folder, env)) if on else None
        graph.spin(WARM_UP)
        pids = [each.popen.pid for each in (commentator, memory) if each]
        before, began = len(graph.finals), graph.now()
        used = [cpu_seconds(pid) for pid in pids]
        graph.spin(seconds)
        took = graph.now() - began
        shares = [
            100 * (cpu_seconds(pid) - was) / took for pid, was in zip(pids, used, strict=True)
        ]
        delays = [
            (to_stamp(said.first_words) - to_stamp(said.header.stamp)) / 1e6
            for said in graph.finals[before:]
            if said.text and not said.question
        ]
        names = ("events", "detections", "annotated/compressed")
        heard = ", ".join(f"{len(graph.got[name])} {name}" for name in names if on)
    return Cost(shares[0], shares[1] if on else 0.0, delays, heard)


def row(name: str, cost: Cost) -> None:
    p50, p95 = np.percentile(cost.delays, (50, 95)) if cost.delays else (np.nan, np.nan)
    memory = f"{cost.memory_cpu:.1f}" if cost.heard else "-"
    print(
        f"| {name} | {cost.cpu:.1f} | {memory} | {len(cost.delays)} | {p50:.0f} | {p95:.0f} |",
        flush=True,
    )


def judge(off: Cost, on: Cost) -> None:
    """Print the differences, and whether they are within the bars."""
    print(f"on - off: {on.cpu - off.cpu:+.1f} % of a core (bar {CPU_BAR:+g})", end="")
    met = on.cpu - off.cpu <= CPU_BAR
    if not off.delays or not on.delays:
        print("; no delay, since nothing was said: choose a video in which something happens")
        return
    draw = np.random.default_rng(1)
    medians = [
        np.median(draw.choice(np.array(each.delays), (1000, len(each.delays))), axis=1)
        for each in (off, on)
    ]
    low, high = np.percentile(medians[1] - medians[0], (2.5, 97.5))
    delay = float(np.median(on.delays) - np.median(off.delays))
    met &= delay <= DELAY_BAR
    print(
        f", median delay {delay:+.1f} ms (bar {DELAY_BAR:+g}; 95 %: {low:+.1f} to {high:+.1f}): "
        f"{'within' if met else 'MISSES'}"
    )


def main() -> None:
    """Print a row for each run, those of all runs, and the differences."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--watches", type=int, default=20)
    given = parser.parse_args()
    print(describe("ros-rclpy", "ai-edge-litert", "hibari-tts"))
    print(f"{given.video.stem}, {given.seconds:g} s a run, {given.watches} watches\n")
    print("| run | CPU, % of a core | memory's | comments | words after, ms: p50 | p95 |")
    print("| --- | --- | --- | --- | --- | --- |")
    costs: dict[bool, list[Cost]] = {False: [], True: []}
    for number in range(given.rounds):
        for on in (False, True):
            costs[on].append(measure(given.video, on, given.watches, given.seconds))
            row(f"{number + 1}, {'on' if on else 'off'}", costs[on][-1])
    total = {}
    for on, runs in costs.items():
        total[on] = Cost(
            float(np.mean([run.cpu for run in runs])),
            float(np.mean([run.memory_cpu for run in runs])),
            [delay for run in runs for delay in run.delays],
            runs[-1].heard,
        )
        row(f"all, {'on' if on else 'off'}", total[on])
    print(f"\nheard in the last run: {total[True].heard}")
    judge(total[False], total[True])


if __name__ == "__main__":
    main()
