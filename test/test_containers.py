"""What can be said of the containers' files without building them; `make test-image` builds."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from video_commentary.bridge.access import TOKEN_VARIABLE
from video_commentary.config.plugins import all_rules
from video_commentary.config.rules import ENV_PREFIX
from video_commentary.config.settings import NODE_SETTINGS
from video_commentary.engines.server.config import KEY_VARIABLE
from video_commentary.tools import environment_file

ROOT = Path(__file__).resolve().parents[1]
COMPOSE_FILES = ("compose.yaml", "compose.gpu.yaml")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
LISTED = re.findall(r"^#(\w+)=", EXAMPLE, re.MULTILINE)


def tool(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed: pip install -r requirements/test-core.txt")
    return found


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return found


OURS = [name for name, service in services().items() if "build" in service]


def test_the_dockerfile_is_well_made() -> None:
    done = run(tool("hadolint"), "Dockerfile")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_compose_files_follow_the_specification(name: str) -> None:
    done = run(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", name)
    assert done.returncode == 0, done.stdout


def test_the_specification_is_really_applied(tmp_path: Path) -> None:
    broken = tmp_path / "compose.yaml"
    broken.write_text((ROOT / "compose.yaml").read_text().replace("restart:", "restrat:"))
    checker = tool("check-jsonschema")
    assert run(checker, "--builtin-schema", "vendor.compose-spec", str(broken)).returncode != 0


def test_the_example_is_as_the_settings_say() -> None:
    assert environment_file.render() == EXAMPLE, "run: make config"


def test_the_example_lists_every_variable_once_and_no_unknown_one() -> None:
    names = [name for kind in NODE_SETTINGS.values() for name in all_rules(kind, {})]
    settings = [ENV_PREFIX + name.upper() for name in names]
    others = [name for section in environment_file.OTHERS.values() for name in section]
    assert sorted(LISTED) == sorted({*settings, *others})
    assert {TOKEN_VARIABLE, KEY_VARIABLE} <= set(others)


def test_compose_reads_only_variables_that_the_example_lists() -> None:
    text = "".join((ROOT / name).read_text() for name in COMPOSE_FILES)
    read = set(re.findall(r"\$\{(\w+)", text))
    assert read
    assert read <= set(LISTED)


def test_the_example_holds_no_secret_and_changes_nothing_when_copied() -> None:
    assert not [line for line in EXAMPLE.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("name", OURS)
def test_our_services_are_confined_and_share_the_hosts_network(name: str) -> None:
    service = services()[name]
    assert service["network_mode"] == service["ipc"] == "host"
    assert service["cap_drop"] == ["ALL"]
    assert service["user"] == "${USER_ID:-1000}"
    assert "privileged" not in service


@pytest.mark.parametrize("node", NODE_SETTINGS)
def test_each_node_is_a_service_that_checks_itself_and_comes_back(node: str) -> None:
    service = services()[node]
    assert service["command"] == ["run", node]
    assert service["healthcheck"]["test"] == ["CMD", "health", node]
    assert service["restart"] == "unless-stopped"
    assert service["stop_grace_period"] == "3s"


def test_no_service_holds_up_down_for_more_than_3_s() -> None:
    periods = {
        name: service.get("stop_grace_period", "10s") for name, service in services().items()
    }
    assert {name for name, period in periods.items() if int(period.rstrip("s")) > 3} == set()


def test_without_a_profile_only_commentator_and_bridge_start() -> None:
    assert {n for n, s in services().items() if "profiles" not in s} == {"commentator", "bridge"}


def test_only_the_fetcher_may_write_models() -> None:
    mounts = {
        name: mount
        for name, service in services().items()
        for mount in service.get("volumes", [])
        if ":/models" in mount
    }
    assert mounts.keys() == {"commentator", "listener", "fetch_model"}
    assert mounts["commentator"].endswith("/models:ro")
    assert mounts["listener"].endswith("/models:ro")


def test_the_builder_gets_no_secret_and_nothing_large() -> None:
    ignore = (ROOT / ".dockerignore").read_text().split("\n")
    first = next(line for line in ignore if line and not line.startswith("#"))
    assert first == "*"
    sent = {line[1:] for line in ignore if line.startswith("!")}
    assert not sent & {".env", ".venv", ".git", "models", "test", "scripts"}
    assert all((ROOT / name).exists() for name in sent)


def test_setup_gets_all_scripts_it_calls() -> None:
    called = set(re.findall(r"scripts/[\w.]+", (ROOT / "scripts" / "setup.sh").read_text()))
    optional = {"scripts/livekit_server.sh", "scripts/lock_differences.py"}  # for tests
    text = (ROOT / ".dockerignore").read_text() + (ROOT / "CMakeLists.txt").read_text()
    for script in called - optional:
        assert f"!{script}" in text, script
