"""Show what is installed, what is missing, and how images get here, with what to do about it.

With --watch: how images get here, live, until Ctrl-C. Run it on both of two machines.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ..config.paths import share_dir
from ..config.process_env import for_images
from ..config.registry import ENGINES
from . import doctor_cameras, doctor_checks, doctor_network_checks, doctor_ros_checks
from .doctor_finding import Finding, FindingState

_STYLES = {
    FindingState.GOOD: "green",
    FindingState.OPTIONAL: "yellow",
    FindingState.MISSING: "bold red",
}


def main(arguments: list[str] | None = None) -> int:
    """Print the report; return 0 if nothing needed is missing, else 1."""
    parser = argparse.ArgumentParser(
        prog="doctor", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--watch", action="store_true", help="show network and cameras, live")
    parser.add_argument(
        "--engine", choices=ENGINES.names, default="builtin", help="the engine that must work"
    )
    parser.add_argument("--seconds", type=float, default=6.0, help="seconds to measure the cameras")
    parser.add_argument(
        "--model-path",
        default=os.environ.get("VIDEO_COMMENTARY_MODEL_PATH", ""),
        help="minicpmo's model_path, where it is set",
    )
    options = parser.parse_args(arguments)
    if options.watch:
        return watch()
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
    yield doctor_checks.listening()
    yield doctor_checks.gpu(needed=False)
    yield doctor_checks.torch(needed=engine == "minicpmo")
    yield doctor_checks.checkpoint(engine == "minicpmo", model_path)
    yield doctor_checks.sound_card()
    yield doctor_checks.livekit()
    yield from network()
    yield from doctor_cameras.cameras(seconds)


def network() -> Iterator[Finding]:
    """Yield what decides how images get from one machine to another."""
    # As our nodes start from here.
    environment = os.environ | for_images(os.environ, _config())
    yield doctor_network_checks.discovery(environment)
    yield doctor_network_checks.message_size(environment)
    yield from doctor_network_checks.kernel(environment)


def watch() -> int:
    """Show network and cameras again every second, every 5 s where there is no terminal."""
    ros = doctor_ros_checks.ros()
    if ros.state is FindingState.MISSING:
        Console().print(table([ros]))
        return 1
    from .camera_probe import camera_probe

    os.environ.update(for_images(os.environ, _config()))
    console = Console()
    with suppress(KeyboardInterrupt), camera_probe() as probe:
        live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        with live or nullcontext():
            while probe.spin(1.0 if live else 5.0):
                shown = table([*network(), *doctor_cameras.findings(probe, "yet")])
                if live:
                    live.update(shown, refresh=True)
                else:
                    console.print(shown)
    return 0


def _config() -> Path:
    return share_dir() / "config"


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
