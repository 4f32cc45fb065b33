"""The table of bench/faults.py: groups of faults, each with a demo of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.fault_requests import fuzz, oversized, request, websocket_noise
from bench.fault_table import (
    CAMERA_SILENT,
    COMMENTATOR_KILLED,
    SOURCE_KILLED,
    Fault,
    Server,
    Stage,
    bad_camera,
    killed,
    never_reads,
)
from bench.faulty_plugins import FAULT
from bench.supervised_demo import end
from test.bridge.livekit.server import LiveKitServer, build
from test.ports import free_port

SPEAKING = 0.3
"""Seconds since the last block of sound within which the voice counts as speaking."""


@dataclass(frozen=True)
class GroupSetup:
    """What a group needs: variables and launch arguments, and perhaps a server that is running."""

    env: dict[str, str]
    given: dict[str, str] = field(default_factory=dict)
    server: Server | None = None


@dataclass(frozen=True)
class Group:
    """Faults of one demo. `given`: its launch arguments; `setup` starts what it needs."""

    name: str
    faults: tuple[Fault, ...]
    given: dict[str, str] = field(default_factory=dict)
    setup: Callable[[Path], GroupSetup] | None = None


def in_force(how: str, seconds: float) -> Callable[[Stage], None]:
    """Let the plug-ins or the server behave like this for some seconds."""

    def inject(stage: Stage) -> None:
        control = Path(stage.demo.env[FAULT])
        control.write_text(how)
        time.sleep(seconds)
        control.write_text("")

    return inject


def dies(stage: Stage) -> None:
    """Let the engine kill its process, once."""
    control = Path(stage.demo.env[FAULT])
    control.write_text("dies")
    while stage.demo.nodes["commentator"].running:
        time.sleep(0.02)
    control.write_text("")


def in_mid_word(number: signal.Signals) -> Callable[[Stage], None]:
    """Send the commentator a signal while it speaks."""

    def inject(stage: Stage) -> None:
        viewer = stage.viewers[0]
        while time.monotonic() - viewer.last_sound > SPEAKING:
            time.sleep(0.02)
        stage.demo.nodes["commentator"].send(number)

    return inject


def server_killed(seconds: float, *, in_mid_comment: bool = False) -> Callable[[Stage], None]:
    """Kill the server beside the demo, and start it again some seconds later."""

    def inject(stage: Stage) -> None:
        while in_mid_comment and not stage.viewers[0].in_mid_comment:
            time.sleep(0.01)
        assert stage.server is not None
        stage.server.stop()
        time.sleep(seconds)
        stage.server.start()

    return inject


def sleeping_subscriber(stage: Stage) -> None:
    """Subscribe to pictures, words and sound, and read nothing for 20 s."""
    sleeper = stage.demo.helper("-c", _SLEEPER)
    time.sleep(20.0)
    end(sleeper)


_SLEEPER = """
import rclpy, time
from audio_common_msgs.msg import AudioDataStamped
from rclpy.node import Node
from sensor_msgs.msg import Image
from video_commentary.msg import Commentary
rclpy.init()
node = Node("sleeper")
node.create_subscription(Image, "/camera/image_raw", print, 10)
node.create_subscription(Commentary, "/commentator/commentary_events", print, 10)
node.create_subscription(AudioDataStamped, "/commentator/audio_stamped", print, 10)
time.sleep(100)
"""


def disk_full(stage: Stage) -> None:
    """Fill the disk that holds the nodes' logs while the engine fails, which is logged."""
    if not stage.demo.folder.is_mount():
        stage.note("left out: a small disk of its own needs root")
        return
    control = Path(stage.demo.env[FAULT])
    control.write_text("raises")
    filler = stage.demo.folder / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    time.sleep(8.0)
    filler.unlink()
    control.write_text("")


