"""The demo for hours, with two viewers who listen, and a fault every few minutes.

python -m bench.soak --hours 24 [--row-minutes 60] [--fault-minutes 4]

Needs util-linux's setpriv. Choose a ROS_DOMAIN_ID that nothing else on this machine uses. The
faults that end a node come in the first round of the table and in every sixth after it, so that a
process lives long enough to show a leak.
"""

from __future__ import annotations

import argparse
import itertools
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np

from bench.fault_table import (
    CAMERA_SILENT,
    COMMENTATOR_KILLED,
    NEVER_READS,
    SOURCE_KILLED,
    STAMPS_BACK,
    TRUNCATED,
    UNKNOWN_ENCODING,
    Fault,
    Outcome,
    Stage,
    suffer,
    well,
)
from bench.live_viewer import LiveViewer, Tally
from bench.machine import describe
from bench.supervised_demo import SupervisedDemo, supervised_demo, usage

FAULTS = (
    SOURCE_KILLED,
    CAMERA_SILENT,
    NEVER_READS,
    COMMENTATOR_KILLED,
    TRUNCATED,
    UNKNOWN_ENCODING,
    STAMPS_BACK,
)
ROUNDS_OF_A_LIFE = 6
SAMPLE = 20.0
"""Seconds between two looks at the processes."""
WARM_UP = 900.0
"""Seconds of a process's life that don't count for the slope."""
AFTERMATH = 10.0
"""Seconds after a fault's recovery in which a gap still belongs to it."""
MAX_SLOPE = 1.0
"""MB an hour."""
MAX_DRIFT = 1.2
"""The last row's 99 % delay, as a share of the second row's."""


@dataclass
class Life:
    """The memory of one process over its life: hours since its start, and MB.

    Without Fast DDS's shared memory, which counts for a process as it first touches each page: up
    to 34 MB for each node that it talks to.
    """

    node: str
    started_at: float
    hours: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)

    @property
    def slope(self) -> float | None:
        """MB an hour after the warm-up; None for a life that is too short."""
        settled = [hour * 3600 > WARM_UP for hour in self.hours]
        hours = np.asarray(self.hours)[settled]
        if len(hours) < 3 or np.ptp(hours) < WARM_UP / 3600:
            return None
        return float(np.polyfit(hours, np.asarray(self.own)[settled], 1)[0])


@dataclass
class Soak:
    """What has been seen so far."""

    demo: SupervisedDemo
    viewers: Sequence[LiveViewer]
    lives: dict[str, Life] = field(default_factory=dict)
    past: list[Life] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    words_p99: list[float] = field(default_factory=list)
    sound_p99: list[float] = field(default_factory=list)
    unexplained: int = 0

    def sample(self) -> None:
        """Look at every process."""
        self.demo.shared_memory()
        for name, node in self.demo.nodes.items():
            life = self.lives.get(name)
            if life is None or life.started_at != node.started_at:
                if life:
                    self.past.append(life)
                life = self.lives[name] = Life(name, node.started_at)
            try:
                held = usage(node.pid)
            except (OSError, KeyError):  # it has ended
                continue
            life.hours.append((time.monotonic() - node.started_at) / 3600)
            life.own.append(held.resident - held.shared)

    def explained(self, moment: float) -> bool:
        """Return whether a fault was under way, or just over."""
        return any(
            each.begun <= moment <= each.ended + (each.recovery or 0.0) + AFTERMATH
            for each in self.outcomes
        )

    def row(self, begun: float, seconds: float) -> None:
        """Print what came since the last row."""
        tallies = [viewer.take() for viewer in self.viewers]
        words, sound = _merged(tallies, "words"), _merged(tallies, "sound")
        gaps = _merged(tallies, "gaps")
        without = [moment for moment in gaps if not self.explained(moment)]
        self.unexplained += len(without)
        self.words_p99.append(_percentile(words, 99))
        self.sound_p99.append(_percentile(sound, 99))
        comments = sum(tally.comments for tally in tallies) / len(tallies)
        steps = _merged(tallies, "steps")
        load = os.getloadavg()
        print(
            f"{(time.monotonic() - begun) / 3600:5.2f} h | {self._processes()} | "
            f"/dev/shm {self.demo.shared_memory():.0f} MB | "
            f"words {_pair(words, 1)} s | sound {_pair(sound, 1)} s | "
            f"comments {comments * 3600 / seconds:.0f}/h, cut short {tallies[0].lost} | "
            f"gaps {len(gaps) - len(without)} in faults, {len(without)} else | "
            f"step {_pair(steps, 1000)} ms | load {load[1]:.1f}",
            flush=True,
        )

    def _processes(self) -> str:
        parts = []
        for name, node in self.demo.nodes.items():
            try:
                now = usage(node.pid)
            except (OSError, KeyError):
                parts.append(f"{name} away")
                continue
            parts.append(
                f"{name} {now.resident:.1f} MB ({now.shared:.0f} shared) "
                f"{now.threads} threads {now.files} files"
            )
        return ", ".join(parts)

    def verdict(self) -> None:
        """Print the bars."""
        for life in (*self.past, *self.lives.values()):
            if life.slope is not None:
                spoken = "holds" if life.slope <= MAX_SLOPE else "BROKEN"
                print(
                    f"{life.node}, a life of {life.hours[-1]:.2f} h: {life.slope:+.2f} MB/h after "
                    f"{WARM_UP / 60:g} min, {life.own[-1]:.1f} MB at the end without shared memory "
                    f"(bar {MAX_SLOPE:g} MB/h: {spoken})"
                )
        for name, rows in (("words", self.words_p99), ("sound", self.sound_p99)):
            if len(rows) > 2:
                ratio = rows[-1] / max(rows[1], 1e-9)
                spoken = "holds" if ratio <= MAX_DRIFT else "BROKEN"
                print(f"{name} delay, 99 %: last row {ratio:.2f} times the second's: {spoken}")
        print(f"gaps in sound without a fault: {self.unexplained}")
        lost = [each.fault.name for each in self.outcomes if each.recovery is None]
        print(f"faults: {len(self.outcomes)}, not recovered: {', '.join(lost) or 'none'}")


