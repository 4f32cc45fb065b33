"""The commentator's memory over a long 30 Hz stream: flat within 5 MB after warm-up?

python -m bench.memory [--minutes 30] [--source test] [--engine builtin]
"""

from __future__ import annotations

import argparse
import os

from bench.machine import cpu_seconds, describe
from test.nodes.graph import probe, process
from video_commentary.config.paths import share_dir
from video_commentary.config.process_env import for_images

WARM_UP = 3.0
"""Minutes: models loaded, buffers grown, a few comments spoken."""


def main() -> None:
    """Print a row a minute, then the range after the warm-up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--source", default="test")
    parser.add_argument("--engine", default="builtin")
    given = parser.parse_args()
    print(describe("ros-rclpy", "ai-edge-litert", "hibari-tts"), flush=True)
    env = for_images(os.environ, share_dir() / "config")
    source = ["-m", "video_commentary.nodes.source", "--ros-args", "-p", f"source:={given.source}"]
    node = [
        "-m",
        "video_commentary.nodes.commentator",
        "--ros-args",
        "-p",
        f"engine:={given.engine}",
    ]
    with process(*source, env=env), process(*node, env=env) as commentator, probe() as graph:
        rows, used = [], cpu_seconds(commentator.popen.pid)
        for minute in range(1, given.minutes + 1):
            graph.spin(60)
            rows.append(commentator.memory())
            now = cpu_seconds(commentator.popen.pid)
            comments = sum(bool(event.text) for event in graph.finals)
            for heard in graph.got.values():
                heard[:] = heard[-1:]  # the bench itself stays small
            print(
                f"minute {minute:3}: {rows[-1]:8.1f} MB, {(now - used) / 0.6:5.1f} % of a core, "
                f"{comments} comments",
                flush=True,
            )
            used = now
    settled = rows[int(min(WARM_UP, len(rows) - 1)) :]
    spread = max(settled) - min(settled)
    growth = settled[-1] - settled[0]
    print(
        f"after warm-up: {min(settled):.1f} to {max(settled):.1f} MB (bar: within 5 MB): "
        f"spread {spread:.1f} MB, first to last {growth:+.1f} MB"
    )


if __name__ == "__main__":
    main()
