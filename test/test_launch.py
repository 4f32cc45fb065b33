"""The launch files: read everywhere, loaded and expanded where `launch` is installed."""

from __future__ import annotations

import ast
import runpy
from pathlib import Path
from typing import Any

import pytest

from test.config.plugged import CHOICE
from video_commentary.config.launch_plan import (
    LAUNCH_TARGETS,
    arguments,
    launch_plan,
    ros_arguments,
)

LAUNCH = Path(__file__).resolve().parents[1] / "launch"
FILES = {
    "commentary.launch.py": "commentator",
    "demo.launch.py": "demo",
    "desk.launch.py": "desk",
    "memory.launch.py": "memory",
    "robot.launch.py": "robot",
}


def test_every_launch_file_is_known_here() -> None:
    assert {path.name for path in LAUNCH.glob("*.launch.py")} == set(FILES)


@pytest.mark.parametrize(("name", "target"), FILES.items())
def test_a_launch_file_describes_its_target(name: str, target: str) -> None:
    tree = ast.parse((LAUNCH / name).read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert [function.name for function in functions] == ["generate_launch_description"]
    described = [
        ast.literal_eval(call.args[0])
        for call in ast.walk(functions[0])
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "describe"
    ]
    assert described == [target]
    assert target in LAUNCH_TARGETS


@pytest.mark.parametrize("name", FILES)
def test_the_arguments_in_its_help_are_real(name: str) -> None:
    known = arguments(FILES[name])
    used = [
        word.split(":=")[0]
        for word in (ast.get_docstring(ast.parse((LAUNCH / name).read_text())) or "").split()
        if ":=" in word
    ]
    assert used
    assert set(used) <= set(known)


def expand(name: str, given: dict[str, str]) -> tuple[Any, list[Any], Any]:
    """Return the launch description, its nodes expanded for `given`, and the context."""
    pytest.importorskip("launch_ros", reason="launch and launch_ros are not installed here")
    from launch import LaunchContext

    description = runpy.run_path(str(LAUNCH / name))["generate_launch_description"]()
    context = LaunchContext()
    context.launch_configurations.update(given)
    from launch_ros.actions import Node

    made = [each for entity in description.entities for each in entity.visit(context) or ()]
    nodes = [each for each in made if isinstance(each, Node)]
    for node in nodes:
        node._perform_substitutions(context)
    for other in (each for each in made if not isinstance(each, Node)):
        other.visit(context)
    return description, nodes, context


@pytest.mark.parametrize(("name", "target"), FILES.items())
def test_launch_shows_every_argument(name: str, target: str) -> None:
    description, _, _ = expand(name, {})
    shown = {argument.name for argument in description.get_launch_arguments()}
    assert shown == set(arguments(target))


@pytest.mark.parametrize(("name", "target"), FILES.items())
def test_launch_starts_the_nodes_as_planned(name: str, target: str) -> None:
    text = {"robot": "frame_id", "memory": "memory_path"}.get(target, "instruction")
    given = {"namespace": "robot1", text: "5: only people", "log_level": "debug"}
    _, nodes, context = expand(name, given)
    starts = launch_plan(target, given)
    assert [node.expanded_node_namespace for node in nodes] == ["/robot1"] * len(starts)
    for node, start in zip(nodes, starts, strict=True):
        words = ros_arguments(start, given)
        program, *rest = node.cmd[: 1 + len(words)]
        assert Path(context.perform_substitution(program[0])).name == start.node
        assert ["".join(map(context.perform_substitution, part)) for part in rest] == words


def test_launch_passes_on_what_an_engine_given_as_an_object_brings() -> None:
    given = {"engine": CHOICE, "probe_gain": "3"}
    _, (node,), context = expand("commentary.launch.py", given)
    words = ros_arguments(launch_plan("commentator", given)[0], given)
    assert "probe_gain:=3" in words
    passed = node.cmd[1 : 1 + len(words)]
    assert ["".join(map(context.perform_substitution, part)) for part in passed] == words


@pytest.mark.parametrize("name", FILES)
def test_launch_leaves_no_empty_argument_behind_for_what_is_included_next(name: str) -> None:
    _, _, context = expand(name, {"namespace": "robot1"})
    assert context.launch_configurations == {"namespace": "robot1"}
