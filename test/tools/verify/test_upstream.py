"""verify --against, with an environment that speaks upstream's API."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from video_commentary.tools import verify
from video_commentary.tools.verification import upstream_checks
from video_commentary.tools.verification.check import CheckVerdict

from .running import outcome_of, under_test

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def upstream_python(tmp_path: Path) -> Path:
    """A Python that has the fake upstream, as an environment of its own would."""
    path = tmp_path / "upstream-python"
    places = f"{Path(__file__).parent / 'fake_upstream'}:{ROOT}"
    threads = "OMP_NUM_THREADS=1"  # tiny matrices: more threads only wait for each other
    path.write_text(f'#!/bin/sh\n{threads} PYTHONPATH={places} exec {sys.executable} "$@"\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def short_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two chunks for the vocoder, where the user's comparison has four."""
    monkeypatch.setattr(upstream_checks, "SENTENCE_CODES", 26)


@pytest.mark.timeout(300)  # a second process with torch, and a vocoder on a CPU
@pytest.mark.usefixtures("short_sentence")
def test_the_same_ids_and_a_like_mel(speaking_copy: Path, upstream_python: Path) -> None:
    model = under_test(
        speaking_copy,
        speak=True,
        upstream_python=upstream_python,
        upstream_model=speaking_copy,
    )
    ids = outcome_of("upstream ids", model)
    assert ids.verdict is CheckVerdict.OK, ids
    assert "32 greedy ids are the same" in ids.found
    mel = outcome_of("upstream mel", model)
    assert mel.verdict is CheckVerdict.OK, mel
    difference = mel.figures["difference"]
    assert isinstance(difference, float) and difference > 0


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("short_sentence")
def test_another_text_and_noise_for_sound_fail(speaking_copy: Path, upstream_python: Path) -> None:
    (speaking_copy / "fake.json").write_text(json.dumps({"text": "else", "noise": -1}))
    model = under_test(
        speaking_copy, speak=True, upstream_python=upstream_python, upstream_model=speaking_copy
    )
    ids = outcome_of("upstream ids", model)
    assert ids.verdict is CheckVerdict.FAIL
    assert ids.figures["same"] == 0
    assert outcome_of("upstream mel", model).verdict is CheckVerdict.FAIL


def test_what_upstream_raises_is_in_the_row(copy: Path, upstream_python: Path) -> None:
    (copy / "fake.json").write_text(json.dumps({"error": "no autoawq"}))
    model = under_test(copy, upstream_python=upstream_python, upstream_model=copy)
    found = outcome_of("upstream ids", model)
    assert found.verdict is CheckVerdict.FAIL
    assert "RuntimeError: no autoawq" in found.found
    assert outcome_of("upstream mel", model).verdict is CheckVerdict.SKIP


def test_an_environment_that_does_not_start_is_named(copy: Path, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'No module named transformers' >&2; exit 1\n")
    broken.chmod(0o755)
    model = under_test(copy, upstream_python=broken, upstream_model=copy)
    assert "status 1: No module named transformers" in outcome_of("upstream ids", model).found
    assert outcome_of("upstream mel", model).found == "needs upstream's answer"


def test_no_secret_reaches_upstream(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    spy = tmp_path / "python"
    spy.write_text('#!/bin/sh\necho "token:$HF_TOKEN offline:$HF_HUB_OFFLINE" >&2; exit 1\n')
    spy.chmod(0o755)
    model = under_test(copy, upstream_python=spy, upstream_model=copy)
    assert "token: offline:1" in outcome_of("upstream ids", model).found


def test_nothing_runs_without_consent(
    copy: Path, upstream_python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(copy), "--device", "cpu", "--against", str(upstream_python)]
    assert verify.main([str(copy), "--against", "no-such-python"]) == 2
    assert "no program no-such-python" in capsys.readouterr().err
    assert verify.main(words) == 2
    assert "has no modeling_minicpmo.py" in capsys.readouterr().err
    (copy / "modeling_minicpmo.py").touch()
    assert verify.main(words) == 2
    assert "--trust-remote-code" in capsys.readouterr().err


@pytest.mark.parametrize(("typed", "agreed"), [("yes\n", True), ("\n", False), ("no\n", False)])
def test_on_a_terminal_it_asks(
    typed: str, agreed: bool, copy: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return typed

    (copy / "modeling_minicpmo.py").touch()
    ran = []

    def check(*arguments: object) -> int:
        ran.append(arguments)
        return 0

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(verify, "_check", check)
    monkeypatch.chdir(tmp_path)
    status = verify.main([str(copy), "--against", sys.executable])
    assert (status == 0, bool(ran)) == (agreed, agreed)
