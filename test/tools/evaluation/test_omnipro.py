"""The commentary cycle as OmniPro's evaluator drives a model: begin, observe, end."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from test.fakes import FakeEngine
from test.tools.narration.recordings import PROFILES, SETTINGS, image
from video_commentary.core.engine import EngineError, Request
from video_commentary.core.stamp import to_seconds
from video_commentary.tools.evaluation.omnipro import CommentarySession, main

_EVALUATOR = """
import json
import numpy as np
from models.streaming_base import StreamingModel

class OnlineEvaluator:
    def __init__(self, model, fps):
        assert isinstance(model, StreamingModel) and fps == 1.0
        self.model = model

    def evaluate(self, dataset, output_dir):
        for sample in dataset:
            self.model.begin(instruction=sample["question"], task_meta=sample)
            said = []
            for t in range(6):
                frame = np.full((48, 64, 3), 40 * t, np.uint8)
                raw = self.model.observe(frame=frame, t_sec=float(t), history=[], audio_chunk=None)
                said += [raw] if raw else []
            self.model.end()
            with open(f"{output_dir}/{sample['task']}.jsonl", "a") as out:
                out.write(json.dumps([self.model.name(), sample["id"], said]) + "\\n")
"""
_BASE = """
from abc import ABC, abstractmethod

class StreamingModel(ABC):
    @abstractmethod
    def name(self): ...
    @abstractmethod
    def begin(self, instruction, task_meta): ...
    @abstractmethod
    def observe(self, frame, t_sec, history, audio_chunk=None): ...
    @abstractmethod
    def end(self): ...
"""
_IO = """
import json

def load_benchmark(path, tasks):
    with open(path) as file:
        samples = json.load(file)
    return [s for s in samples if not tasks or s["task"] in tasks]
"""


def says_when(request: Request) -> list[object]:
    return [f"{request.prompt.instruction} {to_seconds(request.frames[-1].stamp):.0f}."]


def picture(second: float) -> NDArray[np.uint8]:
    return image(second)


def watch(session: CommentarySession, first: int = 0, seconds: int = 8) -> list[str | None]:
    session.begin("report", {})
    said = [session.observe(picture(t), float(t), []) for t in range(first, first + seconds)]
    session.end()
    return said


def test_what_is_said_comes_out_with_the_next_frame() -> None:
    engine = FakeEngine(says_when)
    said = watch(CommentarySession(engine, SETTINGS, PROFILES))
    assert said[0] is None
    assert said[1] == "report 0."
    later = [words for words in said[2:] if words]
    assert len(later) >= 2
    for second, words in enumerate(said):
        assert words is None or words == f"report {second - 1}."


def test_sessions_follow_one_another_with_the_same_engine() -> None:
    engine = FakeEngine(says_when)
    session = CommentarySession(engine, SETTINGS, PROFILES)
    assert watch(session) == watch(session, first=30)
    assert {frame.camera for frame in engine.looked} == {"camera 1", "camera 2"}
    assert engine.closed == 0


def test_an_engine_that_gives_up_is_no_silence() -> None:
    engine = FakeEngine(lambda _: [EngineError("no model: fetch it", retry=False)])
    session = CommentarySession(engine, SETTINGS, PROFILES)
    with pytest.raises(EngineError, match="no model: fetch it"):
        watch(session)
    session.end()


def test_a_frame_that_could_not_be_read_is_no_silence() -> None:
    session = CommentarySession(FakeEngine(), SETTINGS, PROFILES)
    session.begin("report", {})
    with pytest.raises(EngineError, match=r"no frame at 0\.0 s"):
        session.observe(None, 0.0, [])
    session.end()


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """A stand-in for the benchmark's repository, of our own, with its modules' names."""
    files = {
        "models/streaming_base.py": _BASE,
        "evaluators/online_evaluator.py": _EVALUATOR,
        "utils/io.py": _IO,
        "data/benchmark.json": json.dumps(
            [{"id": i, "task": f"task{i % 2}", "question": "Say what moves."} for i in range(4)]
        ),
    }
    for name, text in files.items():
        path = tmp_path / "checkout" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    before, paths = Path.cwd(), list(sys.path)
    yield tmp_path / "checkout"
    os.chdir(before)
    sys.path[:] = paths
    for name in [n for n in sys.modules if n.split(".")[0] in {"models", "evaluators", "utils"}]:
        del sys.modules[name]


def test_the_benchmarks_own_evaluator_is_run(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_COMMENTARY_MODELS", str(tmp_path / "models"))
    out = tmp_path / "out"
    out.mkdir()
    words = [str(checkout), str(out), "voice:=none", "--task", "task1", "--limit", "1"]
    assert main(words) == 0
    (line,) = (out / "task1.jsonl").read_text().splitlines()
    name, sample, said = json.loads(line)
    assert (name, sample) == ("video_commentary builtin", 1)
    assert said


def test_a_folder_without_the_benchmark_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path), str(tmp_path)]) == 2
    assert "no copy of OmniPro's repository" in capsys.readouterr().err
