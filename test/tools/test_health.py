"""health beside real nodes, over DDS, as a container's health check runs it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticStatus

from test.nodes.graph import ROOT, process
from test.ports import free_port
from video_commentary.tools import health


def check(node: str, seconds: float = 20.0, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "video_commentary.tools.health", node, "--seconds", str(seconds)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        env=os.environ | environment,
    )


def test_a_source_is_well_only_while_it_runs() -> None:
    with process("-m", "video_commentary.nodes.source"):
        done = check("source")
        assert (done.returncode, done.stdout) == (0, "source is well\n")
    gone = check("source", seconds=3.0)
    assert gone.returncode == 1
    assert "source says nothing in /diagnostics" in gone.stdout


def test_a_check_leaves_no_log(tmp_path: Path) -> None:
    done = check("source", 0.5, ROS_LOG_DIR=str(tmp_path / "log"), HOME=str(tmp_path))
    assert done.returncode == 1
    assert "says nothing" in done.stdout
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_bridge_is_well_only_when_its_page_comes() -> None:
    port = free_port()
    with process("-m", "video_commentary.nodes.bridge", "--ros-args", "-p", f"port:={port}"):
        statuses = health.listen("bridge", 20.0)
        end = time.monotonic() + 20
        while trouble := health.page_trouble(statuses):  # the page may come after the report
            assert time.monotonic() < end, trouble
            time.sleep(0.1)
    assert "does not answer" in health.page_trouble(statuses)


def test_what_a_node_warns_of_is_not_its_own_illness() -> None:
    away = DiagnosticStatus(level=DiagnosticStatus.WARN, message="nobody publishes /camera")
    assert health.judge("commentator", [away]) == ""
    failed = DiagnosticStatus(level=DiagnosticStatus.ERROR, message="the GPU is full")
    assert health.judge("commentator", [away, failed]) == "the GPU is full"
