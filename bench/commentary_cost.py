"""What the whole commentator costs on real video, with everything on and with parts of it off.

python -m bench.commentary_cost FOLDER [--seconds 20] [--clip NAME ...]

Choose a ROS_DOMAIN_ID that nothing else on this machine uses. Text is read only where
requirements/text.txt is installed; the head of the table says so.

FOLDER holds videos, such as those of `make eval`. Each is played at 640x480 and 30 Hz to a
commentator that speaks, reads text, follows things and is asked a question every five seconds,
for which it looks closely. For the clip that costs most and the one that costs least, the same
follows with none of this, and part by part.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from video_commentary.srv import Ask

from bench.machine import cpu_seconds, describe
from test.nodes.graph import Probe, probe, process
from video_commentary.config.paths import share_dir
from video_commentary.config.process_env import for_images, for_this_machine_only

WARM_UP = 10.0
"""Seconds after the engine is loaded: the reader of text loads, the tracker has seen the scene."""
ASK_EVERY = 5.0
"""Seconds."""
SETTLED = frozenset(("watching", "commenting", "speaking", "error"))
"""States of a commentator whose engine is loaded and sees pictures, or can't be."""
BAR = 60.0
"""Per cent of one core."""
QUESTIONS = ("How many people do you see?", "What does the sign say?", "What is on the table?")


@dataclass(frozen=True)
class Parts:
    """What is on."""

    things: bool = False
    text: bool = False
    voice: bool = False
    questions: bool = False

    def command(self) -> list[str]:
        module = ["video_commentary.nodes.commentator"]
        if not self.things:
            module = ["bench.commentary_nodes", "without_things"]
        voice, text = "auto" if self.voice else "none", str(self.text).lower()
        parameters = [f"voice:={voice}", f"builtin_read_text:={text}", "engine:=builtin"]
        return ["-m", *module, "--ros-args", *(w for p in parameters for w in ("-p", p))]


ALL = Parts(things=True, text=True, voice=True, questions=True)
ONE_BY_ONE = {
    "nothing on": Parts(),
    "things": Parts(things=True),
    "text": Parts(text=True),
    "voice": Parts(voice=True),
    "questions (close look)": Parts(questions=True),
    "everything on": ALL,
}


@dataclass(frozen=True)
class Cost:
    """Per cent of one core; how many comments and answers there were meanwhile; what ran."""

    cpu: float
    comments: int
    answers: int
    engine: str


def measure(video: Path, parts: Parts, seconds: float) -> Cost:
    """Return what a commentator of its own costs while a video plays."""
    env = for_images(os.environ, share_dir() / "config") | for_this_machine_only(os.environ)
    with (
        process("-m", "bench.commentary_nodes", "camera", str(video), env=env),
        process(*parts.command(), env=env) as commentator,
        probe() as graph,
    ):
        graph.until(lambda: (status := graph.status()) and status.state in SETTLED, 60)
        if graph.status().state == "error":
            raise SystemExit(graph.status().detail)
        graph.spin(WARM_UP)
        before, used, began = len(graph.finals), cpu_seconds(commentator.popen.pid), graph.now()
        answers = watch(graph, seconds, parts.questions)
        took = graph.now() - began
        cpu = 100 * (cpu_seconds(commentator.popen.pid) - used) / took
        said = [event for event in graph.finals[before:] if event.text and not event.question]
        return Cost(cpu, len(said), answers, graph.status().engine)


def watch(graph: Probe, seconds: float, asks: bool) -> int:
    """Let time pass, asking now and then; return how many answers came."""
    end, pending, asked = graph.now() + seconds, [], 0
    while (left := end - graph.now()) > 0:
        if asks:
            question = QUESTIONS[asked % len(QUESTIONS)]
            client = graph.client(Ask, "/commentator/ask")
            pending.append(client.call_async(Ask.Request(question=question)))
            asked += 1
        graph.spin(min(ASK_EVERY, left))
    return sum(call.done() and call.result().success for call in pending)


def row(name: str, cost: Cost) -> None:
    print(f"{name:34}{cost.cpu:12.1f}{cost.comments:12}{cost.answers:10}", flush=True)


def compare(videos: Sequence[Path], seconds: float) -> None:
    """Print the table of all videos, and of two of them part by part."""
    print(f"640x480 bgr8 at 30 Hz, {seconds:g} s each; bar: {BAR:g} % of one core with all on")
    print(f"{'':34}{'CPU, %':>12}{'comments':>12}{'answers':>10}")
    costs = {}
    for video in videos:
        costs[video] = measure(video, ALL, seconds)
        if video is videos[0]:
            print(costs[video].engine)
        row(f"{video.stem}, everything on", costs[video])
    worst = max(videos, key=lambda video: costs[video].cpu)
    least = min(videos, key=lambda video: costs[video].cpu)
    for name, video in (("costs most", worst), ("costs least", least)):
        print(f"{video.stem} {name}; part by part:")
        for label, parts in ONE_BY_ONE.items():
            row(f"  {label}", measure(video, parts, seconds))
    verdict = "within" if costs[worst].cpu <= BAR else "MISSES"
    print(
        f"worst: {worst.stem}, {costs[worst].cpu:.1f} % of one core: {verdict} the bar of {BAR:g}"
    )


def main() -> None:
    """Measure the videos of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--clip", action="append", default=[], help="only this one, by its name")
    given = parser.parse_args()
    videos = sorted(p for p in given.folder.iterdir() if p.suffix in {".mp4", ".avi", ".mkv"})
    videos = [p for p in videos if not given.clip or p.stem in given.clip]
    if not videos:
        parser.error(f"no video in {given.folder}")
    print(describe("ros-rclpy", "ai-edge-litert", "hibari-tts", "rapidocr"))
    compare(videos, given.seconds)


if __name__ == "__main__":
    main()
