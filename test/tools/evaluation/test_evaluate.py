from __future__ import annotations

import json
from pathlib import Path

import pytest

from test.videos import write_video
from video_commentary.tools.evaluate import main

KEYS = {
    *("sentences", "true", "partly", "empty", "false", "unjudged"),
    *("recall_3s", "recall_10s", "recall_2_3s", "recall_2_10s", "recall_1_3s", "recall_1_10s"),
    *("time_f1", "time_f1_timing_only", "delay_median", "delay_90", "longest_silence"),
    *("quiet_words_per_minute", "idle_words_per_minute", "comments_per_minute"),
    *("answers_right", "answers_wrong", "answers_unknown", "numbers_right", "repeats"),
}


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Settings of an engine that is there everywhere: the built-in one, without its detector."""
    monkeypatch.setenv("VIDEO_COMMENTARY_MODELS", str(tmp_path / "models"))
    return ["voice:=none"]


@pytest.mark.usefixtures("labelled_set")
def test_a_set_is_measured(
    labelled_set: Path, tmp_path: Path, light: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    out, said = tmp_path / "eval.json", tmp_path / "said"
    options = ["--clip", "walker", "--out", str(out), "--responses", str(said), "--sentences"]
    assert main([str(labelled_set), *options, *light]) == 0
    rows = json.loads(out.read_text())
    assert list(rows) == ["walker", "all"]
    assert rows["walker"] == rows["all"] and set(rows["all"]) == KEYS
    printed = capsys.readouterr().out
    assert "| walker " in printed and "| all " in printed
    comments = json.loads((said / "walker.json").read_text())
    assert len(comments) >= rows["all"]["sentences"] > 0
    for comment in comments:
        assert set(comment) == {"text", "start", "end"} and comment["start"] < comment["end"]
        assert comment["text"] in printed
    assert max(comment["start"] for comment in comments) <= 18.0


def test_questions_are_asked_unless_not_wanted(
    labelled_set: Path, tmp_path: Path, light: list[str]
) -> None:
    (tmp_path / "labels.yaml").write_text(
        "a:\n  file: a.mp4\n  duration: 2.0\n  events: []\n"
        "  questions: [{t: 1.0, q: Is anyone there, a: [NONE, CANT_TELL]}]\n"
    )
    write_video(tmp_path / "a.mp4", frames=20)
    out = tmp_path / "eval.json"
    assert main([str(tmp_path), "--out", str(out), *light]) == 0
    assert json.loads(out.read_text())["a"]["answers_right"] == 1.0
    assert main([str(tmp_path), "--out", str(out), "--no-questions", *light]) == 0
    assert json.loads(out.read_text())["a"]["answers_right"] is None


@pytest.mark.parametrize(
    ("labels", "more", "said"),
    [
        ("a:\n  duration: x\n  events: []\n", [], "clip a, line 2: duration"),
        ("a: {duration: 1, events: []}\n", [], "clip a: file: no video"),
        ("a: {duration: 1, events: []}\n", ["--clip", "b"], "no clip b in"),
        ("a: {duration: 1, events: [], file: b.mp4}\n", [], "b.mp4"),
        ("a: {duration: 1, events: [], file: ok.mp4}\n", ["profile:=x"], "profile: 'x'"),
        ("a: {duration: 1, events: [], file: ok.mp4}\n", ["engine:=x"], "engine"),
        ("a: {duration: 1, events: [], file: ok.mp4}\n", ["--out", "no/such/f"], "no such folder"),
    ],
)
def test_a_mistake_ends_it_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], labels: str, more: list[str], said: str
) -> None:
    (tmp_path / "labels.yaml").write_text(labels)
    (tmp_path / "ok.mp4").touch()
    assert main([str(tmp_path), *more]) == 2
    error = capsys.readouterr().err
    assert error.startswith("evaluate: ") and said in error


def test_a_missing_label_file_ends_it_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 2
    assert str(tmp_path / "labels.yaml") in capsys.readouterr().err


def test_a_video_that_cant_be_read_ends_it_with_1(
    tmp_path: Path, light: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "labels.yaml").write_text("a: {duration: 1, events: []}\n")
    (tmp_path / "a.mp4").write_bytes(b"no video")
    assert main([str(tmp_path), *light]) == 1
    assert "a.mp4" in capsys.readouterr().err
