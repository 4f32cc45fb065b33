"""verify as a user runs it, and what it left."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from video_commentary.tools import verify
from video_commentary.tools.verification.check import CheckOutcome
from video_commentary.tools.verification.checks import CHECKS, run_check
from video_commentary.tools.verification.model_under_test import ModelUnderTest, VerifyOptions


@dataclass(frozen=True)
class Verified:
    """The exit status, what was printed, and the report."""

    status: int
    screen: str
    report: dict[str, Any]

    def row(self, name: str) -> dict[str, Any]:
        """Return the report's row of a check."""
        rows: list[dict[str, Any]] = self.report["checks"]
        return next(row for row in rows if row["name"] == name)

    def verdicts(self) -> dict[str, str]:
        """Return each check's verdict."""
        return {row["name"]: row["verdict"] for row in self.report["checks"]}


def run_verify(
    folder: Path, capsys: pytest.CaptureFixture[str], *words: str, out: Path
) -> Verified:
    """Run the command on the CPU; report and sound go to `out`."""
    report = out / "report.json"
    places = ["--report", str(report), "--wav", str(out / "said.wav")]
    status = verify.main([str(folder), "--device", "cpu", *places, *words])
    screen = capsys.readouterr().out
    return Verified(status, screen, json.loads(report.read_text(encoding="utf-8")))


def under_test(folder: Path, **options: Any) -> ModelUnderTest:
    """Return a model on the CPU, text only by default."""
    chosen: dict[str, Any] = {"device": "cpu", "speak": False, "wav": folder / "said.wav"}
    return ModelUnderTest(VerifyOptions(folder=folder, **(chosen | options)))


def outcome_of(name: str, model: ModelUnderTest) -> CheckOutcome:
    """Run one check of the table."""
    return run_check(next(check for check in CHECKS if check.name == name), model)
