"""The floor under what the built-in engine says, with its detector, on a scene known from code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from video_commentary.config.paths import models_dir
from video_commentary.engines.builtin.engine import MODEL_FILE
from video_commentary.tools.evaluate import main


@pytest.fixture
def detector() -> None:
    """Skip without the detector's weights."""
    if not (models_dir() / MODEL_FILE).is_file():
        pytest.skip("no detector weights: run fetch_model builtin")


@pytest.mark.usefixtures("detector")
def test_what_the_built_in_engine_says_is_true_and_worth_saying(
    labelled_set: Path, tmp_path: Path
) -> None:
    out = tmp_path / "eval.json"
    options = ["--clip", "scene", "--no-questions", "--out", str(out)]
    assert main([str(labelled_set), *options, "engine:=builtin", "voice:=none"]) == 0
    figures = json.loads(out.read_text())["scene"]
    assert figures["true"] >= 0.75
    assert figures["false"] <= 0.03
    assert figures["recall_3s"] >= 0.6
    assert figures["recall_10s"] >= 0.8
    assert figures["repeats"] == 0
    assert figures["quiet_words_per_minute"] <= 5
