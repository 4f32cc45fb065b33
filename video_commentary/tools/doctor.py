"""Say in one screen what is there and what is not, each with the command that mends it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..config.registry import ENGINES
from . import checks, ros_checks
from .finding import Finding, State

_STYLES = {State.GOOD: "green", State.OPTIONAL: "yellow", State.MISSING: "bold red"}


def main(arguments: list[str] | None = None) -> int:
    """Check, print; return 0 where nothing needed is missing, else 1."""
    parser = argparse.ArgumentParser(prog="doctor", description=__doc__)
    parser.add_argument("--engine", choices=ENGINES.names, default="builtin", help="what must work")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long to look for cameras")
    options = parser.parse_args(arguments)
    findings = list(examine(options.engine, options.seconds))
    console = Console()
    console.print(table(findings))
    missing = [finding.what for finding in findings if finding.state is State.MISSING]
    verdict = f"missing: {', '.join(missing)}" if missing else "all that is needed is there"
    console.print(f"engine {options.engine}: {verdict} (-- is optional)", highlight=False)
    return 1 if missing else 0


def examine(engine: str, seconds: float) -> Iterable[Finding]:
    """Yield every finding; what `engine` does not need counts as optional."""
    yield ros_checks.ros()
    yield ros_checks.interfaces()
    yield checks.detector(needed=engine == "builtin")
    yield checks.voice(needed=False)
    yield checks.gpu(needed=False)
    yield checks.torch(needed=engine == "minicpmo")
    yield checks.checkpoints(needed=engine == "minicpmo")
    yield checks.sound_card()
    yield checks.livekit()
    yield ros_checks.cameras(seconds)


def table(findings: Iterable[Finding]) -> Table:
    """Return the findings as rich shows them: narrow enough for 80 columns."""
    made = Table(box=None, pad_edge=False)
    for title in ("", "what", "found", "to mend it"):
        made.add_column(title, overflow="fold")
    for finding in findings:
        mark = Text(finding.state.value, _STYLES[finding.state])
        made.add_row(mark, finding.what, Text(finding.found), Text(finding.fix))
    return made


if __name__ == "__main__":
    sys.exit(main())
