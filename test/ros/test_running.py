"""Nodes that don't end as they should, in separate processes."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import pytest

from test.nodes.graph import Process, process, shared_memory

NODE = """
import time
from rclpy.node import Node
from video_commentary.ros.running import run

class Stubborn(Node):
    def __init__(self):
        super().__init__("stubborn")
        {making}
        self.create_timer(0.01, self.work)
        print("up", flush=True)

    def work(self):
        {work}

    def destroy_node(self):
        {ending}
        super().destroy_node()

run(Stubborn)
"""
HANG = "print('hangs', flush=True); time.sleep(60)"


def stubborn(making: str = "", work: str = "pass", ending: str = "") -> tuple[str, str]:
    return "-c", NODE.format(making=making, work=work, ending=ending)


def until_it_says(running: Process, words: str) -> None:
    end = time.monotonic() + 30
    while words not in running.output():
        assert time.monotonic() < end, running.output()
        time.sleep(0.002)


def test_a_signal_while_it_is_made_leaves_no_shared_memory() -> None:
    making = "print(open('/proc/self/maps').read(), 'made soon', flush=True); time.sleep(0.5)"
    with process(*stubborn(making=making)) as running:
        until_it_says(running, "made soon")
        used = shared_memory(running.output())
        assert running.stop()[0] == 0
    assert used
    assert not [file for file in used if file.exists()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ends_while_it_is_still_being_made(number: int) -> None:
    with process(*stubborn(making=HANG)) as running:
        until_it_says(running, "hangs")
        status, took = running.stop(number)
        assert (status, took < 2.5) == (0, True), running.output()


def catches(running: Process, number: int) -> bool:
    """Return whether the process has a handler of its own for the signal."""
    status = Path(f"/proc/{running.popen.pid}/status").read_text()
    return bool(int(re.search(r"SigCgt:\s*(\w+)", status)[1], 16) >> (number - 1) & 1)  # type: ignore[index]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("node", ["bridge", "commentator", "memory", "source", "speaker"])
def test_a_signal_while_a_node_is_imported_ends_it_in_silence(node: str, number: int) -> None:
    with process("-m", f"video_commentary.nodes.{node}") as running:
        end = time.monotonic() + 30
        # Python itself handles SIGINT
        while not catches(running, signal.SIGTERM):
            assert time.monotonic() < end, running.output()
        assert running.stop(number)[0] == 0
        assert running.output() == ""


def test_ends_when_the_signal_comes_as_it_is_made() -> None:
    for pause in (0.0, 0.001, 0.003, 0.01, 0.03):
        with process(*stubborn()) as running:
            until_it_says(running, "up")
            time.sleep(pause)
            status, _ = running.stop()
            assert status == 0, running.output()
            assert "Traceback" not in running.output()


def test_ends_though_a_callback_hangs() -> None:
    with process(*stubborn(work=HANG)) as running:
        until_it_says(running, "hangs")
        status, took = running.stop()
        assert (status, took < 3.0) == (0, True), running.output()


def test_who_hangs_in_the_end_is_shown_and_ended() -> None:
    with process(*stubborn(ending=HANG)) as running:
        until_it_says(running, "up")
        status, took = running.stop()
        assert took < 4.0
        assert status == 1
        assert "in destroy_node" in running.output()


def test_a_failing_constructor_is_reported() -> None:
    with process(*stubborn(making="raise RuntimeError('no camera chip')")) as running:
        assert running.popen.wait(30) == 1
        assert "can't start: no camera chip" in running.output()


def test_a_wrong_link_is_one_sentence() -> None:
    with process(*stubborn(), env={"VIDEO_COMMENTARY_LINK": "wifi"}) as running:
        assert running.popen.wait(30) == 1
        said = running.output().strip()
    assert said == "can't start: VIDEO_COMMENTARY_LINK: 'wifi' is not one of local, lossy"


def test_no_shared_memory_outlives_what_fails_in_the_making() -> None:
    making = "print(open('/proc/self/maps').read()); self.me = self; raise ValueError('no')"
    with process(*stubborn(making=making)) as running:
        assert running.popen.wait(30) == 1
        used = shared_memory(running.output())
    assert used
    assert not [file for file in used if file.exists()]


def impatient(code: str) -> tuple[str, str]:
    patience = "running.FROZEN, running.HEARTBEAT = 3.0, 0.5"
    return "-c", f"from video_commentary.ros import running; {patience}\n{code}"


def test_a_node_that_a_native_call_freezes_is_shown_and_ended() -> None:
    # PyDLL keeps the interpreter for itself, as rclpy does while it takes a message.
    freeze = "print('frozen', flush=True); import ctypes; ctypes.PyDLL(None).sleep(60)"
    with process(*impatient(stubborn(work=freeze)[1])) as running:
        until_it_says(running, "frozen")
        began = time.monotonic()
        assert running.popen.wait(20) == 1
        assert time.monotonic() - began < 6
        assert "in work" in running.output()


def test_a_node_that_is_idle_goes_on() -> None:
    with process(*impatient(stubborn()[1])) as running:
        until_it_says(running, "up")
        time.sleep(5)
        assert running.popen.poll() is None
        assert running.stop()[0] == 0


def test_a_callback_that_fails_does_not_take_the_node_down() -> None:
    with process(*stubborn(work="raise RuntimeError('once more')")) as running:
        end = time.monotonic() + 30
        while running.output().count("RuntimeError: once more") < 3:
            assert time.monotonic() < end, running.output()
            time.sleep(0.05)
        assert running.stop()[0] == 0
