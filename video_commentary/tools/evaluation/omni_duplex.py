"""Answers for Omni-DuplexEval's scorer: omni_duplex DATASET FOLDER [name:=value ...]

Watches every video of the data set with its question as the instruction, and writes
FOLDER/<split>/<id>.json, a list of {text, start, end} in seconds. DATASET is a name on the Hugging
Face hub or a folder, as `datasets` loads it (pip install datasets). What is there already is kept.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from ...config.settings import CommentatorSettings
from ...core.engine import EngineError
from ..narration.footage import FootageError
from ..narration.video import VideoFootage
from ..offline import command_line, settings_of
from .running import ClipRunner, SpokenComment

SPLITS = (
    *("RTD_world_knowledge", "RTD_counting", "RTD_fine_grained_movement"),
    *("RTD_interaction_relation", "RTD_OCR", "RTD_Omni"),
    *("PR_correction", "PR_event_reminder", "PR_post_event_reminder"),
)


def responses(comments: Sequence[SpokenComment]) -> list[dict[str, object]]:
    """Return comments in the layout that the scorer reads."""
    return [
        {
            "text": comment.caption.text,
            "start": round(comment.caption.start, 3),
            "end": round(comment.end, 3),
        }
        for comment in comments
    ]


def main(words: Sequence[str] | None = None) -> int:
    """Watch the data set; return the exit status."""
    options = _parser().parse_intermixed_args(command_line(words))
    try:
        datasets = import_module("datasets")
    except ImportError:
        print("omni_duplex: pip install datasets, and start again", file=sys.stderr)
        return 1
    try:
        settings = settings_of(options.settings)
        for split in options.split or SPLITS:
            rows = datasets.load_dataset(options.dataset, split=split)
            rows = rows.cast_column("video", datasets.Video(decode=False))
            watch(rows, options.folder / split, settings)
    except (ValueError, EngineError, FootageError, OSError) as error:
        print(f"omni_duplex: {error}", file=sys.stderr)
        return 1
    return 0


def watch(rows: Iterable[Mapping[str, Any]], folder: Path, settings: CommentatorSettings) -> None:
    """Write what is said about the video of each row, which has id, question_text and video.

    Raise ValueError, EngineError, FootageError, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for row in rows:
        name = str(row["id"])
        if Path(name).name != name:
            raise ValueError(f"id {name!r}: not fit for a file's name")
        output = folder / f"{name}.json"
        if output.exists():
            continue
        print(f"omni_duplex: {output}", file=sys.stderr)
        runner = ClipRunner.assembled(replace(settings, instruction=str(row["question_text"])))
        with tempfile.TemporaryDirectory() as scratch:
            comments = runner.comments(VideoFootage(_file(row["video"], Path(scratch))))
        half = output.with_suffix(".writing")
        half.write_text(json.dumps(responses(comments), indent=1) + "\n", encoding="utf-8")
        half.replace(output)


def _file(video: Mapping[str, Any], scratch: Path) -> Path:
    """Return the file of a video that is given by its path or its bytes."""
    if video.get("bytes"):
        path = scratch / "video.mp4"
        path.write_bytes(video["bytes"])
        return path
    return Path(video["path"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="omni_duplex", description=__doc__)
    parser.add_argument("dataset", metavar="DATASET", help="such as Hothan/Omni-DuplexEval")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="for the responses")
    parser.add_argument("settings", nargs="*", metavar="name:=value", help="such as engine:=server")
    parser.add_argument("--split", action="append", metavar="NAME", help="only this; repeatable")
    return parser


if __name__ == "__main__":
    sys.exit(main())
