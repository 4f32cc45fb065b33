"""The figures of one clip, and of all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from .answers import Outcome
from .judging import Judged, Verdict
from .labels import Clip, LabelledEvent
from .matching import in_time

Figures = dict[str, float | int | None]
"""Figures by name; None where there is nothing to divide by."""

TOLERANCE = 3.0
"""Seconds between an event and the sentence that is matched to it, for Time-F1."""


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What came of one clip. `comments`: how many, of one sentence or more each."""

    clip: Clip
    judged: tuple[Judged, ...]
    comments: int
    answers: tuple[Outcome, ...]


def figures(outcomes: Sequence[Outcomes]) -> Figures:
    """Return the figures of some clips together; docs/evaluation.md says what each means."""
    verdicts = [j.verdict for o in outcomes for j in o.judged]
    found: Figures = {"sentences": len(verdicts)}
    for verdict in Verdict:
        found[verdict.value] = verdicts.count(verdict) / len(verdicts) if verdicts else 0.0
    found |= _recalls(outcomes) | _timing(outcomes) | _pace(outcomes) | _answers(outcomes)
    numbers = [right for o in outcomes for j in o.judged for right in j.numbers]
    found["numbers_right"] = _share(sum(numbers), len(numbers))
    found["repeats"] = sum(j.repeat for o in outcomes for j in o.judged)
    return {name: round(v, 4) if isinstance(v, float) else v for name, v in found.items()}


def labelled_events(clip: Clip) -> list[tuple[int, LabelledEvent]]:
    """Return the events within the labelled part, with their numbers."""
    return [(i, e) for i, e in enumerate(clip.events) if clip.begin <= e.t <= clip.end]


def _recalls(outcomes: Sequence[Outcomes]) -> Figures:
    found: Figures = {}
    for name, importance in (("recall", 3), ("recall_2", 2), ("recall_1", 1)):
        for within in (3, 10):
            events = [
                _reported(o.judged, index, event, within)
                for o in outcomes
                for index, event in labelled_events(o.clip)
                if event.importance == importance
            ]
            found[f"{name}_{within}s"] = _share(sum(events), len(events))
    return found


def _reported(judged: Sequence[Judged], index: int, event: LabelledEvent, within: float) -> bool:
    return any(index in j.reported and in_time(event, j.statement.start, within) for j in judged)


def _timing(outcomes: Sequence[Outcomes]) -> Figures:
    sentences = sum(len(o.judged) for o in outcomes)
    events = sum(len(labelled_events(o.clip)) for o in outcomes)
    reporting = sum(_pairs(o, reporting=True) for o in outcomes)
    alone = sum(_pairs(o, reporting=False) for o in outcomes)
    delays = sorted(delay for o in outcomes for delay in _delays(o))
    return {
        "time_f1": _share(2 * reporting, sentences + events),
        "time_f1_timing_only": _share(2 * alone, sentences + events),
        "delay_median": median(delays) if delays else None,
        "delay_90": delays[int(0.9 * (len(delays) - 1))] if delays else None,
    }


def _pairs(outcomes: Outcomes, reporting: bool) -> int:
    """Match sentences and events one to one, the closest first; return how many pairs there are.

    With `reporting`, a sentence is matched only to an event that it reports.
    """
    near = sorted(
        (abs(j.statement.start - event.t), place, index)
        for place, j in enumerate(outcomes.judged)
        for index, event in labelled_events(outcomes.clip)
        if abs(j.statement.start - event.t) <= TOLERANCE and (index in j.reported or not reporting)
    )
    places: set[int] = set()
    indices: set[int] = set()
    for _, place, index in near:
        if place not in places and index not in indices:
            places.add(place)
            indices.add(index)
    return len(places)


def _delays(outcomes: Outcomes) -> list[float]:
    """Return, for every event that is reported, how long after it the first sentence begins."""
    found = []
    for index, event in labelled_events(outcomes.clip):
        starts = [j.statement.start for j in outcomes.judged if index in j.reported]
        found += [max(0.0, min(starts) - event.t)] if starts else []
    return found


def _pace(outcomes: Sequence[Outcomes]) -> Figures:
    length = sum(o.clip.end - o.clip.begin for o in outcomes)
    quiet = sum(end - begin for o in outcomes for begin, end in _quiet(o.clip))
    in_quiet = [
        j
        for o in outcomes
        for j in o.judged
        if any(begin <= j.statement.start <= end for begin, end in _quiet(o.clip))
    ]
    idle = [j for j in in_quiet if not j.reported]
    return {
        "longest_silence": max((_silence(o) for o in outcomes), default=0.0),
        "quiet_words_per_minute": _share(60 * _words(in_quiet), quiet),
        "idle_words_per_minute": _share(60 * _words(idle), quiet),
        "comments_per_minute": _share(60 * sum(o.comments for o in outcomes), length),
    }


def _words(judged: Sequence[Judged]) -> int:
    return sum(len(j.statement.text.split()) for j in judged)


def _quiet(clip: Clip) -> list[tuple[float, float]]:
    """Return the quiet spans within the labelled part."""
    spans = [(max(begin, clip.begin), min(end, clip.end)) for begin, end in clip.quiet]
    return [(begin, end) for begin, end in spans if begin < end]


def _silence(outcomes: Outcomes) -> float:
    """Return the longest stretch with nothing said, outside quiet spans, seconds."""
    clip = outcomes.clip
    spans = [(j.statement.start, j.statement.end) for j in outcomes.judged]
    longest, reached = 0.0, clip.begin
    for begin, end in sorted([*spans, *_quiet(clip), (clip.end, clip.end)]):
        longest = max(longest, min(begin, clip.end) - reached)
        reached = max(reached, end)
    return longest


def _answers(outcomes: Sequence[Outcomes]) -> Figures:
    answers = [answer for o in outcomes for answer in o.answers]
    return {
        f"answers_{outcome.value}": _share(answers.count(outcome), len(answers))
        for outcome in Outcome
    }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