CAMERA = Group(
    "camera, as JPEG",
    (
        CAMERA_SILENT,
        SOURCE_KILLED,
        Fault("frozen for 20 s", bad_camera("frozen", 20.0, instead=True)),
        Fault("stamps 100 s back for 10 s", bad_camera("stamps_back", 10.0, instead=True)),
        Fault("4K for 10 s", bad_camera("large", 10.0, instead=True, fps=2.0)),
        Fault("truncated JPEGs for 10 s", bad_camera("truncated", 10.0, instead=True)),
    ),
    {"publish": "both", "image_transport": "compressed", "fps": "15.0"},
)


def _control(folder: Path) -> GroupSetup:
    return GroupSetup({FAULT: str(folder / "fault")})


ENGINE = Group(
    "engine, voice, processes",
    (
        Fault("unknown encoding for 10 s", bad_camera("unknown_encoding", 10.0, instead=True)),
        Fault("engine raises for 12 s", in_force("raises", 12.0)),
        Fault("engine hangs for 10 s", in_force("hangs", 10.0)),
        Fault("engine out of memory for 12 s", in_force("out of memory", 12.0)),
        Fault("engine dies (SIGKILL)", dies),
        Fault("voice breaks for 12 s", in_force("voice", 12.0)),
        COMMENTATOR_KILLED,
        Fault("bridge killed", killed("bridge")),
        Fault("SIGTERM in mid-word", in_mid_word(signal.SIGTERM)),
        Fault("subscriber that never reads, 20 s", sleeping_subscriber),
        Fault("50 slow web clients, 30 s", never_reads("/api/live", 30.0, 50)),
        Fault("disk with the logs full, 8 s", disk_full),
    ),
    {
        "engine": "bench.faulty_plugins:FaultyEngine",
        "voice": "bench.faulty_plugins:faulty_voice",
        "engine_timeout": "3.0",
        "breathing_pause": "0.3",
    },
    _control,
)

REQUESTS = Group(
    "requests",
    (
        Fault("wrong token", request({"Authorization": "Bearer not-the-right-token"})),
        Fault("wrong Host", request({"Host": "evil.example"})),
        Fault("wrong Origin", request({"Origin": "http://evil.example"})),
        Fault("body of 1 MB", oversized),
        Fault("random bytes on the WebSocket", websocket_noise),
        Fault("schemathesis on /openapi.json", fuzz),
    ),
)


def _livekit(folder: Path) -> GroupSetup:
    server = LiveKitServer(build(), folder)
    server.start()
    return GroupSetup(dict(server.environment), server=server)


def livekit_well(stage: Stage) -> bool:
    """Return whether the bridge is in the room again."""
    status = stage.status()
    return status is not None and status["health"]["livekit"]["light"] == "ok"


LIVEKIT = Group(
    "LiveKit",
    (Fault("LiveKit server killed, 10 s", server_killed(10.0), livekit_well),),
    setup=_livekit,
)


class ChatServer:
    """The server of the server engine, as a process."""

    def __init__(self, env: dict[str, str]) -> None:
        self.port = free_port()
        self._env = dict(os.environ) | env
        self.start()

    def start(self) -> None:
        words = [sys.executable, "-m", "bench.chat_server", str(self.port)]
        self._process = subprocess.Popen(words, env=self._env)

    def stop(self) -> None:
        end(self._process)


def _chat(folder: Path) -> GroupSetup:
    env = {FAULT: str(folder / "fault")}
    server = ChatServer(env)
    url = f"http://127.0.0.1:{server.port}/v1"
    return GroupSetup(env, {"server_url": url}, server)


SERVER = Group(
    "server engine",
    (
        Fault("its server killed in mid-word, 5 s", server_killed(5.0, in_mid_comment=True)),
        Fault("its server slow for 20 s: 1 s a word", in_force("1.0", 20.0)),
        Fault("its server stuck for 15 s", in_force("15.0", 15.0)),
    ),
    {"engine": "server", "voice": "none"},
    _chat,
)

GROUPS = (CAMERA, ENGINE, REQUESTS, LIVEKIT, SERVER)
