"""What a 30 Hz camera costs the commentator and a plain subscriber that converts every frame.

python -m bench.ros_cost [--seconds 15]
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import time

from bench.machine import cpu_seconds, describe
from test.nodes.graph import Process
from video_commentary.config.paths import share_dir
from video_commentary.config.process_env import for_images, for_this_machine_only

SIZES = {"640x480": (640, 480), "1920x1080": (1920, 1080)}
KINDS = {"commentator": "commentator", "plain subscriber": "subscriber"}


def measure(kind: str, size: tuple[int, int], seconds: float) -> tuple[float, list[float]]:
    """Return CPU as a share of one core, and delays from stamp to window in seconds."""
    env = for_images(os.environ, share_dir() / "config") | for_this_machine_only(os.environ)
    camera = Process("-m", "bench.ros_nodes", "camera", *map(str, size), env=env)
    node = Process("-m", "bench.ros_nodes", kind, env=env)
    try:
        time.sleep(5.0)
        began, used = time.monotonic(), cpu_seconds(node.popen.pid)
        skip = len(node.output())
        time.sleep(seconds)
        share = (cpu_seconds(node.popen.pid) - used) / (time.monotonic() - began)
        lines = node.output()[skip:].splitlines()
        delays = [float(line.split()[1]) for line in lines if line.startswith("late ")]
        return share, delays
    finally:
        for process in (node, camera):
            try:
                process.stop(signal.SIGINT)
            except (AssertionError, subprocess.TimeoutExpired):
                process.popen.kill()
            process.close()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0)
    seconds = parser.parse_args().seconds
    print(describe("ros-rclpy", "numpy", "opencv-python-headless"))
    print(f"camera 30 Hz bgr8, commentator keeps 2 fps, {seconds:g} s each")
    print(
        f"{'':22}{'CPU, % of a core':>18}{'frames':>8}{'stamp to window, ms: median':>30}{'max':>8}"
    )
    for name, size in SIZES.items():
        shares = {}
        for label, kind in KINDS.items():
            shares[label], delays = measure(kind, size, seconds)
            middle = statistics.median(delays) * 1e3 if delays else float("nan")
            most = max(delays, default=float("nan")) * 1e3
            print(
                f"{name + ' ' + label:28}{shares[label] * 100:12.1f}{len(delays):8}"
                f"{middle:30.1f}{most:8.1f}"
            )
        ratio = shares["plain subscriber"] / max(shares["commentator"], 1e-9)
        print(f"{name}: the plain subscriber costs {ratio:.2f} times as much")


if __name__ == "__main__":
    main()
