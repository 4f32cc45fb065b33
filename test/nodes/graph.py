"""Nodes in separate processes, and a probe on the ROS graph that watches and steers them."""

from __future__ import annotations

import array
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
from diagnostic_msgs.msg import DiagnosticArray
from numpy.typing import NDArray
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header, String
from std_srvs.srv import SetBool
from video_commentary.msg import Commentary, Event, Status
from video_commentary.srv import Ask, SetInstruction

from video_commentary.ros.qos import EVENTS, LATCHED
from video_commentary.ros.time import to_time

ROOT = Path(__file__).resolve().parents[2]
IMAGES = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
"""To watch our own cameras; ros/reliability_trial.py says what happens to reliable readers."""


def shared_memory(maps: str) -> set[Path]:
    """Return the files of participants, not of ports, that /proc/<pid>/maps names."""
    return {Path(file) for file in re.findall(r"/dev/shm/fast[a-z]+_[0-9a-f]{16}", maps)}


class Process:
    """A node's process; its output is in `output()`."""

    def __init__(self, *command: str, env: dict[str, str] | None = None) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close
        self.popen = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | (env or {}),
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def output(self) -> str:
        # Opened again: the process writes at the position of our own file.
        return Path(f"/proc/self/fd/{self._log.fileno()}").read_bytes().decode()

    def stop(self, number: int = signal.SIGINT) -> tuple[int, float]:
        """Send a signal; return exit status and how many seconds it took."""
        began = time.monotonic()
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        try:
            status = self.popen.wait(10)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise AssertionError(f"still there 10 s after {number}:\n{self.output()}") from None
        return status, time.monotonic() - began

    def close(self) -> None:
        self._log.close()

    def memory(self) -> float:
        """Return resident memory in MB."""
        pages = int(Path(f"/proc/{self.popen.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 1e6

    def maps(self) -> str:
        return Path(f"/proc/{self.popen.pid}/maps").read_text()


@contextmanager
def process(*command: str, env: dict[str, str] | None = None) -> Iterator[Process]:
    """Run a node for the length of a block."""
    running = Process(*command, env=env)
    try:
        yield running
    finally:
        try:
            running.stop()
        finally:
            running.close()


@contextmanager
def commentator(script: str, *parameters: str, voice: str = "none") -> Iterator[Process]:
    """Run the commentator node with a fake engine that follows a script of fake_commentator."""
    arguments = [word for parameter in parameters for word in ("-p", parameter)]
    with process(
        "-m", "test.nodes.fake_commentator", script, voice, "--ros-args", *arguments
    ) as running:
        yield running


class Probe:
    """A node of the test's own: records what the commentator says, sends pictures and calls."""

    def __init__(self) -> None:
        self._context = Context()
        rclpy.init(context=self._context)
        self.node = Node(f"probe_{time.monotonic_ns()}", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.got: dict[str, list[Any]] = defaultdict(list)
        self.times: dict[str, list[float]] = defaultdict(list)
        self.hear(Commentary, "commentary_events", EVENTS)
        self.hear(Event, "events", EVENTS)
        self.hear(String, "commentary", EVENTS)
        self.hear(AudioDataStamped, "audio_stamped", EVENTS)
        self.hear(AudioData, "audio", EVENTS)
        self.hear(AudioInfo, "audio_info", LATCHED)
        self.hear(Status, "status", LATCHED)
        self._subscribe(DiagnosticArray, "/diagnostics", 10, "diagnostics")
        self._publishers: dict[tuple[type, str], Any] = {}
        self._clients: dict[str, Any] = {}

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)

    def hear(self, kind: type, name: str, qos: QoSProfile) -> None:
        """Record what the commentator publishes on a topic."""
        self._subscribe(kind, f"/commentator/{name}", qos, name)

    def _subscribe(self, kind: type, topic: str, qos: QoSProfile | int, name: str) -> None:
        def store(message: Any) -> None:
            self.got[name].append(message)
            self.times[name].append(time.monotonic())

        self.node.create_subscription(kind, topic, store, qos)

    def now(self) -> float:
        return float(self.node.get_clock().now().nanoseconds / 1e9)

    def spin(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._executor.spin_once(timeout_sec=0.02)

    def until(self, condition: Callable[[], Any], seconds: float = 20.0, what: str = "") -> Any:
        """Spin until `condition` returns something; return that."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if result := condition():
                return result
            self._executor.spin_once(timeout_sec=0.02)
        heard = {name: len(messages) for name, messages in self.got.items()}
        raise AssertionError(f"{what or 'it'} did not happen in {seconds:g} s; heard {heard}")

    def film(self, until: Callable[[], Any], seconds: float = 20.0, **picture: Any) -> Any:
        """Publish pictures at 10 Hz until `until` returns something; return that.

        What a stall has held up is left out, not made up for.
        """
        due = time.monotonic()

        def step() -> Any:
            nonlocal due
            if (now := time.monotonic()) >= due:
                due = max(due + 0.1, now)
                self.picture(**picture)
            return until()

        return self.until(step, seconds)

    def picture(
        self,
        stamp: float | None = None,
        image: NDArray[np.uint8] | None = None,
        topic: str = "/camera/image_raw",
        reliable: bool = True,
        **fields: Any,
    ) -> None:
        """Publish a picture that differs from the previous one."""
        if image is None:
            image = np.random.default_rng().integers(0, 255, (6, 8, 3), np.uint8).repeat(8, 0)
        image = np.ascontiguousarray(image)
        values: dict[str, Any] = {
            "header": Header(stamp=to_time(stamp or self.now()), frame_id="eye"),
            "height": image.shape[0],
            "width": image.shape[1],
            "encoding": "rgb8",
            "step": image.shape[1] * 3,
            "data": array.array("B", image.tobytes()),
        }
        self.publish(Image, topic, Image(**(values | fields)), reliable)

    def jpeg(self, data: bytes) -> bool:
        """Publish a compressed picture; return False, for conditions."""
        header = Header(stamp=to_time(self.now()), frame_id="eye")
        image = CompressedImage(header=header, format="jpeg", data=array.array("B", data))
        self.publish(CompressedImage, "/camera/image_raw/compressed", image, True)
        return False

    def publish(self, kind: type, topic: str, message: Any, reliable: bool) -> None:
        if (kind, topic) not in self._publishers:
            policy = ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT
            qos = QoSProfile(depth=5, reliability=policy)
            self._publishers[kind, topic] = self.node.create_publisher(kind, topic, qos)
        self._publishers[kind, topic].publish(message)

    def call(self, kind: type, name: str, request: Any, seconds: float = 20.0) -> Any:
        """Call a service; return its response."""
        future = self.client(kind, name, seconds).call_async(request)
        self.until(future.done, seconds, f"an answer from {name}")
        return future.result()

    def client(self, kind: type, name: str, seconds: float = 20.0) -> Any:
        """Return the client of a service that is there."""
        if name not in self._clients:
            self._clients[name] = self.node.create_client(kind, name)
        client = self._clients[name]
        assert client.wait_for_service(timeout_sec=seconds), f"{name} is not there"
        return client

    def steer(self, instruction: str) -> Any:
        request = SetInstruction.Request(instruction=instruction)
        return self.call(SetInstruction, "/commentator/set_instruction", request)

    def ask(self, question: str, quiet: bool = False) -> Any:
        return self.call(Ask, "/commentator/ask", Ask.Request(question=question, quiet=quiet))

    def enable(self, enabled: bool) -> Any:
        return self.call(SetBool, "/commentator/set_enabled", SetBool.Request(data=enabled))

    @property
    def finals(self) -> list[Any]:
        return [event for event in self.got["commentary_events"] if event.final]

    def status(self) -> Any:
        return self.got["status"][-1] if self.got["status"] else None

    def troubles(self) -> str:
        """Return all that the newest /diagnostics complain of."""
        statuses = self.got["diagnostics"][-1].status if self.got["diagnostics"] else []
        return "; ".join(status.message for status in statuses if status.level != b"\0")


@contextmanager
def probe() -> Iterator[Probe]:
    """Give a probe for the length of a block."""
    it = Probe()
    try:
        yield it
    finally:
        it.close()
