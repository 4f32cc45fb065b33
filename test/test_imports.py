"""The rooms import only what they may, and a light node starts without the heavy ones."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = "video_commentary"
ROOT = Path(__file__).resolve().parents[1]
PLUGINS = {"config.paths", "config.plugins", "config.registry", "config.rules"}
"""What an engine needs of config/, ours or another package's; the nodes' settings are not in it."""
ROOMS = {
    "core": {"core"},
    "config": {"core", "config"},
    "engines": {"core", "engines", *PLUGINS},
    "voices": {"core", "config", "voices"},
    "sources": {"core", "config", "sources"},
    "listening": {"core", "config", "listening"},
    "memory": {"core", "memory"},
    "recording": {"core", "recording"},
    "bridge": {"core", "config", "bridge"},
    "ros": {"core", "config", "ros"},
}
"""What a room may import: rooms, or modules of them. nodes, tools and wiring may import all."""
GENERATED = {"action", "msg", "srv"}
HEAVY = {
    "torch": {"engines/minicpmo", "tools/verification"},
    "triton": {"engines/minicpmo", "tools/verification"},
    "transformers": {"tools/verification"},
    "safetensors": {"engines/minicpmo"},
    "ai_edge_litert": {"engines/builtin"},
    "onnxruntime": {"listening", "voices", "engines/minicpmo"},
    "faster_whisper": {"listening"},
    "hibari": {"voices"},
    "cv2": {"engines/builtin", "engines/server", "sources", "ros", "bridge"},
    "av": {"sources", "bridge", "recording", "tools"},
    "sounddevice": {"nodes", "voices"},
    "openai": {"engines/server"},
    "livekit": {"bridge", "listening"},
    "fastapi": {"bridge"},
    "mcp": {"bridge", "tools"},
    "huggingface_hub": {"tools"},
    "launch": {"ros"},
    "launch_ros": {"ros"},
}
"""The only rooms where each heavy library may be imported."""
NO_ROS = {"core", "config", "engines", "voices", "sources", "listening", "memory", "recording"}
NO_ROS |= {"bridge"}
ROS = {"rclpy", "sensor_msgs", "std_msgs", "std_srvs", "ament_index_python"}
ROS |= {"audio_common_msgs", "geometry_msgs", "tf2_msgs", "vision_msgs"}
MODULES = sorted((ROOT / PACKAGE).rglob("*.py"))


def imported(source: str, path: Path) -> Iterator[str]:
    """Yield every module that `source`, lying at `path`, imports: lazily or not, made absolute."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module or ""]))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def room_of(path: Path) -> str:
    parts = path.relative_to(ROOT / PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT / PACKAGE)))
def test_a_module_imports_what_its_room_may(path: Path) -> None:
    room = room_of(path)
    for name in imported(path.read_text(encoding="utf-8"), path):
        top, _, rest = name.partition(".")
        ours = rest.split(".")[0] if top == PACKAGE else ""
        if ours and ours not in GENERATED:
            assert ours != "nodes" or room == "nodes", f"{name}: nothing imports nodes"
            allowed = ROOMS.get(room, {ours})
            assert any(f"{rest}.".startswith(f"{each}.") for each in allowed), (
                f"{room} may not import {name}"
            )
        if room in NO_ROS:
            assert top not in ROS, f"{room} knows no ROS, but imports {name}"
            assert not (top == PACKAGE and ours in GENERATED), f"{room} may not import {name}"
        if top in HEAVY:
            place = str(path.relative_to(ROOT / PACKAGE).parent)
            assert any(place == r or place.startswith(f"{r}/") for r in HEAVY[top]), (
                f"{name} stays in {', '.join(sorted(HEAVY[top])) or 'no room of the package'}"
            )


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("core.commentator", ["rclpy", "torch", "cv2", "fastapi", "livekit", "onnxruntime"]),
        ("nodes.commentator.node", ["torch", "onnxruntime", "hibari", "ai_edge_litert", "fastapi"]),
        ("nodes.source.node", ["torch", "onnxruntime", "hibari", "ai_edge_litert", "fastapi"]),
        ("nodes.bridge.node", ["torch", "onnxruntime", "ai_edge_litert", "livekit", "av"]),
        ("nodes.speaker.node", ["torch", "cv2", "onnxruntime", "ai_edge_litert", "fastapi"]),
        ("nodes.listener.node", ["torch", "cv2", "onnxruntime", "hibari", "fastapi", "livekit"]),
        (
            "nodes.memory.node",
            ["torch", "onnxruntime", "ai_edge_litert", "fastapi", "livekit", "av", "rosbags"],
        ),
        ("memory.recorder", ["numpy", "rclpy", *HEAVY]),
        ("engines.registry", ["numpy", "rclpy", *HEAVY]),
        ("voices.registry", ["numpy", "rclpy", *HEAVY]),
        ("sources.registry", ["numpy", "rclpy", *HEAVY]),
        ("listening.intents", ["numpy", "rclpy", *HEAVY]),
        ("listening.registry", ["numpy", "rclpy", *HEAVY]),
        ("listening.listener", ["rclpy", *HEAVY]),
        ("tools.run", ["rclpy", "torch", "cv2", "numpy", "huggingface_hub"]),
        ("tools.fetch_model", ["rclpy", "torch", "cv2", "numpy"]),
        ("tools.mcp", ["rclpy", "torch", "cv2", "numpy", "fastapi", "mcp"]),
        ("bridge.mcp_server", ["rclpy", "torch", "cv2", "fastapi", "livekit"]),
        ("tools.narrate", ["rclpy", "torch", "cv2", "av", "rosbags", "onnxruntime"]),
        ("tools.describe", ["rclpy", "torch", "cv2", "av", "onnxruntime"]),
        ("tools.verify", ["rclpy", "torch", "cv2", "numpy", "tokenizers", "PIL"]),
        ("tools.say", ["torch", "cv2", "onnxruntime", "ai_edge_litert"]),
    ],
)
def test_importing_a_module_brings_nothing_heavy(module: str, unwanted: list[str]) -> None:
    assert brought_by(f"import {PACKAGE}.{module}", unwanted) == []


def test_the_settings_of_our_plugins_bring_nothing_heavy() -> None:
    code = f"from {PACKAGE}.config.launch_plan import arguments; arguments('demo')"
    assert brought_by(code, ["numpy", "rclpy", *HEAVY]) == []


def brought_by(code: str, unwanted: list[str]) -> list[str]:
    """Return which unwanted modules a process has after `code`."""
    code = f"import sys; {code}; print(*sorted(set({unwanted!r}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_lazy_and_relative_imports_are_seen() -> None:
    source = "from ..ros import qos\nimport torch\n\ndef f():\n    from rclpy.node import Node\n"
    names = list(imported(source, ROOT / PACKAGE / "core" / "breach.py"))
    assert names == ["video_commentary.ros.qos", "torch", "rclpy.node.Node"]
