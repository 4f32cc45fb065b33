"""What git checks before a commit, installed by `make hooks`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HOOK = "scripts/commit_subject.sh"


@pytest.mark.parametrize(
    ("message", "passes"),
    [
        ("Rename Port to RobotGateway\n\nBecause " + "it is " * 20, True),
        ("x" * 60, True),
        ("x" * 61, False),
        ("ü" * 60, True),  # characters, not bytes
        ("\n# a comment\n" + "x" * 61, False),
        ("Merge branch '" + "x" * 60 + "'", True),
        ("# only comments: git itself refuses that", True),
    ],
)
def test_long_subjects_are_refused(tmp_path: Path, message: str, passes: bool) -> None:
    file = tmp_path / "message"
    file.write_text(message + "\n", encoding="utf-8")
    done = subprocess.run([ROOT / HOOK, file], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is passes
    assert ("of at most 60" in done.stderr) is not passes


def test_git_runs_the_hooks(tmp_path: Path) -> None:
    beside = str(Path(sys.executable).parent)
    tool = shutil.which("pre-commit", path=beside) or shutil.which("pre-commit")
    if not (tool and shutil.which("git")):
        pytest.skip("pre-commit or git is not installed")
    (tmp_path / "scripts").mkdir()
    for name in (".pre-commit-config.yaml", HOOK):
        shutil.copy(ROOT / name, tmp_path / name)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    names = {
        f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    env = clean | names | {"PRE_COMMIT_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )

    assert run("git", "init", "-q").returncode == 0
    assert run(tool, "install").returncode == 0
    (tmp_path / "notes.txt").write_text("a note\n")
    run("git", "add", "notes.txt")
    refused = run("git", "commit", "-m", "x" * 61)
    assert refused.returncode != 0
    assert "of at most 60" in refused.stderr + refused.stdout
    taken = run("git", "commit", "-m", "Add a note")
    assert taken.returncode == 0, taken.stderr
