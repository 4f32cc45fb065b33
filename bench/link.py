"""Robot and desk joined by a link like Wi-Fi: images, words, speech, and recovery.

python -m bench.link [--seconds 20] [--only WORDS]

Needs root for the two network namespaces. Source and `speaker` run on the robot's side,
commentator and bridge on the desk's, all with the Fast DDS profile for lossy links. Bars, of JPEG
640x480 at 15 Hz: 14 images a second up to 5 % loss at 30 Mbit/s; recovery at most 2 s after the
link is back; no gap in the speech at 1 %, at most one in 10 s at 5 %.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from bench.link_pair import Pair, pair
from bench.lossy_link import Conditions, lossy_link, why_not
from bench.machine import describe

WIFI = Conditions(delay=20.0, jitter=10.0, mbit=30.0)
SETTLE = 6.0
"""Seconds after a change of the link that don't count."""
LIMIT = 90.0
"""Seconds after which something counts as not recovered."""


@dataclass(frozen=True)
class Row:
    """One row: what the link is like, and what happens on it."""

    name: str
    conditions: Conditions
    happens: Callable[[Pair], float | None] | None = None
    """Returns seconds to recovery; None for never."""


def outage(seconds: float) -> Callable[[Pair], float | None]:
    """Take the link down for some seconds."""

    def happen(both: Pair) -> float | None:
        both.link.change(down=True)
        time.sleep(seconds)
        both.link.change(down=False)
        return images_again(both, time.time())

    return happen


def rebooted(both: Pair) -> float | None:
    """Kill what runs on the robot; it is started again 5 s later."""
    both.kill("source", "speaker")
    return images_again(both, time.time())


def commentator_killed(both: Pair) -> float | None:
    """Kill the desk's commentator; it is started again 5 s later."""
    both.kill("commentator")
    return images_again(both, time.time())


def images_again(both: Pair, since: float) -> float | None:
    """Return the seconds from `since` until the engine sees an image taken after it."""
    while time.time() - since < LIMIT:
        for line in both.lines("seen", since):
            if line["stamp"] >= since:
                return float(line["at"]) - since
        time.sleep(0.05)
    return None


ROWS = (
    Row("0 %", WIFI),
    Row("1 %", replace(WIFI, loss=1.0)),
    Row("5 %", replace(WIFI, loss=5.0)),
    Row("10 %", replace(WIFI, loss=10.0)),
    Row("1 %, 10 Mbit/s", replace(WIFI, loss=1.0, mbit=10.0)),
    Row("1 %, outage of 1 s", replace(WIFI, loss=1.0), outage(1.0)),
    Row("1 %, outage of 8 s", replace(WIFI, loss=1.0), outage(8.0)),
    Row("1 %, outage of 60 s", replace(WIFI, loss=1.0), outage(60.0)),
    Row("1 %, robot rebooted", replace(WIFI, loss=1.0), rebooted),
    Row("1 %, commentator killed", replace(WIFI, loss=1.0), commentator_killed),
)
RAW_ROWS = (
    Row("0 %, no limit", replace(WIFI, mbit=0.0)),
    Row("1 %, no limit", replace(WIFI, loss=1.0, mbit=0.0)),
    Row("0 %, 30 Mbit/s", WIFI),
)


def measure(both: Pair, row: Row, seconds: float) -> str:
    """Return a row of the table."""
    both.link.change(
        loss=row.conditions.loss,
        delay=row.conditions.delay,
        jitter=row.conditions.jitter,
        mbit=row.conditions.mbit,
    )
    recovery = ""
    if row.happens:
        time.sleep(SETTLE)
        took = row.happens(both)
        recovery = "never" if took is None else f"{took:.1f}"
    time.sleep(SETTLE)
    since = time.time()
    time.sleep(seconds)
    fps = [line["fps"] for line in both.lines("status", since)]
    delays = [line["delay"] for line in both.lines("said", since)]
    heard = both.lines("heard", since)
    late = [line["late"] for line in heard if line["late"] > 0]
    lost = len(both.lines("spoken", since)) - len(heard)
    gaps = len(both.lines("gap", since))
    words = f"{statistics.median(delays):.2f} / {max(delays):.2f}" if delays else "none"
    images = f"{statistics.mean(fps):.1f}" if fps else "none"
    worst = f", up to {1e3 * max(late):.0f} ms" if late else ""
    return (
        f"{images} | {words} | {len(late)} of {len(heard)}{worst} | {max(lost, 0)} | "
        f"{gaps * 10 / seconds:.1f} | {recovery}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--only", default="", help="rows whose name has these words")
    given = parser.parse_args()
    if reason := why_not():
        raise SystemExit(reason)
    print(describe("ros-rclpy"))
    print(
        "| | link | images/s | camera to first word, s: median / most | blocks late | lost |",
        end="",
    )
    print(" gaps in 10 s | recovery, s |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
    for transport, rows in (("compressed", ROWS), ("raw", RAW_ROWS)):
        chosen = [row for row in rows if given.only in f"{transport} {row.name}"]
        if not chosen:
            continue
        with ExitStack() as stack:
            link = stack.enter_context(lossy_link(chosen[0].conditions))
            both = stack.enter_context(pair(link, transport))
            both.wait_for("said", LIMIT)
            for row in chosen:
                print(
                    f"| {transport} | {row.name} | {measure(both, row, given.seconds)} |",
                    flush=True,
                )
            print(f"ended by themselves after 30 s in Fast DDS: {both.frozen} nodes")
    print(f"load average at the end: {os.getloadavg()[1]:.1f}")


if __name__ == "__main__":
    main()
