"""One evaluation from the command line: run every clip, judge, print, write."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...config.settings import CommentatorSettings
from ...core.engine import EngineError
from ..narration.footage import FootageError
from ..narration.video import VideoFootage
from .answers import judge_answer
from .judging import Judge
from .labels import LABELS, POOLED, Clip, LabelError, read_labels
from .metrics import Figures, Outcomes, figures
from .omni_duplex import responses
from .running import ClipRunner, LabelledFootage, SpokenComment, statements
from .table import table


@dataclass(frozen=True, kw_only=True)
class EvaluationOrder:
    """What is to be measured, and what is wanted of it.

    `sentences`: print every verdict. `out`: the table as JSON. `responses`: a folder for what was
    said, as Omni-DuplexEval's scorer takes it.
    """

    folder: Path
    settings: CommentatorSettings
    only: tuple[str, ...] = ()
    real_time: bool = False
    ask: bool = True
    sentences: bool = False
    out: Path | None = None
    responses: Path | None = None


def evaluate(order: EvaluationOrder) -> int:
    """Measure, print the table and write what is wanted; return the exit status."""
    try:
        clips = chosen_clips(order.folder, order.only)
        if order.out and not order.out.absolute().parent.is_dir():
            raise ValueError(f"{order.out.parent}: no such folder; make it first")
        runner = ClipRunner.assembled(order.settings, order.real_time)
    except (ValueError, LabelError) as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 2
    try:
        outcomes = [_clip(order, runner, clip) for clip in clips]
    except (EngineError, FootageError, OSError) as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 1
    rows = pooled(outcomes)
    print(table(rows))
    if order.out:
        order.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


def chosen_clips(folder: Path, only: Sequence[str] = ()) -> list[Clip]:
    """Return the clips of a set, or those named; their videos are there. Raise LabelError."""
    clips = read_labels(folder)
    names = [clip.name for clip in clips]
    unknown = [name for name in only if name not in names]
    if unknown:
        raise LabelError(f"no clip {', '.join(unknown)} in {folder / LABELS}: {', '.join(names)}")
    wanted = [clip for clip in clips if not only or clip.name in only]
    for clip in wanted:
        if not clip.path.is_file():
            raise LabelError(f"{folder / LABELS}: clip {clip.name}: file: no video {clip.path}")
    return wanted


def pooled(outcomes: Sequence[Outcomes]) -> dict[str, Figures]:
    """Return the figures of each clip by name, and of all together."""
    rows = {outcome.clip.name: figures([outcome]) for outcome in outcomes}
    return rows | {POOLED: figures(outcomes)}


def _clip(order: EvaluationOrder, runner: ClipRunner, clip: Clip) -> Outcomes:
    print(f"evaluate: {clip.name}", file=sys.stderr)
    footage = LabelledFootage(VideoFootage(clip.path), clip.end)
    comments = [c for c in runner.comments(footage) if c.caption.start >= clip.begin]
    asked = clip.questions if order.ask else ()
    answers = runner.answers(footage, asked) if asked else []
    if order.responses:
        order.responses.mkdir(parents=True, exist_ok=True)
        path = order.responses / f"{clip.name}.json"
        path.write_text(json.dumps(responses(comments), indent=1) + "\n", encoding="utf-8")
    outcome = judged(clip, comments, answers)
    if order.sentences:
        print("\n".join(_transcript(outcome, answers)))
    return outcome


def judged(clip: Clip, comments: Sequence[SpokenComment], answers: Sequence[str]) -> Outcomes:
    """Judge what was said about a clip, and the answers to its questions if there are any."""
    return Outcomes(
        clip=clip,
        judged=tuple(Judge(clip).judge(statements(comments))),
        comments=len(comments),
        answers=tuple(
            judge_answer(text, question.accepted)
            for text, question in zip(answers, clip.questions, strict=False)
        ),
    )


def _transcript(outcome: Outcomes, answers: Sequence[str]) -> Iterator[str]:
    clip = outcome.clip
    reported = {index for found in outcome.judged for index in found.reported}
    yield f"\n{clip.name}"
    for found in outcome.judged:
        said = found.statement
        reports = ", ".join(
            f"{clip.events[i].what} {clip.events[i].t:g}" for i in sorted(found.reported)
        )
        more = " (a repeat)" if found.repeat else f" <- {reports}" if reports else ""
        yield f"{said.start:6.1f}  {found.verdict.value:<8}  {said.text}{more}"
    for index, event in enumerate(clip.events):
        if index not in reported and event.importance > 1:
            words = f"{event.who} {event.what} {event.where}".strip()
            yield f"{event.t:6.1f}  not reported  {words}, importance {event.importance}"
    for question, text, result in zip(clip.questions, answers, outcome.answers, strict=False):
        yield f"{question.t:6.1f}  {result.value:<8}  {question.q} - {text}"
