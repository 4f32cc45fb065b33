"""The terminal client in separate processes, over DDS, with a real commentator node."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from test.nodes.graph import ROOT, Probe, commentator, probe, process
from video_commentary.tools.say import main
from video_commentary.tools.say_client import SayClient

SAY = "video_commentary.tools.say"
SILENT = "there is no voice, so alerts and sentences of ~/say are text only"


def say(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", SAY, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def graph() -> Iterator[Probe]:
    """A probe beside one commentator that comments."""
    with commentator("says", "breathing_pause:=0.2"), probe() as it:
        it.film(lambda: it.finals)
        yield it


def test_instruct_takes_effect_and_says_so(graph: Probe) -> None:
    done = say("instruct", "the cars")
    assert (done.returncode, done.stdout.strip()) == (0, "in force now")
    assert graph.until(lambda: graph.status() and graph.status().instruction == "the cars")


def test_a_refused_instruction_says_why(graph: Probe) -> None:
    done = say("instruct", "x" * 3000)
    assert done.returncode == 1
    assert "2,000" in done.stderr or "2000" in done.stderr


def test_ask_prints_the_answer(graph: Probe) -> None:
    with process("-m", SAY, "ask", "How many?", "--quiet") as asking:
        graph.film(lambda: asking.popen.poll() is not None)
        assert asking.popen.returncode == 0
        assert asking.output().strip() == "You asked: How many?"


def test_speak_has_a_sentence_said(graph: Probe) -> None:
    done = say("speak", "Mind the step.", "--high", "--interrupt")
    assert (done.returncode, done.stdout.strip()) == (0, SILENT)
    graph.film(lambda: any(m.text == "Mind the step." for m in graph.finals))
    refused = say("speak", " ")
    assert refused.returncode == 1
    assert "the text is empty" in refused.stderr


def test_pause_and_resume(graph: Probe) -> None:
    assert say("pause").stdout.strip() == "paused"
    assert graph.until(lambda: graph.status() and not graph.status().enabled)
    assert say("resume").stdout.strip() == "commenting"
    assert graph.until(lambda: graph.status().enabled)


def test_watch_prints_a_line_a_comment_where_there_is_no_terminal(graph: Probe) -> None:
    with process("-m", SAY, "watch") as watching:
        graph.film(lambda: watching.output().count("frames of eye") >= 3)
        assert watching.stop(signal.SIGINT)[0] == 0
        lines = [line for line in watching.output().splitlines() if "frames" in line]
    for line in lines:
        assert re.fullmatch(r"\d\d:\d\d:\d\d  \d frames of eye, .+\.  \(words \d\.\d\d s\)", line)


def test_watch_shows_words_as_they_come_on_a_terminal(graph: Probe) -> None:
    shown = _on_terminal(graph)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert re.search(r"\d frames of(?! eye)", text), "partial words"
    assert re.search(r"\d frames of eye, .+\.  words \d\.\d\d s", text), "finished comments"
    assert "watching" in text and "/camera/image_raw" in text, "the state"
    assert shown.rstrip().endswith("\x1b[?25h"), "the cursor is back"


def _on_terminal(graph: Probe) -> str:
    ours, theirs = pty.openpty()
    watching = subprocess.Popen(
        [sys.executable, "-m", SAY, "watch"],
        cwd=ROOT,
        env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "30"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.STDOUT,
    )
    os.close(theirs)
    os.set_blocking(ours, False)
    shown = b""

    def enough() -> bool:
        nonlocal shown
        with suppress(OSError):  # nothing there yet, or the other side is closed
            while more := os.read(ours, 100_000):
                shown += more
        return shown.count(b"words 0") >= 6 and b"watching" in shown

    try:
        graph.film(enough)
        watching.send_signal(signal.SIGTERM)
        assert watching.wait(5) == 0
        enough()
    finally:
        watching.kill()
        watching.wait()
        os.close(ours)
    return shown.decode()


def test_without_a_commentator_there_says_what_to_do(graph: Probe) -> None:
    began = time.monotonic()
    done = say("--node", "/robot1/commentator", "pause")
    assert done.returncode == 1
    assert "no commentator at /robot1/commentator: found --node /commentator" in done.stderr
    assert time.monotonic() - began < 20


def test_watch_waits_for_a_commentator_and_says_so(graph: Probe) -> None:
    with process("-m", SAY, "--node", "/robot1/commentator", "watch") as watching:
        graph.until(lambda: "waiting for /robot1/commentator: start it" in watching.output())
        assert watching.popen.poll() is None


@pytest.mark.parametrize(("words", "status"), [(["pause"], 130), (["watch"], 0)])
def test_a_signal_while_ros_starts_ends_it_quietly(
    words: list[str], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object, name: str) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(SayClient, "__init__", interrupted)
    try:
        assert main(words) == status
    finally:
        signal.signal(signal.SIGTERM, before)


def test_mistakes_on_the_command_line_are_reported() -> None:
    assert say("sing").returncode == 2
    assert say().returncode == 2
    assert "--node" in say("--help").stdout
