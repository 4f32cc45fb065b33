"""Show in one screen what is installed and what is missing, with the command that fixes it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..config.registry import ENGINES
from . import doctor_checks, doctor_ros_checks
from .doctor_finding import Finding, FindingState

_STYLES = {
    FindingState.GOOD: "green",
    FindingState.OPTIONAL: "yellow",
    FindingState.MISSING: "bold red",
}


def main(arguments: list[str] | None = None) -> int:
    """Print the report; return 0 if nothing needed is missing, else 1."""
    parser = argparse.ArgumentParser(prog="doctor", description=__doc__)
    parser.add_argument(
        "--engine", choices=ENGINES.names, default="builtin", help="the engine that must work"
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="seconds to look for cameras")
    parser.add_argument(
        "--model-path",
        default=os.environ.get("VIDEO_COMMENTARY_MODEL_PATH", ""),
        help="minicpmo's model_path, where it is set",
    )
    options = parser.parse_args(arguments)
    findings = list(examine(options.engine, options.seconds, options.model_path))
    console = Console()
    console.print(table(findings))
    missing = [finding.what for finding in findings if finding.state is FindingState.MISSING]
    verdict = f"missing: {', '.join(missing)}" if missing else "nothing needed is missing"
    console.print(f"engine {options.engine}: {verdict} (-- is optional)", highlight=False)
    return 1 if missing else 0


def examine(engine: str, seconds: float, model_path: str = "") -> Iterable[Finding]:
    """Yield every finding; what `engine` does not need is optional."""
    yield doctor_ros_checks.ros()
    yield doctor_ros_checks.interfaces()
    yield doctor_checks.detector(needed=engine == "builtin")
    yield doctor_checks.text_reader()
    yield doctor_checks.voice(needed=False)
    yield doctor_checks.gpu(needed=False)
    yield doctor_checks.torch(needed=engine == "minicpmo")
    yield doctor_checks.checkpoint(engine == "minicpmo", model_path)
    yield doctor_checks.sound_card()
    yield doctor_checks.livekit()
    yield doctor_ros_checks.cameras(seconds)


def table(findings: Iterable[Finding]) -> Table:
    """Return the findings as a table that fits 80 columns."""
    made = Table(box=None, pad_edge=False)
    for title in ("", "what", "found", "fix"):
        made.add_column(title, overflow="fold")
    for finding in findings:
        mark = Text(finding.state.value, _STYLES[finding.state])
        made.add_row(mark, finding.what, Text(finding.found), Text(finding.fix))
    return made


if __name__ == "__main__":
    sys.exit(main())
