"""The page's timeline with a large memory, in Chromium: filter, search, jump, next page, new entry.

python -m bench.timeline [--entries 100000] [--rounds 30]

Choose a ROS_DOMAIN_ID that nothing else on this machine uses. The memory and the bridge run as
they do beside a robot. A time is that from the user's act to the list on the page; a search waits
250 ms for more letters, which counts too.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.machine import describe
from bench.memory_store import DAY, NOW, entries, pictures
from test.bridge.browsing import chromium, holds, tabs
from test.nodes.graph import process
from test.ports import free_port
from video_commentary.config.process_env import for_this_machine_only
from video_commentary.core.stamp import NANOSECONDS
from video_commentary.memory.store import MemoryStore

FIRST = "(document.querySelector('#entries li') || { dataset: {} }).dataset.id"
COUNT = "document.querySelectorAll('#entries li').length"
_WATCH = """(act) => new Promise((done) => {
  const began = performance.now(), list = document.getElementById('entries');
  const seen = new MutationObserver(() => requestAnimationFrame(() => {
    seen.disconnect();
    done(performance.now() - began);
  }));
  seen.observe(list, { childList: true });
  const input = (id, value, kind) => {
    const found = document.getElementById(id);
    found.value = value;
    found.dispatchEvent(new Event(kind, { bubbles: true }));
  };
  if (act.click) document.getElementById(act.click).click();
  else if (act.scroll) list.scrollTop = list.scrollHeight;
  else input(act.id, act.value, act.kind);
})"""


def fill(path: Path, number: int) -> None:
    """Store entries with pictures."""
    store, chunk = MemoryStore(path), []
    for entry in entries(number, pictures(None)):
        chunk.append(entry)
        if len(chunk) == 5000:
            store.add(chunk)
            chunk.clear()
    store.add(chunk)
    store.close()


def timed(page: Any, rounds: int, act: Callable[[int], dict[str, object]]) -> list[float]:
    """Return the ms that each act takes; before each, the list shows the newest entries."""
    times = []
    for number in range(rounds):
        page.evaluate(_WATCH, {"click": "latest"})
        page.wait_for_timeout(100)
        times.append(float(page.evaluate(_WATCH, act(number))))
    return times


def jump(number: int) -> dict[str, object]:
    """Return a jump to a moment of the last month."""
    at = (NOW - (number % 28 + 1) * DAY) // NANOSECONDS
    value = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(at))
    return {"id": "jump", "value": value, "kind": "change"}


ACTS: dict[str, Callable[[int], dict[str, object]]] = {
    "the newest": lambda _: {"click": "latest"},
    "filter: events": lambda _: {"id": "kind", "value": "event", "kind": "change"},
    "search": lambda number: {
        "id": "search",
        "value": ("gate", "red car", "two people", "handbag")[number % 4],
        "kind": "input",
    },
    "jump": jump,
    "next page": lambda _: {"scroll": True},
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=30)
    given = parser.parse_args()
    print(describe("playwright", "ros-rclpy"), flush=True)
    env = os.environ | for_this_machine_only(os.environ)
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "memory.db"
        fill(path, given.entries)
        size = path.stat().st_size / 1e6
        node = ["-m", "video_commentary.nodes.memory", "--ros-args", "-p", f"memory_path:={path}"]
        bridge = ["-m", "video_commentary.nodes.bridge", "--ros-args", "-p", f"port:={port}"]
        with process(*node, env=env), process(*bridge, env=env), chromium() as browser:
            time.sleep(5)
            with tabs(browser, f"http://127.0.0.1:{port}/") as (page,):
                holds(page, f"{COUNT} > 0", 60)
                print(f"\n| {given.entries:,} entries, {size:,.0f} MB | p50, ms | p99, ms |")
                print("| --- | --- | --- |")
                for name, act in ACTS.items():
                    p50, p99 = np.percentile(timed(page, given.rounds, act), (50, 99))
                    print(f"| {name} | {p50:.0f} | {p99:.0f} |", flush=True)
                rows = page.evaluate(COUNT)
                print(f"| rows in the page in the end | {rows} | |")


if __name__ == "__main__":
    main()
