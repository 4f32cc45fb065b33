"""The kit and the table of bench/rehearsal; nodes/test_rehearsal.py runs it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from bench.rehearsal import interrupting
from bench.rehearsal.figures import Row, Spread
from bench.rehearsal.kit import LEFT_OUT, LOCKED, ROOT, requirements
from bench.rehearsal.session import Setup, Stage
from test.nodes.graph import Process


def collected() -> dict[str, str]:
    locks = ROOT / "requirements" / "lock"
    return {
        name: block
        for lock, wanted in LOCKED.items()
        for name, block in requirements(locks / lock, wanted)
    }


def test_the_kit_has_all_that_ros_and_its_build_ask_for() -> None:
    wanted = set()
    for bounds in ("ros-jazzy.txt", "build.txt"):
        text = (ROOT / "requirements" / bounds).read_text()
        wanted |= set(re.findall(r"^[a-z][a-z0-9-]*", text, re.MULTILINE))
    assert {name for name in wanted if not LEFT_OUT.match(name)} <= collected().keys()


def test_the_kit_is_locked_by_hashes_and_leaves_large_packages_out() -> None:
    packages = collected()
    assert all("--hash=sha256:" in block for block in packages.values())
    assert "soxr" in packages
    assert not packages.keys() & {"numpy", "torch", "opencv-python-headless", "pytest"}


def test_a_spread_of_few_values_has_their_maximum_as_99th_percentile() -> None:
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(3, 1.0, 2.0, 3.0, 3.0)
    assert Spread.of([]) is None


def test_a_spread_of_many_values_leaves_one_outlier_to_the_maximum() -> None:
    spread = Spread.of([float(number) for number in range(200)] + [5000.0])
    assert spread is not None
    assert (spread.median, spread.p99, spread.max) == (100.0, 198.0, 5000.0)


@pytest.mark.parametrize("failure", ["", "no GPU"])
def test_a_row_says_why_it_failed_beside_what_it_measured(failure: str) -> None:
    row = Row("name", {"delay, ms": Spread.of([1.5])}, {"count": 7.0}, ["a note"], failure)
    head, delay, count, note = row.lines()
    assert head == (f"name: FAILED, {failure}" if failure else "name")
    assert delay.split()[-5:] == ["1", "1.5", "1.5", "1.5", "1.5"]
    assert (count.split()[-1], note.strip()) == ("7", "a note")


@dataclass
class Leaving:
    """A stage whose commentators leave a participant's shared memory and a port's behind."""

    shared: Path
    plan: object = field(default_factory=lambda: SimpleNamespace(interrupts=(0.0,)))

    def commentator(self, setup: Setup, module: str) -> Process:
        (self.shared / "fastdds_new").write_bytes(bytes(3_000_000))
        (self.shared / "fastdds_port7411").write_bytes(bytes(1_000_000))
        return Process("-c", "pass")


def test_what_an_interrupted_start_leaves_is_counted_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interrupting, "SHARED", tmp_path)
    (tmp_path / "fastdds_old").write_bytes(bytes(5_000_000))
    row = Row("sigint")
    interrupting.measure(cast(Stage, Leaving(tmp_path)), row)
    assert row.values["SIGINT at 0 s: MB left in /dev/shm"] == 3
    assert {file.name for file in tmp_path.iterdir()} == {"fastdds_old", "fastdds_port7411"}
