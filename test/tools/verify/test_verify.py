"""The whole command on the tiny checkpoints, whole and damaged."""

from __future__ import annotations

import socket
from importlib import util
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from video_commentary.config.paths import share_dir
from video_commentary.core.audio import read_wav
from video_commentary.engines.minicpmo import gpu_driver
from video_commentary.tools import verify
from video_commentary.tools.verification.check import CheckVerdict
from video_commentary.tools.verification.checks import CHECKS

from .conftest import change_tensors, make_uneven
from .running import outcome_of, run_verify, under_test

GPU_ONLY = {"GPU", "kernels", "vision", "hearing", "kernel plan", "latency", "memory"}
ON_REQUEST = {"upstream ids", "upstream mel"}


def test_a_whole_checkpoint_passes(
    speaking_copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run_verify(speaking_copy, capsys, out=tmp_path)
    assert done.status == 0
    verdicts = done.verdicts()
    assert list(verdicts) == [check.name for check in CHECKS]
    assert {name for name, verdict in verdicts.items() if verdict == "skip"} - {
        "repetition"
    } == GPU_ONLY | ON_REQUEST
    assert "nothing failed" in done.screen
    sound = read_wav(tmp_path / "said.wav")
    assert sound.format.rate == 24_000
    assert done.row("sound")["figures"]["seconds"] == pytest.approx(sound.duration, abs=0.01)
    assert done.row("answer")["figures"]["ids"]


def test_it_fits_on_one_screen_and_names_nobody(
    speaking_copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run_verify(speaking_copy, capsys, "--no-voice", out=tmp_path)
    lines = done.screen.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    text = (tmp_path / "report.json").read_text()
    assert str(tmp_path) not in text and str(Path.home()) not in text
    assert socket.gethostname() not in text
    assert done.report["model"] == "model"


def test_random_weights_are_told_apart(
    awq_copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = run_verify(awq_copy, capsys, "--no-voice", out=tmp_path)
    assert done.status == 0
    for name in ("weights", "answer"):
        assert done.row(name)["verdict"] == "warn"
        assert "random weights?" in done.row(name)["found"]


def test_gibberish_of_weights_that_look_trained_fails(copy: Path) -> None:
    make_uneven(copy)
    model = under_test(copy)
    assert outcome_of("weights", model).verdict is CheckVerdict.OK
    assert outcome_of("answer", model).verdict is CheckVerdict.WARN
    assert outcome_of("language", model).verdict is CheckVerdict.FAIL


def test_a_truncated_file_is_one_failure_and_the_rest_is_skipped(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = copy / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-5000])
    done = run_verify(copy, capsys, "--no-voice", out=tmp_path)
    assert done.status == 1
    assert "model.safetensors lacks its last 5,000 of" in done.row("files")["found"]
    assert done.row("weights")["verdict"] == "fail"
    assert done.row("answer") == {
        "name": "answer",
        "verdict": "skip",
        "found": "needs the loaded model",
        "remedy": "",
        "figures": {},
    }


def test_nan_in_the_weights_is_found_by_name(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "llm.model.layers.1.mlp.up_proj.weight"

    def change(tensors: dict[str, Tensor]) -> None:
        tensors[name][3, 5] = float("nan")

    change_tensors(copy, change)
    done = run_verify(copy, capsys, "--no-voice", out=tmp_path)
    assert done.status == 1
    assert done.row("weights")["figures"]["wrong"] == {name: "NaN or infinity"}
    assert "NaN or infinity" in done.row("load")["found"]


def test_a_hole_in_the_weights_is_found(copy: Path) -> None:
    name = "llm.model.layers.0.self_attn.q_proj.weight"
    change_tensors(copy, lambda tensors: tensors[name].zero_())
    found = outcome_of("weights", under_test(copy))
    assert found.verdict is CheckVerdict.FAIL
    assert f"{name}: all zeros" in found.found


def test_a_missing_vocoder_file_fails_the_voice_only(
    speaking_copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (speaking_copy / "assets" / "token2wav" / "flow.pt").unlink()
    done = run_verify(speaking_copy, capsys, out=tmp_path)
    assert done.status == 1
    assert "flow.pt can't be read" in done.row("voice")["found"]
    assert done.row("sound")["verdict"] == "skip"
    assert done.row("answer")["verdict"] == "warn"


def test_scales_of_another_dtype_fail(
    awq_copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(tensors: dict[str, Tensor]) -> None:
        for name in [name for name in tensors if name.endswith(".scales")]:
            tensors[name] = tensors[name].to(torch.bfloat16)

    change_tensors(awq_copy, change)
    done = run_verify(awq_copy, capsys, "--no-voice", out=tmp_path)
    assert done.status == 1
    assert "BF16, not F16" in done.row("dtypes")["found"]
    assert done.row("load")["verdict"] == "fail"


def test_a_gpu_that_torch_does_not_see_fails_and_the_files_are_checked_all_the_same(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = tmp_path / "version"
    driver.write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  560.35.03  Fri Aug 16\n")
    monkeypatch.setattr(gpu_driver, "DRIVER_FILE", driver)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    model = under_test(copy, device="auto")
    found = outcome_of("GPU", model)
    assert found.verdict is CheckVerdict.FAIL
    assert "560.35.03" in found.found and "cu126" in found.found
    assert "tensors finite" in outcome_of("weights", model).found
    for name in ("kernels", "load", "answer"):
        assert outcome_of(name, model).verdict is CheckVerdict.SKIP


def test_without_a_checkpoint_it_cannot_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_COMMENTARY_MODELS", str(tmp_path))
    for name in ("awq", str(tmp_path / "nothing")):
        assert verify.main([name]) == 2
        assert "fetch_model awq" in capsys.readouterr().err
    assert verify.main(["builtin"]) == 2
    assert "awq, bf16 or a folder" in capsys.readouterr().err


def test_what_cannot_work_is_said_at_once(
    copy: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert verify.main([str(copy), "--report", str(tmp_path / "none" / "report.json")]) == 2
    assert "can't be written" in capsys.readouterr().err
    monkeypatch.setattr(verify, "find_spec", lambda name: None if name == "torch" else util)
    assert verify.main([str(copy)]) == 2
    assert "pip install -r requirements/minicpmo.txt" in capsys.readouterr().err


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["checkpoint", "checkpoint_awq"])
def test_on_a_gpu_the_kernels_agree_and_all_is_measured(parity: Path, name: str) -> None:
    model = under_test(parity / name, device="cuda")
    for check in ("weights", *sorted(GPU_ONLY), "answer", "decode"):
        found = outcome_of(check, model)
        assert found.verdict in (CheckVerdict.OK, CheckVerdict.WARN), (check, found)


def test_the_picture_is_small_and_has_a_licence() -> None:
    folder = share_dir() / "models" / "verify"
    assert (folder / "picture.jpg").stat().st_size < 100_000
    with Image.open(folder / "picture.jpg") as picture:
        assert picture.size == (640, 360)
    assert "MIT License" in (folder / "LICENSE").read_text()
