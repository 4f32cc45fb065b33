"""The rehearsal of bench/rehearsal with the tiny checkpoint, on a CPU, over DDS."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from test.nodes.graph import ROOT

pytestmark = pytest.mark.timeout(600)
pytest.importorskip("torch")

TINY = (sys.executable, "-m", "bench.rehearsal", "--tiny", "--minutes", "0.02")


def rehearse(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TINY, *options], cwd=ROOT, capture_output=True, text=True, timeout=560, check=False
    )


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Rows that share running nodes, one that can't start, one that needs a GPU, by name."""
    folder = tmp_path_factory.mktemp("rehearsal")
    damaged = folder / "tiny-bf16"
    damaged.mkdir()
    (damaged / "complete").touch()
    file = folder / "rows.json"
    names = "awq-voice,steer,second-wish,ask,bf16-text,memory,sigint"
    ran = rehearse("--rows", names, "--folder", str(folder), "--json", str(file))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = {row["name"].split(":")[0]: row for row in json.loads(file.read_text())["rows"]}
    assert list(found) == names.split(",")
    assert all(row["name"] in ran.stdout for row in found.values())
    return found


def test_plain_running_gives_delays_memory_and_processor(rows: dict[str, Any]) -> None:
    row = rows["awq-voice"]
    assert not row["failure"]
    for delay in ("request to first words, ms", "picture to first sound, ms"):
        spread = row["spreads"][delay]
        assert 0 < spread["min"] <= spread["median"] <= spread["p99"] <= spread["max"]
    values = row["values"]
    assert 0 < values["start to the first ~/status, s"] < values["start to the first words, s"]
    assert 0 < values["anonymous at the end, GB"] < values["RSS at the end, GB"] < 20
    assert values["CPU of the commentator, % of a core"] > 0
    assert values["GPU memory reserved by torch, GB"] == 0
    assert values["comments"] >= 1
    assert any(re.match(r"loaded in \d+\.\d s \(", note) for note in row["notes"])


def test_wishes_and_questions_are_timed_from_the_call(rows: dict[str, Any]) -> None:
    steered, second, asked = (rows[name]["spreads"] for name in ("steer", "second-wish", "ask"))
    assert steered["call to response, ms"]["n"] == 2
    assert second["second call to new sound due, ms"]["n"] == 1
    assert asked["call to whole answer, ms"]["n"] == 1
    words = steered["call to first new words, ms"]
    assert words["min"] > steered["call to response, ms"]["min"] > 0


def test_a_row_that_fails_says_why_and_the_others_go_on(rows: dict[str, Any]) -> None:
    assert "no model in" in rows["bf16-text"]["failure"]
    assert rows["memory"]["failure"] == "it needs a CUDA GPU"


def test_an_interrupted_start_ends_and_leaves_nothing(rows: dict[str, Any]) -> None:
    row = rows["sigint"]
    assert row["notes"] == [], "it ended with another status, or not within 10 s"
    for seconds in ("0.3", "2"):
        assert 0 < row["values"][f"SIGINT at {seconds} s: s to its end"] < 10
        assert row["values"][f"SIGINT at {seconds} s: MB left in /dev/shm"] == 0


def test_a_wrong_row_lists_those_there_are() -> None:
    ran = rehearse("--rows", "awq-voice,fast")
    assert ran.returncode == 1
    assert "no row 'fast'; there are cold, warm, awq-voice" in ran.stderr
