"""Faults on purpose, each on the running demo over DDS: what the user reads, and how it recovers.

python -m bench.faults [--only WORDS] [--list]

Needs util-linux's setpriv, Go for the LiveKit server, schemathesis for the fuzzing, and root for
the full disk. Choose a ROS_DOMAIN_ID that nothing else on this machine uses.
"""

from __future__ import annotations

import argparse
import secrets
import time
from collections.abc import Sequence
from contextlib import ExitStack

from bench.fault_groups import GROUPS, Group, GroupSetup
from bench.fault_processes import PROCESS_FAULTS
from bench.fault_table import Fault, Outcome, Stage, suffer, well
from bench.live_viewer import LiveViewer
from bench.machine import describe
from bench.supervised_demo import small_disk, supervised_demo, usage

DISK = 32
"""MB, for the nodes' logs."""
START = 120.0
"""Seconds from a demo's start until all is well."""
SETTLE = 3.0
"""Seconds between two faults."""
_TEXT = 400
"""Characters of what the user reads."""


def run(group: Group, faults: Sequence[Fault]) -> None:
    """Run the group's demo, and print a row for each fault."""
    with ExitStack() as stack:
        folder = stack.enter_context(small_disk(DISK))
        setup = group.setup(folder) if group.setup else GroupSetup({})
        if setup.server:
            stack.callback(setup.server.stop)
        token = secrets.token_urlsafe(16)
        env = setup.env | {"VIDEO_COMMENTARY_TOKEN": token}
        demo = stack.enter_context(supervised_demo(group.given | setup.given, env, folder))
        viewers = [LiveViewer(demo.port, token) for _ in range(2)]
        stage = Stage(demo, viewers, token, setup.server)
        for viewer in viewers:
            stack.callback(viewer.close)
        stack.callback(stage.close)
        begun = time.monotonic()
        while not well(stage):
            if time.monotonic() - begun > START:
                raise RuntimeError(f"the demo did not start: {stage.complaints()}")
            time.sleep(0.5)
        for fault in faults:
            time.sleep(SETTLE)
            for viewer in viewers:
                viewer.take()
            before = memory(stage)
            outcome = suffer(fault, stage)
            time.sleep(SETTLE)
            lost = viewers[0].take().lost
            row(group.name, outcome, lost, memory(stage) - before)


def memory(stage: Stage) -> float:
    """Return what the nodes hold together, MB."""
    return sum(usage(node.pid).resident for node in stage.demo.nodes.values())


def row(group: str, outcome: Outcome, lost: int, grown: float) -> None:
    """Print a fault's row."""
    recovery = "never" if outcome.recovery is None else f"{outcome.recovery:.1f}"
    said = "; ".join(outcome.complaints)[:_TEXT] or "nothing"
    print(
        f"| {group} | {outcome.fault.name} | {recovery} | {lost} | {grown:+.0f} | {said} |",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="faults whose group or name has these words")
    parser.add_argument("--list", action="store_true")
    given = parser.parse_args()
    chosen = [
        (group, [fault for fault in group.faults if given.only in f"{group.name} {fault.name}"])
        for group in GROUPS
    ]
    alone = [fault for fault in PROCESS_FAULTS if given.only in f"alone {fault.name}"]
    if given.list:
        names = [f"{group.name}: {fault.name}" for group, faults in chosen for fault in faults]
        print("\n".join([*names, *(f"alone: {fault.name}" for fault in alone)]))
        return
    print(describe("ros-rclpy", "ai-edge-litert", "hibari-tts", "uvicorn"))
    print("| | fault | recovery, s | comments cut short | MB more | what the user reads |")
    print("| --- | --- | --- | --- | --- | --- |")
    for group, faults in chosen:
        if faults:
            run(group, faults)
    for each in alone:
        seconds, said = each.run()
        print(f"| alone | {each.name} | {seconds:.1f} | 0 | | {said[:_TEXT]} |", flush=True)


if __name__ == "__main__":
    main()
