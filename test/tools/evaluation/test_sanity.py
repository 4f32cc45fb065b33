"""The measure can't be fooled: what each commentator is worth is known beforehand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from test.tools.evaluation.conftest import DATA
from test.tools.narration.recordings import SETTINGS
from video_commentary.tools.evaluation.labels import read_labels
from video_commentary.tools.evaluation.metrics import Figures
from video_commentary.tools.evaluation.sanity import by_the_clock, main, through_the_cycle


@pytest.fixture(scope="module", params=["our own", "open"])
def rows(request: pytest.FixtureRequest) -> dict[str, Figures]:
    folder = DATA if request.param == "our own" else request.getfixturevalue("open_set")
    return by_the_clock(read_labels(folder))


def value(figures: Figures, name: str) -> float:
    found = figures[name]
    assert found is not None
    return float(found)


@pytest.mark.parametrize(
    ("name", "least"),
    # Words of no table can't be read: our own set has one on purpose.
    [("the labels, claimed", 0.95), ("the labels, in words alone", 0.75)],
)
def test_the_labels_themselves_are_true_and_complete(
    rows: dict[str, Figures], name: str, least: float
) -> None:
    row = rows[name]
    for share in ("true", "recall_3s", "recall_10s", "recall_2_3s", "time_f1", "answers_right"):
        assert value(row, share) > least, share
    assert value(row, "answers_wrong") == value(row, "false") == 0
    assert value(row, "repeats") == 0


def test_labels_at_the_times_of_others_are_worth_little(rows: dict[str, Figures]) -> None:
    everywhere = rows["shuffled over all clips"]
    assert value(everywhere, "true") < 0.25 and value(everywhere, "recall_10s") < 0.25
    within = rows["shuffled within each clip"]
    assert value(within, "true") < 0.5 and value(within, "recall_3s") < 0.6


def test_a_person_is_there_is_worth_nothing(rows: dict[str, Figures]) -> None:
    row = rows['"a person is there", every 3 s']
    assert value(row, "true") < 0.1 and value(row, "recall_10s") < 0.1
    assert value(row, "time_f1") < 0.1
    assert value(row, "repeats") > 0.5 * value(row, "sentences")
    assert value(row, "answers_right") < 0.3


def test_everything_at_once_is_false_and_reports_nothing(rows: dict[str, Figures]) -> None:
    row = rows["everything at once, every 3 s"]
    assert value(row, "true") == value(row, "recall_10s") == 0
    assert value(row, "false") == 1
    assert value(row, "answers_right") == 0


def test_guesses_are_seldom_true(rows: dict[str, Figures]) -> None:
    row = rows["a random claim, every 3 s"]
    assert value(row, "true") < 0.1 and value(row, "recall_10s") < 0.15


def test_silence_reports_nothing_and_answers_nothing_wrong(rows: dict[str, Figures]) -> None:
    row = rows["silence"]
    assert (row["sentences"], row["true"], row["recall_10s"], row["time_f1"]) == (0, 0, 0, 0)
    assert value(row, "answers_wrong") == 0 and value(row, "quiet_words_per_minute") == 0


def test_a_black_video_is_distinguished_from_the_real_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VIDEO_COMMENTARY_MODELS", str(tmp_path / "models"))
    settings = replace(SETTINGS, voice="none")
    live, black = through_the_cycle(read_labels(DATA)[1:], settings).values()
    assert value(live, "true") == value(live, "recall_3s") == 1
    assert value(black, "true") == value(black, "recall_10s") == 0


def test_a_mistake_ends_it_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "labels.yaml" in capsys.readouterr().err
