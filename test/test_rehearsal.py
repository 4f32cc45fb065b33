"""The kit and the table of bench/rehearsal; nodes/test_rehearsal.py runs it."""

from __future__ import annotations

import re

import pytest

from bench.rehearsal.figures import Row, Spread
from bench.rehearsal.kit import LEFT_OUT, LOCKED, ROOT, requirements


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
