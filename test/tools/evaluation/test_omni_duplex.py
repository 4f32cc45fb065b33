"""Files for Omni-DuplexEval's scorer, in the layout that its README describes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from test.tools.narration.recordings import SETTINGS
from test.videos import write_video
from video_commentary.tools.evaluation import omni_duplex


class Rows(list[dict[str, Any]]):
    """A split of a data set: what `datasets` returns, as far as it is used."""

    def cast_column(self, name: str, feature: object) -> Rows:
        assert (name, feature) == ("video", "not decoded")
        return self


@pytest.fixture
def dataset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data set whose videos are given by path and by bytes, and an engine without weights."""
    video = write_video(tmp_path / "v.mp4", frames=40)
    rows: list[dict[str, Any]] = [
        {"id": 7, "question_text": "Say when it moves.", "video": {"path": str(video)}},
        {"id": "b", "question_text": "Say all.", "video": {"bytes": video.read_bytes()}},
    ]
    asked: list[tuple[str, str]] = []

    def load_dataset(name: str, split: str) -> Rows:
        asked.append((name, split))
        return Rows(rows if split == "RTD_OCR" else [])

    module = SimpleNamespace(load_dataset=load_dataset, Video=lambda decode: "not decoded")
    monkeypatch.setitem(sys.modules, "datasets", module)
    monkeypatch.setenv("VIDEO_COMMENTARY_MODELS", str(tmp_path / "models"))
    return tmp_path


def test_every_row_gets_its_file(dataset: Path) -> None:
    out = dataset / "out"
    assert omni_duplex.main(["some/name", str(out), "voice:=none"]) == 0
    assert {path.name for path in out.iterdir()} == set(omni_duplex.SPLITS)
    files = sorted((out / "RTD_OCR").iterdir())
    assert [path.name for path in files] == ["7.json", "b.json"]
    said = json.loads(files[0].read_text())
    assert said
    for segment in said:
        assert isinstance(segment["text"], str) and segment["text"]
        assert 0 <= segment["start"] < segment["end"]


def test_what_is_there_is_kept(dataset: Path) -> None:
    kept = dataset / "out" / "RTD_OCR" / "7.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("[]")
    words = ["some/name", str(dataset / "out"), "voice:=none", "--split", "RTD_OCR"]
    assert omni_duplex.main(words) == 0
    assert kept.read_text() == "[]" and (kept.parent / "b.json").exists()


def test_an_id_cant_lead_out_of_the_folder(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"id": "../x", "question_text": "", "video": {}}]
    with pytest.raises(ValueError, match="not fit for a file's name"):
        omni_duplex.watch(rows, tmp_path / "out", SETTINGS)


def test_without_datasets_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    assert omni_duplex.main(["some/name", str(tmp_path)]) == 1
    assert "pip install datasets" in capsys.readouterr().err
