"""What a start reads early. Torch is imported in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from test.engines.minicpmo.conftest import DATA
from video_commentary.engines.minicpmo import preload
from video_commentary.engines.minicpmo.config import VOCODER_FOLDER, checkpoint_files
from video_commentary.engines.minicpmo.preload import read_ahead

ROOT = Path(__file__).resolve().parents[3]


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_torch_is_loaded_natively_before_it_is_imported() -> None:
    assert (
        run(
            "import sys\n"
            "from pathlib import Path\n"
            "from video_commentary.engines.minicpmo.preload import preload_torch\n"
            "preload_torch()\n"
            "assert 'torch' not in sys.modules\n"
            "assert 'libtorch_cpu.so' in Path('/proc/self/maps').read_text()\n"
            "import torch\n"
            "print(int(torch.ones(3).sum()))"
        )
        == "3"
    )


def test_the_engine_does_not_import_torchs_compiler() -> None:
    assert (
        run(
            "import sys\n"
            "from test.engines.minicpmo.test_engine import a_request, said, started\n"
            f"assert said(started(__import__('pathlib').Path({str(DATA / 'checkpoint')!r})), "
            "a_request())\n"
            "import torch\n"
            "from video_commentary.engines.minicpmo.speech.vocoder_loader import load_flow\n"
            f"load_flow(__import__('pathlib').Path({str(DATA / 'token2wav')!r}), "
            "torch.device('cpu'), torch.float32)\n"
            "print([name for name in ('torch._dynamo', 'torch._inductor', 'sympy') "
            "if name in sys.modules])"
        )
        == "[]"
    )


def test_the_files_are_read_ahead_in_the_order_of_their_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("model-00001.safetensors", "model-00002.safetensors", "config.json")
    (tmp_path / VOCODER_FOLDER).mkdir(parents=True)
    for name in (*names, VOCODER_FOLDER / "flow.pt"):
        (tmp_path / name).write_bytes(b"weights")
    asked: list[str] = []

    def advise(file: int, start: int, length: int, advice: int) -> None:
        asked.append(Path(f"/proc/self/fd/{file}").readlink().name)

    monkeypatch.setattr(os, "posix_fadvise", advise)
    # hift.pt is missing: what loads it reports that
    read_ahead(checkpoint_files(str(tmp_path))).join(10)
    assert asked == ["model-00001.safetensors", "model-00002.safetensors", "flow.pt"]


def test_with_little_memory_nothing_is_read_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.safetensors").write_bytes(bytes(1000))
    monkeypatch.setattr(preload, "available_memory", lambda: 1000)
    monkeypatch.setattr(os, "posix_fadvise", lambda *_: pytest.fail("it was read"))
    thread = read_ahead(checkpoint_files(str(tmp_path)))
    thread.join(10)
    assert not thread.is_alive()


def test_without_a_model_there_is_nothing_to_read_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEO_COMMENTARY_MODELS", str(tmp_path))
    assert checkpoint_files("") == []
