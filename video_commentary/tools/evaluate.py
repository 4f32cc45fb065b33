"""Measure what an engine says against labelled clips: evaluate FOLDER [name:=value ...]

FOLDER holds labels.yaml and the videos it names. Settings are the commentator node's. Prints a
table, per clip and for all; docs/evaluation.md says what each figure means. Exit status: 0 done,
1 the engine or a video fails, 2 a mistake in the command or the labels.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .offline import command_line, settings_of


def main(words: Sequence[str] | None = None) -> int:
    """Evaluate; return the exit status."""
    options = _parser().parse_intermixed_args(command_line(words))
    try:
        settings = settings_of(options.settings)
    except ValueError as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 2
    from .evaluation.session import EvaluationOrder, evaluate  # heavy; --help needn't wait

    return evaluate(
        EvaluationOrder(
            folder=options.folder,
            settings=settings,
            only=tuple(options.clip or ()),
            real_time=options.engine_speed == "real",
            ask=not options.no_questions,
            sentences=options.sentences,
            out=options.out,
            responses=options.responses,
        )
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="evaluate", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="labels.yaml and the videos")
    parser.add_argument(
        "settings", nargs="*", metavar="name:=value", help="settings, such as engine:=server"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the table there as JSON")
    parser.add_argument(
        "--responses",
        type=Path,
        metavar="FOLDER",
        help="write <clip>.json for each clip, as Omni-DuplexEval's scorer takes them",
    )
    parser.add_argument("--clip", action="append", metavar="NAME", help="only this; repeatable")
    parser.add_argument("--sentences", action="store_true", help="print every verdict as well")
    parser.add_argument("--no-questions", action="store_true", help="don't ask the questions")
    parser.add_argument(
        "--engine-speed",
        choices=("none", "real"),
        default="none",
        help="what the engine's own time counts as: none (the default), or real, as if live here",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
