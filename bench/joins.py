"""How often a subscriber freezes as it joins a running camera, reliably and best effort.

python -m bench.joins [--seconds 40] [--rounds 3] [--pause 0] [--policy WORDS]

In each round a process subscribes to a 640x480 camera at 30 Hz, again every 0.4 s, with a pause of
--pause seconds between two subscriptions, beside three other subscribers and four processes that
keep the processor busy, until it freezes or the time is up. ros/reliability_trial.py explains why
it can freeze.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import rclpy
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from bench.machine import describe
from test.nodes.graph import Process
from video_commentary.config.paths import share_dir
from video_commentary.config.process_env import for_images, for_this_machine_only

HOLD = 0.4
"""Seconds from a subscription to the next."""
FROZEN = 8.0
"""Seconds without any Python after which the joining process counts as frozen."""
OTHERS, BUSY = 3, 4
"""Other subscribers, and processes that keep the processor busy."""
POLICIES = {
    "reliable": (ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE),
    "reliable, transient local": (ReliabilityPolicy.RELIABLE, DurabilityPolicy.TRANSIENT_LOCAL),
    "best effort": (ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.VOLATILE),
}
"""Of publisher and subscribers. A transient-local publisher sends no GAP to a reader that joins."""


def join(policy: str, seconds: float, hold: float, pause: float) -> None:
    """Subscribe again and again; print how often, and how many images came."""
    rclpy.init()
    node, joins, images = Node("joining"), 0, 0

    def count(_: Image) -> None:
        nonlocal images
        images += 1

    reliability, durability = POLICIES[policy]
    qos = QoSProfile(depth=5, reliability=reliability, durability=durability)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        subscription = node.create_subscription(Image, "/camera/image_raw", count, qos)
        joins += 1
        until = time.monotonic() + min(hold, seconds)
        while time.monotonic() < until:
            faulthandler.dump_traceback_later(FROZEN, exit=True)
            rclpy.spin_once(node, timeout_sec=0.02)
        node.destroy_subscription(subscription)
        faulthandler.cancel_dump_traceback_later()
        time.sleep(pause)
        print(f"joins {joins} {images}", flush=True)
    os._exit(0)


@contextmanager
def killed(running: Process) -> Iterator[Process]:
    """Kill a process at the end of a block."""
    try:
        yield running
    finally:
        running.popen.kill()
        running.popen.wait()
        running.close()


def measure(policy: str, seconds: float, pause: float) -> tuple[bool, int, int]:
    """Return whether the process froze, and how many joins and images came before."""
    env = for_images(os.environ, share_dir() / "config") | for_this_machine_only(os.environ)
    joining = ("-m", "bench.joins", "--join", policy)
    commands: Sequence[Sequence[str]] = (
        ("-m", "bench.ros_nodes", "camera", "640", "480", POLICIES[policy][1].name),
        *[(*joining[:-1], "reliable", "--seconds", str(2 * seconds), "--hold", "1e9")] * OTHERS,
        *[("-c", "while True: pass")] * BUSY,
    )
    with ExitStack() as stack:
        for command in commands:
            stack.enter_context(killed(Process(*command, env=env)))
        joiner = Process(*joining, "--seconds", str(seconds), "--pause", str(pause), env=env)
        measured = stack.enter_context(killed(joiner))
        froze = measured.popen.wait(2 * seconds + 60) != 0
        lines = measured.output().splitlines()
        counts = [line.split()[1:] for line in lines if line.startswith("joins ")]
        joins, images = map(int, counts[-1]) if counts else (0, 0)
        return froze, joins, images


def main() -> None:
    """Print a row a policy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--policy", default="", help="only policies with these words")
    parser.add_argument("--join", choices=POLICIES, help=argparse.SUPPRESS)
    parser.add_argument("--hold", type=float, default=HOLD, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.join:
        join(given.join, given.seconds, given.hold, given.pause)
    print(describe("ros-rclpy", "ros-fastrtps"))
    for policy in (name for name in POLICIES if given.policy in name):
        rounds = [measure(policy, given.seconds, given.pause) for _ in range(given.rounds)]
        froze = sum(frozen for frozen, _, _ in rounds)
        joins = sum(joined for _, joined, _ in rounds)
        images = sum(came for _, _, came in rounds)
        print(
            f"{policy:26}{joins:6} joins, {images / max(joins, 1):5.1f} images a join, "
            f"froze in {froze} of {given.rounds} rounds"
        )


if __name__ == "__main__":
    main()
