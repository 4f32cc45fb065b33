"""The nodes of one configuration, started and ended, with a probe beside them."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from std_srvs.srv import SetBool

from bench.gpu_memory import card_gb, driver_row
from bench.rehearsal.commentator import MARK
from bench.rehearsal.plan import Plan
from test.nodes.graph import Probe, Process, probe
from video_commentary.config.paths import share_dir
from video_commentary.config.process_env import for_images

SIZE = (640, 480)
SETTLE = 2.0
"""Seconds for cameras to appear before the commentator starts, and for the GPU after one ended."""
ERROR_LIMIT = 15.0
"""Seconds in the state "error" after which a start has failed; an engine tries again meanwhile."""


@dataclass(frozen=True)
class Setup:
    """Which nodes run: the checkpoint's kind, with or without voice, how many cameras."""

    kind: str = "awq"
    voice: bool = True
    cameras: int = 1


@dataclass(frozen=True)
class Stage:
    """What all sessions share: checkpoints by kind, the plan, and folders.

    `kernels`: where Triton keeps its own. `bytecode`: of Python's modules.
    """

    models: dict[str, Path]
    plan: Plan
    kernels: Path
    bytecode: Path

    def environment(self) -> dict[str, str]:
        """Return the environment of every process."""
        folders = {
            "TRITON_CACHE_DIR": str(self.kernels),
            # a machine may forbid bytecode, or hold packages without it: pip compiles them
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(self.bytecode),
        }
        base = dict(os.environ) | folders | self.plan.environment
        return base | for_images(base, share_dir() / "config")

    def compile_modules(self) -> None:
        """Import what a commentator imports, so that its bytecode is there as after pip."""
        names = [
            "video_commentary.nodes.commentator.node",
            "video_commentary.nodes.source.node",
            "video_commentary.engines.minicpmo.engine",
        ]
        if not self.plan.tiny:
            kernels = "video_commentary.engines.minicpmo.kernels"
            names += [f"{kernels}.{name}" for name in ("dit", "flash_prefill", "gemv_int4")]
            names += ["triton.compiler", "triton.backends.nvidia.compiler"]
        subprocess.run(
            [sys.executable, "-c", "\n".join(f"import {name}" for name in names)],
            check=True,
            env=self.environment(),
        )

    def commentator(self, setup: Setup, module: str = "bench.rehearsal.commentator") -> Process:
        """Start a commentator."""
        topics = [_topic(camera) for camera in range(setup.cameras)]
        parameters = {
            "engine": "minicpmo",
            "model_path": str(self.models[setup.kind]),
            "image_topics": json.dumps(topics),
        } | self.plan.parameters
        if not setup.voice:
            parameters["voice"] = "none"
        return Process("-m", module, *_ros_args(parameters), env=self.environment())

    def sources(self, setup: Setup) -> list[Process]:
        """Start the cameras."""
        width, height = SIZE
        if self.plan.tiny:
            width, height = width // 4, height // 4
        return [
            Process(
                "-m",
                "video_commentary.nodes.source",
                *_ros_args(
                    {
                        "source": "test",
                        "width": str(width),
                        "height": str(height),
                        "fps": "5.0" if self.plan.tiny else "30.0",
                        "image_topic": _topic(camera),
                    }
                ),
                "-r",
                f"__node:=source_{camera}",
                env=self.environment(),
            )
            for camera in range(setup.cameras)
        ]


def _topic(camera: int) -> str:
    return f"/camera_{camera}/image_raw"


def _ros_args(parameters: dict[str, str]) -> list[str]:
    words = [word for name, value in parameters.items() for word in ("-p", f"{name}:={value}")]
    return ["--ros-args", *words]


def end(process: Process, number: int = signal.SIGINT) -> str:
    """End a node; return how that went, "" if it ended well."""
    try:
        status, seconds = process.stop(number)
    except AssertionError:
        return "it did not end within 10 s"
    return "" if status == 0 else f"it ended with status {status} after {seconds:.1f} s"


