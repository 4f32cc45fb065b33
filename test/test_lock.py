"""The lock files are whole, agree with each other, and keep to the bounds they are made from."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "requirements"
BOUNDS = {
    "minicpmo": ["minicpmo"],
    "nodes": ["../requirements"],
    "npm": ["npm"],
    "numpy1": ["../requirements", "ros-jazzy", "build", "test-core", "numpy1"],
    "ros": ["ros-jazzy", "build"],
    "test": ["../requirements", "ros-jazzy", "build", "test"],
    "test-core": ["test-core"],
    "text": ["text"],
    "upstream": ["upstream"],
    "uv": ["uv"],
    "vllm": ["vllm"],
}
"""Each lock file, and the files of requirements/ whose bounds it holds."""
PARTS = ("minicpmo", "nodes", "ros", "test-core")
"""What is installed alone, and must be the same in .venv with everything."""
ENVIRONMENTS = [
    {"python_version": python, "python_full_version": f"{python}.1", "platform_machine": machine}
    for python in ("3.10", "3.11", "3.12")
    for machine in ("x86_64", "aarch64")
]


def lock(name: str) -> Path:
    return FOLDER / "lock" / f"{name}.txt"


@cache
def requirements(path: Path) -> list[Requirement]:
    """Return what a file of requirements names, with the files that it includes by -r."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        words = re.split(r"\s+#|\\$", line)[0].strip()
        if words.startswith("-r "):
            found += requirements(path.parent / words[3:])
        elif words and words[0] not in "#-":
            found.append(Requirement(words))
    return found


def versions(name: str, environment: dict[str, str]) -> dict[str, Version]:
    """Return what a lock file installs in `environment`, which must be one version of each."""
    found: dict[str, list[Version]] = defaultdict(list)
    for it in requirements(lock(name)):
        if it.marker is None or it.marker.evaluate(environment):
            (pin,) = it.specifier
            assert pin.operator == "=="
            found[canonicalize_name(it.name)].append(Version(pin.version))
    assert all(len(pins) == 1 for pins in found.values())
    return {name: pins[0] for name, pins in found.items()}


def test_every_lock_is_known() -> None:
    assert {path.stem for path in (FOLDER / "lock").iterdir()} == BOUNDS.keys()


@pytest.mark.parametrize("name", BOUNDS)
def test_every_package_has_hashes_and_no_address(name: str) -> None:
    text = lock(name).read_text(encoding="utf-8")
    blocks = re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(requirements(lock(name)))
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"://|--(index|extra|find|trusted)", text)


@pytest.mark.parametrize("name", BOUNDS)
def test_the_bounds_are_kept_everywhere(name: str) -> None:
    for environment in ENVIRONMENTS[2 if name == "vllm" else 0 :]:  # vLLM needs Python 3.11
        locked = versions(name, environment)
        for file in BOUNDS[name]:
            for it in requirements((FOLDER / f"{file}.txt").resolve()):
                if it.marker is None or it.marker.evaluate(environment):
                    version = locked[canonicalize_name(it.name)]
                    assert it.specifier.contains(version, prereleases=True), f"{it}: {version}"


@pytest.mark.parametrize("name", PARTS)
def test_parts_are_as_in_the_whole(name: str) -> None:
    for environment in ENVIRONMENTS:
        assert versions(name, environment).items() <= versions("test", environment).items()


def test_torch_is_the_pair_that_was_measured() -> None:
    for environment in ENVIRONMENTS:
        for name in ("test", "minicpmo"):
            locked = versions(name, environment)
            assert locked["torch"].release[:2] == (2, 11)
            assert locked["triton"].release[:2] == (3, 6)


def test_what_differs_from_a_lock_is_printed(tmp_path: Path) -> None:
    own = f"pytest=={pytest.__version__}"
    file = tmp_path / "lock.txt"
    file.write_text(
        f"{own} \\\n    --hash=sha256:0\npackaging==0.1 ; python_version > '3'\nnone==1\n"
    )
    script = ROOT / "scripts" / "lock_differences.py"
    done = subprocess.run(
        [sys.executable, str(script), str(file)], capture_output=True, text=True, check=True
    )
    assert re.search(r"\d+ of \d+ packages differ", done.stdout)
    assert re.search(r"^ +packaging +0\.1 -> \d+", done.stdout, re.MULTILINE)
    assert re.search(r"^ +pluggy +none -> \d+", done.stdout, re.MULTILINE)
    assert not re.search(r"^ +(pytest|none) ", done.stdout, re.MULTILINE)
