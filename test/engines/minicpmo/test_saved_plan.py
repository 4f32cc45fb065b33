"""The kernel plan is measured once for a GPU, its software and our kernels."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from video_commentary.core.load_progress import LoadProgress
from video_commentary.engines.minicpmo.kernels.plan import (
    DEFAULT_PLAN,
    INT4_GEMM_CONFIGS,
    INT4_GEMV_CONFIGS,
    KernelPlan,
    gemm_candidates,
)
from video_commentary.engines.minicpmo.language import autotune, saved_plan
from video_commentary.engines.minicpmo.language.autotune import candidates, plan_kernels
from video_commentary.engines.minicpmo.language.qwen3 import Qwen3
from video_commentary.engines.minicpmo.language.sampling import SamplingParams
from video_commentary.engines.minicpmo.language.saved_plan import plan_file, read_plan, save_plan

from .models import Parts

PACKAGE = "video_commentary.engines.minicpmo"
OTHER = KernelPlan(gemv=INT4_GEMV_CONFIGS[1], gemm=INT4_GEMM_CONFIGS[0])


@pytest.fixture(scope="module")
def qwen3(parity: Path) -> Qwen3:
    """The tiny language model with INT4 weights."""
    return Parts(parity / "checkpoint_awq").qwen3


@pytest.fixture
def on_a_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the model on the CPU look like one on a GPU where a plan is chosen."""
    pytest.importorskip("triton")
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path / "kernels"))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "a card")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (8, 9))
    monkeypatch.setattr(autotune, "has_choice", lambda _: True)


@pytest.fixture
def measured(on_a_gpu: None, monkeypatch: pytest.MonkeyPatch) -> list[KernelPlan]:
    """The plans that were measured: always OTHER."""
    found: list[KernelPlan] = []

    def tune(*_: object) -> KernelPlan:
        found.append(OTHER)
        return OTHER

    monkeypatch.setattr(autotune, "tune_kernels", tune)
    return found


def plan(model: Qwen3, *, saved: bool) -> KernelPlan:
    return plan_kernels(model, SamplingParams(), [], LoadProgress(), saved=saved)


def test_a_plan_is_measured_at_the_first_start_only(
    qwen3: Qwen3, measured: list[KernelPlan], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert [plan(qwen3, saved=True) for _ in range(3)] == [OTHER] * 3
    assert len(measured) == 1
    assert "GEMM of 64 x 128; decode with INT4: 8 outputs a program" in caplog.text


def test_a_plan_is_measured_again_if_it_is_not_to_be_kept(
    qwen3: Qwen3, measured: list[KernelPlan]
) -> None:
    assert [plan(qwen3, saved=saved) for saved in (True, False, False)] == [OTHER] * 3
    assert len(measured) == 3


def test_the_plan_of_another_card_or_other_kernels_does_not_count(
    qwen3: Qwen3, on_a_gpu: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = [plan_file(qwen3), plan_file(qwen3)]
    assert files[0] == files[1] and files[0].is_relative_to(tmp_path)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "another card")
    files.append(plan_file(qwen3))
    monkeypatch.setattr(torch, "__version__", "9.9.9")
    files.append(plan_file(qwen3))
    kernels = tmp_path / "sources"
    kernels.mkdir()
    (kernels / "__init__.py").touch()
    monkeypatch.setattr(f"{PACKAGE}.kernels.__file__", str(kernels / "__init__.py"))
    files.append(plan_file(qwen3))
    (kernels / "gemv.py").write_text("BLOCK = 16\n")
    files.append(plan_file(qwen3))
    assert len(set(files)) == 5


def test_plans_are_kept_in_the_users_cache_unless_tritons_kernels_were_moved(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TRITON_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert saved_plan.plans_folder() == tmp_path / "video_commentary" / "kernel_plans"
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path / "triton"))
    assert saved_plan.plans_folder() == tmp_path / "triton" / "kernel_plans"


@pytest.mark.parametrize("kept", [DEFAULT_PLAN, OTHER])
def test_what_is_saved_is_read(kept: KernelPlan, tmp_path: Path) -> None:
    file = tmp_path / "new" / "plan.json"
    save_plan(file, kept)
    assert read_plan(file) == kept
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[1]",
        '{"gemv": 1, "gemm": null}',
        json.dumps(asdict(OTHER)).replace('"block_n": 8', '"block_n": 7'),
    ],
)
def test_a_damaged_or_unknown_plan_is_none(content: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    assert read_plan(file) is None
    file.write_text(content)
    assert read_plan(file) is None


def test_a_plan_that_cannot_be_saved_is_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    (tmp_path / "file").touch()
    save_plan(tmp_path / "file" / "plan.json", OTHER)
    assert "can't be saved" in caplog.text


def test_no_gemm_is_measured_on_a_hopper() -> None:
    assert gemm_candidates((9, 0)) == ()
    assert gemm_candidates((8, 9)) == INT4_GEMM_CONFIGS


@pytest.mark.parametrize("capability", [(8, 9), (9, 0)])
def test_what_is_compiled_is_what_is_measured(capability: tuple[int, int]) -> None:
    plans = candidates(capability)
    assert {plan.gemv for plan in plans} == set(INT4_GEMV_CONFIGS)
    assert {plan.gemm for plan in plans} == {None, *gemm_candidates(capability)}