class Session:
    """A running commentator with its cameras, to be closed whatever happens."""

    def __init__(self, stage: Stage, setup: Setup, *, wait: bool = True) -> None:
        """Prepare it; `wait`: entering it waits for the first words."""
        self.stage = stage
        self.setup = setup
        self._wait = wait
        self.plan = stage.plan
        self.start_values: dict[str, float] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Session:
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> str:
        """End all; return what did not end well."""
        trouble = end(self.process) if hasattr(self, "process") else ""
        self._stack.close()
        return trouble

    def open(self) -> None:
        """Start the nodes. Raise AssertionError if they do not do what is waited for."""
        self.gpu_before = card_gb()
        self.graph: Probe = self._stack.enter_context(probe())
        self.sources = self.stage.sources(self.setup)
        for source in self.sources:
            self._stack.callback(source.close)
            self._stack.callback(end, source)
        self.graph.spin(SETTLE)
        began = time.monotonic()
        self.process = self.stage.commentator(self.setup)
        self._stack.callback(self.process.close)
        if self._wait:
            watch = StartWatch(self.graph, self.process, began)
            self.start_values = watch.values
            watch.wait(self.plan.start_limit)

    @property
    def pids(self) -> dict[str, int]:
        """The processes by name."""
        found = {"commentator": self.process.popen.pid}
        for number, source in enumerate(self.sources):
            found["source" if not number else f"source {number + 1}"] = source.popen.pid
        return found

    def loading(self) -> str:
        """Return the phases of the load that the commentator logged, "" if it logged none."""
        found = re.findall(r"the engine was (loaded in .*)", self.process.output())
        return found[-1].strip() if found else ""

    def gpu_memory(self) -> dict[str, float]:
        """Return the commentator's GPU memory in GB, as its driver and as torch count it."""
        found = driver_row(self.gpu_before, self.process.popen.pid)
        self.process.popen.send_signal(signal.SIGUSR1)
        self.graph.spin(1.0)
        lines = [line for line in self.process.output().splitlines() if line.startswith(MARK)]
        for line in lines[-1:]:
            now, most = line.removeprefix(MARK).split()
            found["GPU memory reserved by torch, GB"] = float(now)
            found["the same, highest, GB"] = float(most)
        return found


class StartWatch:
    """Notes when a starting commentator does something for the first time."""

    def __init__(self, graph: Probe, process: Process, began: float) -> None:
        self._graph, self._process, self._began = graph, process, began
        self._client = graph.node.create_client(SetBool, "/commentator/set_enabled")
        self._answer: Any = None
        self._failed = math.inf
        self.values: dict[str, float] = {}
        """Seconds from the start, by name."""

    def wait(self, limit: float) -> None:
        """Wait for the first words.

        Raise AssertionError, with the end of the log, if none come within `limit` seconds.
        """
        try:
            self._graph.until(self._is_over, limit, "the first words")
            if self._process.popen.poll() is not None:
                raise AssertionError(f"the commentator ended with {self._process.popen.returncode}")
            if not self._has_words():
                raise AssertionError("the commentator stays in error")
        except AssertionError as error:
            status = self._graph.status()
            detail = f"; status: {status.state}, {status.detail}" if status else ""
            log = " | ".join(self._process.output().splitlines()[-4:])
            raise AssertionError(f"{error}{detail}; its log ends: {log}") from None
        self._graph.spin(1.0)
        self._note("sound sent", first(self._graph, "audio_stamped", _has_sound))

    def _is_over(self) -> bool:
        now = time.monotonic()
        if self._answer is None and self._client.service_is_ready():
            self._answer = self._client.call_async(SetBool.Request(data=True))
        if self._answer is not None and self._answer.done():
            self._note("answer of a service", now)
        self._note("~/status", first(self._graph, "status", bool))
        status = self._graph.status()
        in_error = status is not None and status.state == "error"
        self._failed = min(self._failed, now) if in_error else math.inf
        ended = self._process.popen.poll() is not None
        return self._has_words() or ended or now - self._failed > ERROR_LIMIT

    def _has_words(self) -> bool:
        words = first(self._graph, "commentary_events", lambda event: bool(event.text))
        self._note("words", words)
        return words is not None

    def _note(self, what: str, moment: float | None) -> None:
        if moment is not None:
            self.values.setdefault(f"start to the first {what}, s", moment - self._began)


def _has_sound(message: Any) -> bool:
    return len(message.audio.data) > 0


def first(graph: Probe, topic: str, wanted: Callable[[Any], bool], start: int = 0) -> float | None:
    """Return when the first message came that is wanted, from number `start` on."""
    messages, times = graph.got[topic], graph.times[topic]
    return next((times[i] for i in range(start, len(messages)) if wanted(messages[i])), None)


def ros_offset() -> float:
    """Return what to add to time.monotonic() to get the nodes' clock, in seconds."""
    return time.time() - time.monotonic()


def drop_page_cache() -> str:
    """Have files read from the disk again; return why not, "" if done."""
    subprocess.run(["sync"], check=True)
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3\n")
    except OSError as error:
        return f"the page cache could not be dropped ({error.strerror})"
    return ""
