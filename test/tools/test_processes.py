from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from video_commentary.tools.processes import Processes

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open(sys.argv[1], "w").write(str(child.pid)); time.sleep(60)
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(path: Path) -> int:
    deadline = time.monotonic() + 20
    while not path.is_file() or not path.read_text():
        assert time.monotonic() < deadline, f"{path} was not written"
        time.sleep(0.02)
    return int(path.read_text())


def python(code: str, *words: str) -> list[str]:
    return [sys.executable, "-c", code, *words]


def test_a_polite_child_ends_at_once(tmp_path: Path) -> None:
    processes = Processes(os.environ)
    ready = tmp_path / "ready"
    code = "import sys, time; open(sys.argv[1], 'w').write('1'); time.sleep(60)"
    with (tmp_path / "log").open("wb") as log:
        processes.start("polite", python(code, str(ready)), log)
    wait_for(ready)
    begun = time.monotonic()
    processes.stop()
    assert time.monotonic() - begun < 1.0
    assert b"KeyboardInterrupt" in (tmp_path / "log").read_bytes()


def test_a_stubborn_child_and_its_own_child_are_gone_within_3_s(tmp_path: Path) -> None:
    processes = Processes(os.environ)
    mark = tmp_path / "pid"
    processes.start("stubborn", python(STUBBORN, str(mark)))
    grandchild = wait_for(mark)
    begun = time.monotonic()
    processes.stop()
    assert time.monotonic() - begun < 3.0
    deadline = time.monotonic() + 2
    while alive(grandchild) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(grandchild)


def test_exit_codes_are_reported() -> None:
    processes = Processes(os.environ)
    processes.start("good", python("pass"))
    processes.start("bad", python("raise SystemExit(3)"))
    deadline = time.monotonic() + 20
    while len(processes.ended()) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes.ended() == {"good": 0, "bad": 3}
    processes.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals orphaned children")
def test_children_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    child = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"
    parent = f"""
import os, sys, time
from video_commentary.tools.processes import Processes
Processes(os.environ).start("child", [sys.executable, "-c", {child!r}, {str(mark)!r}])
time.sleep(60)
"""
    root = Path(__file__).resolve().parents[2]
    started = subprocess.Popen(python(parent), cwd=root)
    orphan = wait_for(mark)
    started.send_signal(signal.SIGKILL)
    started.wait()
    deadline = time.monotonic() + 5
    while alive(orphan) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(orphan)
