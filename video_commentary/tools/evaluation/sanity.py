"""Test the measure: sanity FOLDER [name:=value ...] prints the table of docs/evaluation.md

Commentators whose worth is known beforehand are measured on a set's labels. The last two rows run
the commentary cycle, without the videos: an engine that knows the labels and reports each when its
turn comes, and the engine that the settings name before a black picture.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...config.profiles import load_profiles
from ...config.settings import CommentatorSettings
from ...core.engine import Engine, EngineError
from ...core.stamp import from_seconds
from ...voices.registry import create_voice
from ...voices.speaking import SpeakingEngine
from ..narration.footage import FootageError, Shot
from ..offline import command_line, settings_of
from .answers import judge_answer
from .commentators import (
    LabelEngine,
    guesser,
    know_all,
    metronome,
    mixed_labels,
    right_answers,
    same_answer,
    shuffled_labels,
    spoken_labels,
    written_labels,
)
from .judging import Judge, Statement
from .labels import Clip, LabelError, read_labels
from .metrics import Figures, Outcomes, figures
from .running import ClipRunner
from .session import judged
from .table import COLUMNS, table

FPS = 10
SHOWN = (
    *("true", "partly", "empty", "false", "unjudged", "recall_3s", "recall_10s", "time_f1"),
    *("quiet_words_per_minute", "repeats", "answers_right", "answers_wrong"),
)
"""The figures in the table."""


class BlackFootage:
    """A black picture, 10 times a second, for as long as a clip is labelled."""

    path = Path("black")

    def __init__(self, seconds: float) -> None:
        self.duration = seconds
        self.identity: dict[str, object] = {}
        self._picture: NDArray[np.uint8] = np.zeros((360, 640, 3), np.uint8)

    def shots(self) -> Iterator[Shot]:
        """Yield it again and again."""
        for index in range(round(self.duration * FPS)):
            yield Shot(index / FPS, from_seconds(index / FPS), "camera", lambda: self._picture)


def by_the_clock(clips: Sequence[Clip]) -> dict[str, Figures]:
    """Return the figures of the commentators that need no pictures."""
    mixed = mixed_labels(clips)
    return {
        "the labels, claimed": _row(clips, spoken_labels, right_answers),
        "the labels, in words alone": _row(clips, written_labels, right_answers),
        "shuffled within each clip": _row(clips, shuffled_labels),
        "shuffled over all clips": _row(clips, lambda c: mixed[c.name]),
        '"a person is there", every 3 s': _row(clips, metronome, lambda c: same_answer(c, "Yes.")),
        "everything at once, every 3 s": _row(clips, know_all, lambda c: same_answer(c, ALL)),
        "a random claim, every 3 s": _row(clips, guesser),
        "silence": _row(clips, lambda _: [], lambda c: same_answer(c, "I can't tell.")),
    }


ALL = "Yes, no, none, one, two, three, four, left, right, middle, near, red, blue, white, black."


def _row(
    clips: Sequence[Clip],
    say: Callable[[Clip], list[Statement]],
    answer: Callable[[Clip], list[str]] = lambda _: [],
) -> Figures:
    return figures([_outcome(clip, say(clip), answer(clip)) for clip in clips])


def _outcome(clip: Clip, said: Sequence[Statement], answers: Sequence[str]) -> Outcomes:
    return Outcomes(
        clip=clip,
        judged=tuple(Judge(clip).judge(said)),
        comments=len(said),
        answers=tuple(
            judge_answer(text, question.accepted)
            for text, question in zip(answers, clip.questions, strict=False)
        ),
    )


def through_the_cycle(clips: Sequence[Clip], settings: CommentatorSettings) -> dict[str, Figures]:
    """Return the figures of the labels reported live, and of the engine before a black picture.

    Raise ValueError, EngineError, FootageError.
    """
    blind = ClipRunner.assembled(settings)
    profiles = load_profiles(settings.profiles_file)
    live, black = [], []
    for clip in clips:
        footage = BlackFootage(clip.end)
        reported = ClipRunner(partial(_reporting, clip), settings, profiles).comments(footage)
        live.append(judged(clip, reported, []))
        answers = blind.answers(footage, clip.questions)
        black.append(judged(clip, blind.comments(footage), answers))
    return {
        "the labels, live": figures(live),
        f"{settings.engine}, a black video": figures(black),
    }


def _reporting(clip: Clip, settings: CommentatorSettings) -> Engine:
    voice = create_voice(settings).voice
    return SpeakingEngine(LabelEngine(clip), voice) if voice else LabelEngine(clip)


def main(words: Sequence[str] | None = None) -> int:
    """Print the table; return the exit status."""
    options = _parser().parse_intermixed_args(command_line(words))
    try:
        clips = read_labels(options.folder)
        settings = settings_of(options.settings)
        rows = by_the_clock(clips) | through_the_cycle(clips, settings)
    except (ValueError, LabelError) as error:
        print(f"sanity: {error}", file=sys.stderr)
        return 2
    except (EngineError, FootageError) as error:
        print(f"sanity: {error}", file=sys.stderr)
        return 1
    print(table(rows, "commentator", [c for c in COLUMNS if c.figure in SHOWN]))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sanity", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="with labels.yaml")
    parser.add_argument("settings", nargs="*", metavar="name:=value", help="such as engine:=server")
    return parser


if __name__ == "__main__":
    sys.exit(main())
