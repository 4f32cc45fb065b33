"""From an entry into the test scene to the first word about it, with the built-in engine.

python -m bench.entries [--seconds 62]

The scene's frames carry their index, so the moment of each entry is known (sources/scene.py). The
first comment counts whose newest frame is later and that names who came in. An entry while another
comment is spoken waits for the end of that.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

from sensor_msgs.msg import Image

from bench.machine import describe
from test.nodes.graph import IMAGES, Probe, probe, process
from video_commentary.config.paths import share_dir
from video_commentary.config.process_env import for_images
from video_commentary.ros.images import to_rgb
from video_commentary.ros.time import to_seconds
from video_commentary.sources.frame_counter import read_index

ENTRIES = {
    "person in red": (162, "person|someone"),
    "car": (586, "car|vehicle"),
    "person in green": (859, "person|someone|people"),
}
"""First frame in view at 30 Hz, and words that name it."""


def watch(graph: Probe, seconds: float) -> dict[int, float]:
    """Return the stamp of each scene frame seen."""
    stamps: dict[int, float] = {}

    def store(message: Any) -> None:
        index = read_index(to_rgb(message))
        if index is not None:
            stamps.setdefault(index % 1800, to_seconds(message.header.stamp))

    graph.node.create_subscription(Image, "/camera/image_raw", store, IMAGES)
    graph.spin(seconds)
    return stamps


def main() -> None:
    """Print a row an entry."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=62.0)
    seconds = parser.parse_args().seconds
    print(describe("ros-rclpy", "ai-edge-litert"))
    env = for_images(os.environ, share_dir() / "config")
    with (
        process("-m", "video_commentary.nodes.commentator", env=env),
        process("-m", "video_commentary.nodes.source", env=env),
        probe() as graph,
    ):
        stamps = watch(graph, seconds)
        for name, (index, words) in ENTRIES.items():
            entry = min((s for i, s in stamps.items() if index <= i < index + 15), default=None)
            said = [
                event
                for event in graph.finals
                if entry is not None
                and to_seconds(event.header.stamp) >= entry
                and any(word in event.text.lower() for word in words.split("|"))
            ]
            if entry is None or not said:
                print(f"{name}: not seen or not said in {seconds:g} s")
                continue
            delay = to_seconds(said[0].first_words) - entry
            print(f"{name}: {delay:.2f} s to the first word of {said[0].text!r}")


if __name__ == "__main__":
    main()
