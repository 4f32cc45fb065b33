"""The nodes of a robot and of a desk, in two network namespaces."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.lossy_link import Link
from bench.supervised_demo import SupervisedNode, environment
from video_commentary.config.paths import PACKAGE, share_dir
from video_commentary.config.process_env import for_images

_PROFILES = {
    "FASTRTPS_DEFAULT_PROFILES_FILE": "fastdds_lossy_link.xml",
    "FASTDDS_DEFAULT_PROFILES_FILE": "fastdds3_lossy_link.xml",
}


def _with_lossy_profile(env: dict[str, str]) -> dict[str, str]:
    clean = {name: value for name, value in env.items() if name not in _PROFILES}
    (variable,) = set(for_images(clean, share_dir() / "config")) & set(_PROFILES)
    return clean | {variable: str(share_dir() / "config" / _PROFILES[variable])}


class Pair:
    """Source and speaker on the robot; commentator, bridge and a witness on the desk."""

    def __init__(self, link: Link, transport: str, folder: Path) -> None:
        self.link = link
        self._folder = folder
        env = _with_lossy_profile(environment(folder))
        env |= {"ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"}
        self._env = {name: env[name] for name in env if name != "ROS_LOCALHOST_ONLY"}
        node, bench = f"{PACKAGE}.nodes", "bench.link_nodes"
        commands: dict[str, tuple[str, list[str], dict[str, str]]] = {
            "source": (link.robot, [f"{node}.source"], {"publish": transport, "fps": "15.0"}),
            "speaker": (link.robot, [bench, "speaker"], {}),
            "commentator": (
                link.desk,
                [f"{node}.commentator"],
                {"engine": f"{bench}:watching_engine", "image_transport": transport},
            ),
            "bridge": (link.desk, [f"{node}.bridge"], {"view_transport": transport}),
            "witness": (link.desk, [bench, "witness"], {}),
        }
        self._nodes = {name: self._started(name, *its) for name, its in commands.items()}
        self._stopping = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._supervisor.start()

    def _started(
        self, name: str, namespace: str, words: list[str], parameters: dict[str, str]
    ) -> SupervisedNode:
        command = ["ip", "netns", "exec", namespace, sys.executable, "-m", *words, "--ros-args"]
        for key, value in parameters.items():
            command += ["-p", f"{key}:={value}"]
        return SupervisedNode(command, self._env, self._folder / f"{name}.log")

    def _supervise(self) -> None:
        while not self._stopping.wait(0.1):
            for node in self._nodes.values():
                node.respawn()

    def kill(self, *names: str) -> None:
        """Kill nodes, and return when they have been started again."""
        before = {name: self._nodes[name].starts for name in names}
        for name in names:
            self._nodes[name].send(signal.SIGKILL)
        while any(self._nodes[name].starts == count for name, count in before.items()):
            time.sleep(0.02)

    @property
    def frozen(self) -> int:
        """How often a node has ended itself since Python stood still in it (ros/running.py)."""
        return sum(node.output().count("Timeout (0:00:30)!") for node in self._nodes.values())

    def lines(self, kind: str, since: float) -> list[dict[str, Any]]:
        """Return what the processes have printed of a kind since a time."""
        found = []
        for name in ("speaker", "commentator", "witness"):
            for line in (self._folder / f"{name}.log").read_text(errors="replace").splitlines():
                if f'"kind": "{kind}"' in line:
                    try:
                        said = json.loads(line)
                    except ValueError:  # half written
                        continue
                    if said["at"] >= since:
                        found.append(said)
        return found

    def wait_for(self, kind: str, seconds: float) -> None:
        """Wait until something of a kind is printed. Raise RuntimeError with the logs."""
        end = time.monotonic() + seconds
        while not self.lines(kind, 0.0):
            if time.monotonic() > end:
                logs = [self._folder / f"{name}.log" for name in self._nodes]
                tails = "\n".join(f"{log.stem}: {log.read_text()[-600:]}" for log in logs)
                raise RuntimeError(f"no {kind} in {seconds:g} s:\n{tails}")
            time.sleep(0.2)

    def stop(self) -> None:
        self._stopping.set()
        self._supervisor.join()
        for node in self._nodes.values():
            node.stop()


@contextmanager
def pair(link: Link, transport: str) -> Iterator[Pair]:
    """Run the nodes for the length of a block; `transport`: compressed or raw."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        both = Pair(link, transport, Path(folder))
        try:
            yield both
        finally:
            both.stop()
