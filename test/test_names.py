"""Every public class of the package has one name, and none a name that misled."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "video_commentary"
FORMER_NAMES = {
    "CancelledError",
    "WrappedEngine",
    "Port",
    "Eyes",
    "Ears",
    "Eye",
    "Player",
    "Figures",
    "Pass",
    "Guest",
    "Wish",
    "Reliability",
    "Tile",
    "Captured",
    "Sampling",
}
"""Classes that were renamed, as they hid a name of a library's or said something else."""
FORMER_PLACES = {("robot.py", "CommentatorClient")}
"""Classes that are in another module now, which has their name."""


def places(package: Path) -> Mapping[str, list[str]]:
    """Return the modules in which each class is defined, by the class's name."""
    found = defaultdict(list)
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(str(path.relative_to(package)))
    return found


def duplicates(package: Path) -> dict[str, list[str]]:
    """Return public class names that are defined more than once, with their modules."""
    return {
        name: modules
        for name, modules in places(package).items()
        if len(modules) > 1 and not name.startswith("_")
    }


def former(package: Path) -> set[str]:
    """Return the former names that are in use again."""
    found = places(package)
    moved = {
        f"{module}: {name}"
        for module, name in FORMER_PLACES
        if any(Path(path).name == module for path in found.get(name, []))
    }
    return (FORMER_NAMES & set(found)) | moved


def test_public_class_names_are_unique() -> None:
    assert duplicates(PACKAGE) == {}


def test_no_class_has_a_former_name() -> None:
    assert former(PACKAGE) == set()


def test_a_name_that_comes_back_is_found(tmp_path: Path) -> None:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "one.py").write_text("class Frame: ...\nclass _Own: ...\nclass Port: ...\n")
    (tmp_path / "nodes" / "robot.py").write_text(
        "class _Own: ...\nclass CommentatorClient:\n    class Frame: ...\n"
    )
    assert duplicates(tmp_path) == {"Frame": ["nodes/robot.py", "one.py"]}
    assert former(tmp_path) == {"Port", "robot.py: CommentatorClient"}
