"""From a picture's publication to the first word and sound about it: demo source, built-in engine.

python -m bench.first_words [--minutes 2] [--source test]

Counts comments that began in silence, from their newest frame's stamp. bench.entries measures from
an entry into the scene to the first word about it.
"""

from __future__ import annotations

import argparse
import os
import statistics

from bench.machine import describe
from test.nodes.graph import probe, process
from video_commentary.config.paths import share_dir
from video_commentary.config.process_env import for_images
from video_commentary.ros.time import to_seconds

QUIET = 0.9
"""Seconds without sound before a comment for it to count as made in silence."""


def listen(minutes: float, source: str) -> list[tuple[float, float, str]]:
    """Return (to the first word, to the first sound, text) of comments out of silence."""
    env = for_images(os.environ, share_dir() / "config")
    parameters = ["--ros-args", "-p", f"source:={source}"]
    with (
        process("-m", "video_commentary.nodes.source", *parameters, env=env),
        process("-m", "video_commentary.nodes.commentator", env=env),
        probe() as graph,
    ):
        graph.until(lambda: graph.finals, 60)
        graph.spin(minutes * 60)
        found, ends = [], 0.0
        sounds = [
            (to_seconds(m.header.stamp), len(m.audio.data) / 96_000)
            for m in graph.got["audio_stamped"]
        ]
        for event in graph.finals:
            if not event.text or event.cancelled or event.question:
                continue
            taken, words = to_seconds(event.header.stamp), to_seconds(event.first_words)
            sound = to_seconds(event.first_sound)
            ends = max((due + long for due, long in sounds if due < sound - 0.01), default=0.0)
            if words - ends >= QUIET:
                found.append((words - taken, sound - taken, event.text))
        return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--source", default="test")
    given = parser.parse_args()
    print(describe("ros-rclpy", "ai-edge-litert", "hibari-tts"))
    found = listen(given.minutes, given.source)
    print(f"{len(found)} comments out of silence in {given.minutes:g} minutes of {given.source}")
    words = [word for word, _, _ in found]
    sounds = [sound for _, sound, _ in found]
    for name, delays, bar in (("first word", words, 0.3), ("first sound", sounds, 0.5)):
        middle, most = statistics.median(delays), max(delays)
        print(f"picture taken to {name:12} median {middle:.3f} s, max {most:.3f} s, bar {bar} s")


if __name__ == "__main__":
    main()
