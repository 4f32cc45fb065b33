from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from video_commentary.config import paths

ROOT = Path(__file__).resolve().parents[2]


def test_a_checkout_serves_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIDEO_COMMENTARY_MODELS", raising=False)
    assert paths.source_tree() == ROOT
    assert paths.share_dir() == ROOT
    assert paths.models_dir() == ROOT / "models"


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VIDEO_COMMENTARY_MODELS", str(tmp_path))
    assert paths.models_dir() == tmp_path


def test_the_models_that_came_with_us_stay_in_reach(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VIDEO_COMMENTARY_MODELS", str(tmp_path))
    assert paths.model_file("catalogue.yaml") == ROOT / "models" / "catalogue.yaml"
    assert paths.model_file("absent/file") == tmp_path / "absent" / "file"
    (tmp_path / "catalogue.yaml").touch()
    assert paths.model_file("catalogue.yaml") == tmp_path / "catalogue.yaml"


def test_an_installed_copy_finds_its_share_and_a_cache(tmp_path: Path) -> None:
    package = tmp_path / "lib" / "python3" / "site-packages" / "video_commentary"
    (package / "config").mkdir(parents=True)
    shutil.copy(ROOT / "video_commentary" / "config" / "paths.py", package / "config")
    (package / "__init__.py").touch()
    (package / "config" / "__init__.py").touch()
    share = tmp_path / "share" / "video_commentary"
    share.mkdir(parents=True)
    code = "from video_commentary.config import paths; print(paths.share_dir(), paths.models_dir())"
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(package.parent)}
    found = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    ).stdout.split()
    assert found == [str(share), str(tmp_path / "cache" / "video_commentary" / "models")]
