"""What 1 and 20 watches cost beside comments: CPU, and the time to the first word.

python -m bench.watch_delay [--seconds 60] [name:=value ...]

The engine (engine:=builtin, minicpmo or server, with its settings, such as device:=cuda) watches
the test scene and comments on it in this process, without ROS. Questions come at random moments, in
the pauses in which conditions are judged too; each is timed to the first word of its answer.
Conditions are decided by facts with the built-in engine, and judged by the model with the others.
"""

from __future__ import annotations

import argparse
import random
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bench.conditions import ALWAYS
from bench.machine import describe
from video_commentary.config.profiles import load_profiles
from video_commentary.config.settings import CommentatorSettings
from video_commentary.core.audio import OUTPUT_FORMAT
from video_commentary.core.cancel import CancelToken
from video_commentary.core.clock import LiveClock
from video_commentary.core.comment import Comment
from video_commentary.core.commentator import Commentator
from video_commentary.core.control import Control
from video_commentary.core.engine import Engine, Judgement, Request
from video_commentary.core.engine_wrapper import EngineWrapper
from video_commentary.core.frames import Frame
from video_commentary.core.pacing import Playout
from video_commentary.core.pause_worker import PauseWorker
from video_commentary.core.scene_monitor import SceneMonitor, Use
from video_commentary.core.watch_judge import WatchJudge
from video_commentary.core.watches import WatchList
from video_commentary.sources.scene import StreetScene
from video_commentary.tools.offline import settings_of
from video_commentary.wiring import BUILTIN, assemble, engine_judges, watch_compiler

NUMBERS = (0, 1, 20)
FPS = 10.0
FIRST, LAST = 0.3, 2.5
"""Seconds from an answer to the next question, at random between these."""


class CountingEngine(EngineWrapper):
    """Counts the judgements."""

    judgements = 0

    def judge(
        self, request: Request, conditions: Sequence[str], cancel: CancelToken
    ) -> Iterator[Judgement | None]:
        for judgement in super().judge(request, conditions, cancel):
            self.judgements += 1
            yield judgement


class Rig:
    """A commentator with watches, and its delays to the first word of answers."""

    def __init__(self, engine: Engine, settings: CommentatorSettings, number: int) -> None:
        self.engine = CountingEngine(engine)
        self.settings = settings
        self.control = Control(settings, load_profiles())
        self.scene = SceneMonitor(settings, self.engine)
        self.watches = WatchList(
            watch_compiler(),
            has_facts=settings.engine == BUILTIN,
            engine_judges=engine_judges(settings),
        )
        for index in range(number):
            camera = "" if index < len(ALWAYS) else "camera"
            self.watches.add(ALWAYS[index % len(ALWAYS)], camera=camera)
        clock = LiveClock()
        judge = WatchJudge(
            self.engine,
            self.scene,
            self.watches,
            clock,
            lambda _alert, _frame: None,
            settings.watch_threshold,
        )
        self.commentator = Commentator(
            self.engine,
            self.scene,
            self.control,
            Playout(OUTPUT_FORMAT),
            clock,
            self._published,
            PauseWorker(judge.due, judge.run),
        )
        self._asked: float | None = None
        self.delays: list[float] = []

    def _published(self, comment: Comment) -> None:
        if comment.question and comment.text and self._asked is not None:
            self.delays.append(time.monotonic() - self._asked)
            self._asked = None

    def run(self, seconds: float) -> tuple[float, float]:
        """Film and ask for so long; return the CPU seconds of this process, and the real ones."""
        stop = threading.Event()
        thread = threading.Thread(target=self.commentator.run, args=(stop,))
        thread.start()
        street, topic = StreetScene(640, 480, FPS), self.settings.image_topics[0]
        moments = random.Random(1)
        begun, cpu = time.monotonic(), time.process_time()
        ask_at = begun + LAST
        answer = None
        while (passed := time.monotonic() - begun) < seconds:
            index = round(passed * FPS)
            time.sleep(max(0.0, index / FPS - passed))
            frame = Frame(street.frame(index)[0], time.time_ns(), "camera", index)
            if (use := self.scene.use(topic, frame.stamp)) is not Use.NONE:
                if facts := self.scene.add(topic, frame, use):
                    self.watches.observe(facts)
                self.commentator.on_frame(use is Use.KEEP)
            if answer is not None and answer.done():
                answer, ask_at = None, time.monotonic() + moments.uniform(FIRST, LAST)
            if answer is None and time.monotonic() >= ask_at:
                time.sleep(moments.uniform(0.0, 1 / FPS))  # not in step with the camera
                self._asked = time.monotonic()
                answer = self.control.ask("What is there?")
        used, passed = time.process_time() - cpu, time.monotonic() - begun
        stop.set()
        self.control.interrupt()
        thread.join()
        return used, passed


def row(number: int, rig: Rig, cpu: float, seconds: float) -> str:
    """Return one line of the table."""
    delays = sorted(1e3 * delay for delay in rig.delays)
    if not delays:
        return f"| {number} | 0 | - | - | - | - | - |"
    late = delays[min(len(delays) - 1, round(0.95 * len(delays)))]
    return (
        f"| {number} | {len(delays)} | {statistics.median(delays):.1f} | {late:.1f} | "
        f"{delays[-1]:.1f} | {rig.engine.judgements / seconds:.1f} | {100 * cpu / seconds:.1f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="for each number of watches")
    parser.add_argument("settings", nargs="*", metavar="name:=value")
    arguments = parser.parse_args()
    settings = replace(settings_of(arguments.settings), voice="none")
    engine = assemble(settings).engine
    engine.load()
    print(describe("numpy", "torch"))
    print(engine.description)
    print("\n| watches | questions | first word, ms: median | 95 % | max | judgements/s | CPU, % |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    try:
        for number in NUMBERS:
            rig = Rig(engine, settings, number)
            cpu, seconds = rig.run(arguments.seconds)
            print(row(number, rig, cpu, seconds), flush=True)
    finally:
        engine.close()


if __name__ == "__main__":
    main()
