from __future__ import annotations

import pytest

from test.tools.evaluation.conftest import clip, event
from video_commentary.tools.evaluation.answers import Outcome
from video_commentary.tools.evaluation.judging import Judged, Statement, Verdict
from video_commentary.tools.evaluation.labels import Clip
from video_commentary.tools.evaluation.metrics import Figures, Outcomes, figures
from video_commentary.tools.evaluation.table import table

EVENTS = [
    event(2.0, "enters", importance=3),
    event(6.0, "stops", importance=2),
    event(20.0, "leaves", importance=3),
]


def judged(
    start: float, reported: tuple[int, ...] = (), text: str = "one two", **more: object
) -> Judged:
    given: dict[str, object] = {"verdict": Verdict.TRUE, "numbers": (), "repeat": False, **more}
    statement = Statement(start=start, end=start + 2.0, text=text)
    return Judged(statement=statement, reported=frozenset(reported), **given)  # type: ignore[arg-type]


def of(labels: Clip, *found: Judged, answers: tuple[Outcome, ...] = ()) -> Figures:
    return figures([Outcomes(clip=labels, judged=found, comments=len(found), answers=answers)])


def test_shares_of_verdicts() -> None:
    kinds = [Verdict.TRUE, Verdict.TRUE, Verdict.PARTLY, Verdict.FALSE]
    found = of(clip(EVENTS), *(judged(i, verdict=kind) for i, kind in enumerate(kinds)))
    assert [found[v.value] for v in Verdict] == [0.5, 0.25, 0.0, 0.25, 0.0]
    assert found["sentences"] == 4 and found["comments_per_minute"] == 8.0


def test_recall_by_importance_and_time() -> None:
    found = of(clip(EVENTS), judged(9.9, (0,)), judged(7.0, (1,)), judged(19.6, (2,)))
    assert (found["recall_3s"], found["recall_10s"]) == (0.5, 1.0)
    assert (found["recall_2_3s"], found["recall_2_10s"]) == (1.0, 1.0)
    assert found["recall_1_3s"] is None


def test_an_event_may_be_told_as_long_as_it_lasts() -> None:
    long = clip([event(2.0, "opens", until=25.0)])
    assert of(long, judged(24.0, (0,)))["recall_3s"] == 1.0
    assert of(long, judged(25.5, (0,)))["recall_10s"] == 0.0


def test_time_f1_pairs_sentences_with_the_events_they_tell() -> None:
    found = of(clip(EVENTS), judged(2.5, (0, 1)), judged(6.5), judged(21.0, (2,)), judged(28.0))
    # Two pairs of 4 sentences and 3 events; by the clock alone three.
    assert found["time_f1"] == pytest.approx(4 / 7, abs=1e-4)
    assert found["time_f1_timing_only"] == pytest.approx(6 / 7, abs=1e-4)


def test_delays_are_of_the_first_sentence() -> None:
    found = of(clip(EVENTS), judged(3.0, (0,)), judged(5.0, (0,)), judged(8.0, (1,)))
    assert (found["delay_median"], found["delay_90"]) == (1.5, 1.0)


def test_the_longest_silence_leaves_quiet_spans_out() -> None:
    labels = clip(EVENTS, quiet=[(12.0, 19.0)])
    assert of(labels)["longest_silence"] == 12.0
    assert of(labels, judged(3.0))["longest_silence"] == 11.0
    assert of(labels, judged(3.0), judged(10.0), judged(25.0))["longest_silence"] == 6.0


def test_words_in_quiet_spans_by_the_minute() -> None:
    labels = clip(EVENTS, quiet=[(8.0, 20.0)])
    found = of(labels, judged(9.0, (1,), "three little words"), judged(15.0), judged(25.0))
    assert found["quiet_words_per_minute"] == 25.0
    assert found["idle_words_per_minute"] == 10.0


def test_only_the_labelled_part_counts() -> None:
    part = Clip(**{**vars(clip(EVENTS, quiet=[(0.0, 8.0)])), "begin": 5.0, "end": 15.0})
    found = of(part, judged(6.5, (1,)))
    assert (found["recall_3s"], found["recall_2_3s"]) == (None, 1.0)
    assert found["longest_silence"] == 6.5
    assert found["quiet_words_per_minute"] == 40.0


def test_clips_are_pooled() -> None:
    one = Outcomes(
        clip=clip(EVENTS[:1]), judged=(judged(2.0, (0,)),), comments=1, answers=(Outcome.RIGHT,)
    )
    other = Outcomes(
        clip=clip(EVENTS[1:]),
        judged=tuple(judged(i, verdict=Verdict.FALSE, repeat=True) for i in range(3)),
        comments=3,
        answers=(Outcome.WRONG, Outcome.UNKNOWN, Outcome.RIGHT),
    )
    found = figures([one, other])
    assert (found["sentences"], found["true"], found["repeats"]) == (4, 0.25, 3)
    assert (found["recall_3s"], found["answers_right"]) == (0.5, 0.5)
    assert (found["answers_wrong"], found["answers_unknown"]) == (0.25, 0.25)


def test_nothing_said_is_nothing_true() -> None:
    found = of(clip(EVENTS))
    assert (found["sentences"], found["true"], found["recall_3s"], found["time_f1"]) == (0, 0, 0, 0)
    assert (found["numbers_right"], found["answers_right"]) == (None, None)


def test_the_table_has_a_row_for_each() -> None:
    lines = table({"a": of(clip(EVENTS)), "all": of(clip(EVENTS), judged(2.0, (0,)))}).split("\n")
    assert len(lines) == 4 and len({line.count("|") for line in lines}) == 1
    assert lines[2].split("|")[2:4] == [f" {'0':>4} ", f" {'0':>4} "]
    assert lines[3].split("|")[3].strip() == "100"
