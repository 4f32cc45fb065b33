"""The whole robot at full size: source and commentator as processes over DDS, the model from files.

python -m bench.rehearsal [--rows awq-voice,steer] [--minutes 10] [--json FILE]

Needs a CUDA GPU, 30 GB of disk, and ROS; a GPU machine without a registry gets ROS from --kit (see
bench/rehearsal/kit.py). The weights are random, so the words mean nothing; the work is the same.
With --tiny it runs on a CPU with the tests' checkpoint, for a few seconds a row.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.rehearsal import kit
from bench.rehearsal.plan import full_size, tiny


def main() -> None:
    """Run the rows that are wanted."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rows", default="", help="names, with commas; all without it; a wrong one lists them")
    add("--minutes", type=float, help="of each row of plain running: 10, or 0.1 with --tiny")
    add("--tiny", action="store_true", help="the tests' checkpoint on a CPU")
    add("--folder", type=Path, help="where checkpoints are written, and found again (30 GB)")
    add("--json", type=Path, help="write the figures there too")
    add("--kit", type=Path, help="install from this folder first, offline")
    add("--venv", type=Path, default=Path(".venv-rehearsal"), help="what --kit sets up")
    options = parser.parse_args()
    if options.kit and Path(sys.prefix) != options.venv.resolve():
        kit.enter(options.kit, options.venv.resolve(), sys.argv[1:])
    # Not before: ROS may come with the kit.
    from bench.rehearsal.run import run

    minutes = options.minutes or (0.1 if options.tiny else 10.0)
    run(
        options.rows,
        tiny(minutes) if options.tiny else full_size(minutes),
        folder=options.folder,
        json_file=options.json,
    )


if __name__ == "__main__":
    main()