def _merged(tallies: Sequence[Tally], name: str) -> list[float]:
    return list(itertools.chain.from_iterable(getattr(tally, name) for tally in tallies))


def _percentile(values: Sequence[float], percent: float) -> float:
    return float(np.percentile(values, percent)) if values else float("nan")


def _pair(values: Sequence[float], scale: float) -> str:
    digits = 0 if scale > 1 else 3
    middle, most = (_percentile(values, percent) * scale for percent in (50, 99))
    return f"{middle:.{digits}f}/{most:.{digits}f}"


def schedule() -> Iterator[Fault]:
    """Yield the faults of the table, those that end a node in the first round of a life only."""
    for turn in itertools.count():
        for fault in FAULTS:
            if not fault.ends or turn % ROUNDS_OF_A_LIFE == 0:
                yield fault


def soak(stage: Stage, seen: Soak, hours: float, row_s: float, fault_s: float) -> None:
    """Run until the hours are over."""
    begun = time.monotonic()
    end, next_row = begun + hours * 3600, begun + row_s
    next_fault, next_sample = begun + fault_s, begun
    row_begun = begun
    faults = schedule()
    while (now := time.monotonic()) < end:
        if now >= next_sample:
            seen.sample()
            next_sample = now + SAMPLE
        if now >= next_fault:
            outcome = suffer(next(faults), stage)
            seen.outcomes.append(outcome)
            report(outcome)
            next_fault = now + fault_s
        if now >= next_row:
            seen.row(begun, now - row_begun)
            row_begun, next_row = now, next_row + row_s
        time.sleep(0.2)
    if (last := time.monotonic() - row_begun) > row_s / 2:
        seen.row(begun, last)
    seen.verdict()


def report(outcome: Outcome) -> None:
    recovery = "NOT RECOVERED" if outcome.recovery is None else f"{outcome.recovery:.1f} s"
    said = "; ".join(outcome.complaints) or "nothing"
    print(f"  {outcome.fault.name}: recovery {recovery}; page: {said}", flush=True)


def main() -> None:
    """Print the rows and the bars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--row-minutes", type=float, default=60.0)
    parser.add_argument("--fault-minutes", type=float, default=4.0)
    given = parser.parse_args()
    print(describe("ros-rclpy", "ai-edge-litert", "hibari-tts", "uvicorn"))
    print(f"{given.hours:g} h, a fault every {given.fault_minutes:g} min; load: 5-minute average")
    with ExitStack() as stack:
        # JPEG beside raw: the bridge shows the one, the commentator watches the other.
        demo = stack.enter_context(supervised_demo({"publish": "both"}))
        viewers = [LiveViewer(demo.port) for _ in range(2)]
        stage = Stage(demo, viewers)
        stack.callback(stage.close)
        for viewer in viewers:
            stack.callback(viewer.close)
        while not well(stage):
            time.sleep(1.0)
        for viewer in viewers:
            viewer.take()
        soak(
            stage,
            Soak(demo, viewers),
            given.hours,
            given.row_minutes * 60,
            given.fault_minutes * 60,
        )


if __name__ == "__main__":
    main()
