"""What package.xml, CMakeLists.txt, setup.cfg and config/ say agrees with the code."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from importlib.util import find_spec
from pathlib import Path

import pytest

import video_commentary
from test.test_imports import GENERATED
from video_commentary.config.registry import ENGINES, RECOGNIZERS, SOURCES, VOICES, Registry
from video_commentary.config.settings import NODE_SETTINGS
from video_commentary.tools import parameter_files

ROOT = Path(__file__).resolve().parents[1]
CMAKE = (ROOT / "CMakeLists.txt").read_text()


def entry_points(group: str) -> dict[str, str]:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    lines = config["options.entry_points"][group].strip().splitlines()
    return dict(re.split(r"\s*=\s*", line) for line in lines)


def programs() -> dict[str, str]:
    return entry_points("console_scripts")


def cmake_programs() -> dict[str, str]:
    found = {}
    for room, module in {"nodes": "nodes.{}.__main__", "tools": "tools.{}"}.items():
        listed = re.search(rf"set\({room} ([^)]*)\)", CMAKE)
        assert listed
        for name in listed[1].split():
            found[name] = f"video_commentary.{module.format(name)}:main"
    return found


def test_cmake_and_pip_install_the_same_programs() -> None:
    assert cmake_programs() == programs()


@pytest.mark.parametrize("target", programs().values())
def test_every_program_is_there(target: str) -> None:
    module, function = target.split(":")
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    assert f"def {function}(" in Path(spec.origin).read_text()


@pytest.mark.parametrize(
    "registry", [ENGINES, VOICES, RECOGNIZERS, SOURCES], ids=lambda it: it.kind
)
def test_pip_finds_our_plugins_too(registry: Registry) -> None:
    assert entry_points(registry.group) == registry.own
    assert {name: registry.load(name).name for name in registry.own} == {n: n for n in registry.own}


def test_cmake_builds_every_interface() -> None:
    listed = set(re.findall(r"(?:action|msg|srv)/\w+\.(?:action|msg|srv)", CMAKE))
    assert listed == {
        f"{p.parent.name}/{p.name}" for kind in GENERATED for p in (ROOT / kind).iterdir()
    }


def test_one_version_everywhere() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    package = ElementTree.parse(ROOT / "package.xml").getroot()
    versions = {video_commentary.__version__, package.findtext("version")}
    assert versions == {config["metadata"]["version"]}


@pytest.mark.parametrize("node", NODE_SETTINGS)
def test_the_parameter_files_are_as_the_settings_say(node: str) -> None:
    path = parameter_files.path_of(node)
    assert path.read_text() == parameter_files.render(node), "run: make config"


def test_every_ros_package_we_import_is_declared() -> None:
    package = ElementTree.parse(ROOT / "package.xml").getroot()
    declared = {element.text for element in package if element.tag.endswith("depend")}
    names = r"^\s*(?:from|import) (\w+_(?:msgs|srvs|interfaces)|rclpy)\b"
    pattern = re.compile(names, re.MULTILINE)
    for path in (ROOT / "video_commentary").rglob("*.py"):
        assert set(pattern.findall(path.read_text())) <= declared, path


def test_the_hosted_workflow_follows_the_schema() -> None:
    checker = shutil.which("check-jsonschema", path=str(Path(sys.executable).parent))
    checker = checker or shutil.which("check-jsonschema")
    if not checker:
        pytest.skip("check-jsonschema is not installed: pip install -r requirements/test-core.txt")
    done = subprocess.run(
        [checker, "--builtin-schema", "vendor.github-workflows", ".github/workflows/ci.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_a_workspace_finds_our_package_alone(tmp_path: Path) -> None:
    colcon = shutil.which("colcon", path=str(Path(sys.executable).parent)) or shutil.which("colcon")
    if not colcon:
        pytest.skip("colcon is not installed")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "video_commentary").symlink_to(ROOT)
    done = subprocess.run(
        [colcon, "--log-base", str(tmp_path / "log"), "list", "--names-only"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["video_commentary"]
