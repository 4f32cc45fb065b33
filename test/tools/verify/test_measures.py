"""What the checks compute: levels of sound, loops, errors of layers, bounds, the report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from bench.random_model import RandomTensors, published_config
from video_commentary.core.audio import AudioFormat, Pcm, to_int16
from video_commentary.core.engine import EngineError
from video_commentary.engines.minicpmo.checkpoint import Checkpoint
from video_commentary.engines.minicpmo.config import read_config
from video_commentary.engines.minicpmo.hearing.hearing import FORMAT, load_hearing
from video_commentary.engines.minicpmo.language.qwen3 import Qwen3
from video_commentary.tools.verification import machine_checks, report
from video_commentary.tools.verification.answer_checks import repeated_phrase
from video_commentary.tools.verification.check import (
    CheckOutcome,
    CheckVerdict,
    ModelCheck,
    NotCheckedError,
    ok,
)
from video_commentary.tools.verification.checks import CHECKS, CheckedRow, run_check
from video_commentary.tools.verification.gpu_specs import GpuSpecs
from video_commentary.tools.verification.hearing_checks import compare_hearing
from video_commentary.tools.verification.kernel_checks import (
    TOWER_LIMITS,
    compare_models,
    relative,
)
from video_commentary.tools.verification.layer_sample import load_layer
from video_commentary.tools.verification.lower_bounds import model_cost
from video_commentary.tools.verification.model_under_test import MadeOnce, ModelUnderTest
from video_commentary.tools.verification.sound_checks import measure_levels, sound_problem
from video_commentary.tools.verification.weight_checks import rows_look_random

from .running import under_test

RATE = 24_000
RTX_4090 = GpuSpecs(1008e9, 165e12, measured=False)
CPU = torch.device("cpu")


def levels_problem(wave: NDArray[np.float64], words: int) -> str:
    return sound_problem(measure_levels(Pcm(to_int16(wave), AudioFormat(RATE))), words)


def test_speech_of_a_usual_level_is_fine() -> None:
    wave = 0.2 * np.sin(np.linspace(0, 2000, 2 * RATE))
    assert levels_problem(wave, words=5) == ""


@pytest.mark.parametrize(
    ("wave", "words", "problem"),
    [
        (np.zeros(2 * RATE), 5, "silence"),
        (1e-3 * np.ones(2 * RATE), 5, "silence"),
        (np.r_[0.5 * np.ones(RATE // 2), np.zeros(2 * RATE)], 5, "silence"),
        (np.sign(np.sin(np.linspace(0, 2000, 2 * RATE))), 5, "clipped"),
        (0.2 * np.ones(RATE // 10), 1, "too short"),
        (0.2 * np.ones(10 * RATE), 2, "0.2 words a second"),
    ],
)
def test_sound_that_is_no_speech_is_named(
    wave: NDArray[np.float64], words: int, problem: str
) -> None:
    assert levels_problem(wave, words) == problem


def test_a_loop_is_a_phrase_three_times() -> None:
    assert repeated_phrase("the robot lifts the cup " * 3) != ""
    assert repeated_phrase("the robot lifts the cup " * 2) == ""
    assert repeated_phrase("") == ""


def test_rows_of_a_trained_vocabulary_are_not_taken_for_noise() -> None:
    noise = torch.randn(2000, 256)
    assert rows_look_random(noise)
    assert not rows_look_random(noise * torch.linspace(0.5, 1.5, 2000)[:, None])


def one_layer(folder: Path, layer: int = 1) -> Qwen3:
    return load_layer(Checkpoint(folder, CPU), read_config(folder), layer, torch.float32, 9)


@pytest.mark.parametrize("name", ["checkpoint", "checkpoint_awq"])
def test_layers_that_compute_the_same_differ_by_nothing(parity: Path, name: str) -> None:
    rows = torch.randn(9, 256)
    errors = compare_models(one_layer(parity / name), one_layer(parity / name), rows)
    assert max(errors.values()) < 1e-5
    assert any("GEMM" in key for key in errors) == ("awq" in name)


def test_another_layer_and_wrong_kernels_are_found(parity: Path) -> None:
    folder, rows = parity / "checkpoint", torch.randn(9, 256)
    errors = compare_models(one_layer(folder, 0), one_layer(folder, 1), rows)
    assert errors["prefill, 16 bits"] > 0.05 and errors["decode, 16 bits"] > 0.05
    assert errors["lm_head, 16 bits"] == 0
    ours = one_layer(folder)
    ours.decoder.layers[0].weights.input_layernorm.weight.fill_(float("nan"))
    assert compare_models(ours, one_layer(folder), rows)["decode, 16 bits"] == float("inf")


def test_the_bounds_of_a_4090_are_those_of_the_documentation() -> None:
    config = published_config()
    for awq, tokens in ((True, 203), (False, 66)):
        cost = model_cost(RandomTensors(config, awq, CPU), config)
        assert 1 / cost.decode_seconds(RTX_4090, 700) == pytest.approx(tokens, rel=0.02)
        assert cost.vision_flops == pytest.approx(1.06e12, rel=0.1)
        assert cost.linear_flops * 700 == pytest.approx(9.7e12, rel=0.02)
    first = cost.first_word_seconds(RTX_4090, 4, 600)
    assert cost.first_sound_seconds(RTX_4090, 4, 600) > first > cost.prefill_seconds(RTX_4090, 600)


def test_an_unknown_card_has_bounds_from_its_bandwidth_alone() -> None:
    config = published_config()
    cost = model_cost(RandomTensors(config, True, CPU), config)
    assert cost.first_word_seconds(GpuSpecs(1e12, 0.0, measured=True), 4, 600) > 0


def test_the_pair_that_was_measured_is_the_one_we_lock() -> None:
    text = (Path(__file__).parents[3] / "requirements" / "measured.txt").read_text()
    assert f"torch=={machine_checks.MEASURED_TORCH}.*" in text
    assert f"Triton {machine_checks.MEASURED_TRITON} " in text


def test_the_names_of_the_checks_are_unique() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)


def test_whatever_a_check_raises_becomes_its_row(copy: Path) -> None:
    def raising(error: Exception) -> CheckOutcome:
        def run(model: ModelUnderTest) -> CheckOutcome:
            raise error

        return run_check(ModelCheck("x", run), under_test(copy))

    assert raising(NotCheckedError("no GPU")).verdict is CheckVerdict.SKIP
    assert raising(EngineError("no model: fetch it")).found == "no model: fetch it"
    broken = raising(ZeroDivisionError("by zero\nand more"))
    assert broken.verdict is CheckVerdict.FAIL
    assert broken.found == "unexpected ZeroDivisionError: by zero"


def test_what_could_not_be_made_is_tried_once() -> None:
    tries = []

    def make() -> int:
        tries.append(1)
        raise EngineError("no")

    made = MadeOnce("the loaded model", make)
    with pytest.raises(EngineError):
        made()
    with pytest.raises(NotCheckedError, match="needs the loaded model"):
        made()
    assert len(tries) == 1


def test_a_row_is_cut_to_three_lines_and_the_report_has_all(tmp_path: Path) -> None:
    row = CheckedRow("answer", ok("word " * 100, tokens=3, error=float("inf")))
    assert len(report.render_row(row).plain.splitlines()) == 3
    assert all(len(line) <= 80 for line in report.render_row(row).plain.splitlines())
    path = tmp_path / "report.json"
    report.write_report(path, report.make_report([row], "awq", ["loaded"]))
    document = json.loads(path.read_text())
    assert document["checks"][0]["found"] == "word " * 100
    assert document["checks"][0]["figures"] == {"tokens": 3, "error": "inf"}
    assert document["log"] == ["loaded"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/home/jane/models/x.safetensors is damaged", "x.safetensors is damaged"),
        ("no model in /mnt/data/jane: fetch it", "no model in USER: fetch it"),
        ("/home/jane can't be read", "USER can't be read"),
        ("jane@robot7: 90 tokens/s", "USER@HOST: 90 tokens/s"),
        ("~/a, see https://host.org/a/b", "~/a, see https://host.org/a/b"),
        ("janes robot71", "janes robot71"),
    ],
)
def test_names_and_folders_are_left_out(text: str, left: str) -> None:
    words = {"jane": "USER", "robot7": "HOST"}
    assert report.scrub({"a": [text]}, words) == {"a": [left]}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_hearing_in_16_bits_is_near_float32(parity: Path, dtype: torch.dtype) -> None:
    folder = parity / "checkpoint"
    errors = compare_hearing(folder, read_config(folder), CPU, dtype)
    assert errors.keys() == {"whole", "second by second"}
    assert 0 < max(errors.values()) < TOWER_LIMITS[dtype]


def test_wrong_hearing_is_found(parity: Path) -> None:
    folder = parity / "checkpoint"
    config = read_config(folder)
    assert config.hearing is not None
    wrong = replace(config, hearing=replace(config.hearing, num_heads=1))
    noise = np.random.default_rng(0).normal(0, 3000, 32_000).astype(np.int16)
    made = []
    for each in (config, wrong):
        hearing = load_hearing(Checkpoint(folder, CPU), each, torch.float32, None)
        made.append(hearing.encode(Pcm(noise, FORMAT)))
    assert made[0] is not None and made[1] is not None
    assert relative(made[1], made[0]) > TOWER_LIMITS[torch.float16]
