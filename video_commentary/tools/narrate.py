"""Narrate a video file or a rosbag, faster than real time: narrate IN OUT [name:=value ...]

OUT's ending says what is made: .mp4 (speech mixed in, subtitles as a track), .srt, .vtt, .jsonl
or .wav. Settings are the commentator node's. Ctrl-C keeps what there is; rerun to continue.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from .offline import command_line, settings_of

KINDS = (".mp4", ".srt", ".vtt", ".jsonl", ".wav")


def main(words: Sequence[str] | None = None) -> int:
    """Narrate; return the exit status: 130 after Ctrl-C, 1 if something is missing or broken."""
    options = _parser().parse_intermixed_args(command_line(words))
    from .narration.job import Job, NarrationOrder  # heavy; --help needn't wait

    try:
        order = NarrationOrder(
            source=options.source,
            output=options.output,
            settings=settings_of(options.settings),
            topic=options.topic,
            real_time=options.engine_speed == "real",
            burn=options.burn,
        )
        _check_output(order.source, order.output, options.overwrite or order.journal.exists())
    except ValueError as error:
        print(f"narrate: {error}", file=sys.stderr)
        return 2
    # Ended by a service manager, it ends as by Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return Job(order).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="narrate", description=__doc__)
    parser.add_argument("source", type=Path, metavar="IN", help="a video file or a rosbag")
    parser.add_argument("output", type=Path, metavar="OUT", help="ends in " + ", ".join(KINDS))
    parser.add_argument(
        "settings",
        nargs="*",
        metavar="name:=value",
        help="settings of the commentator node, such as engine:=server or instruction:=...",
    )
    parser.add_argument("--topic", default="", help="the camera, where a rosbag has several")
    parser.add_argument(
        "--engine-speed",
        choices=("none", "real"),
        default="none",
        help="what the engine's own time counts as: none (the default), or real, as if live here",
    )
    parser.add_argument(
        "--burn", action="store_true", help="draw the subtitles into the picture of an .mp4"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace OUT if it is there")
    return parser


def _check_output(source: Path, output: Path, overwrite: bool) -> None:
    if output.suffix.lower() not in KINDS:
        raise ValueError(f"{output}: let OUT end in one of {', '.join(KINDS)}")
    if not output.parent.is_dir():
        raise ValueError(f"{output.parent}: no such folder; make it first")
    if output.exists() and source.exists() and output.samefile(source):
        raise ValueError("OUT is IN: choose another name")
    if output.exists() and not overwrite:
        raise ValueError(f"{output} is there already: give --overwrite, or another name")


if __name__ == "__main__":
    sys.exit(main())
