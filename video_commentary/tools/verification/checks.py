"""The table of checks: a further one is one more entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...core.engine import EngineError
from . import (
    answer_checks,
    config_checks,
    file_checks,
    hearing_checks,
    kernel_checks,
    machine_checks,
    sound_checks,
    speed_checks,
    upstream_checks,
    weight_checks,
)
from .check import CheckOutcome, CheckVerdict, ModelCheck, NotCheckedError

if TYPE_CHECKING:
    from .model_under_test import ModelUnderTest

CHECKS = (
    ModelCheck("software", machine_checks.check_software),
    ModelCheck("GPU", machine_checks.check_gpu),
    ModelCheck("files", file_checks.check_files),
    ModelCheck("config", config_checks.check_config),
    ModelCheck("dtypes", file_checks.check_dtypes),
    ModelCheck("weights", weight_checks.check_weights),
    ModelCheck("tokenizer", file_checks.check_tokenizer),
    # before the model is loaded, while there is room for their own copies
    ModelCheck("kernels", kernel_checks.check_kernels),
    ModelCheck("vision", kernel_checks.check_vision),
    ModelCheck("hearing", hearing_checks.check_hearing),
    ModelCheck("load", answer_checks.check_load),
    ModelCheck("kernel plan", answer_checks.check_kernel_choice),
    ModelCheck("answer", answer_checks.check_answer),
    ModelCheck("added tokens", answer_checks.check_added_tokens),
    ModelCheck("language", answer_checks.check_language),
    ModelCheck("repetition", answer_checks.check_repetition),
    ModelCheck("voice", sound_checks.check_voice),
    ModelCheck("sound", sound_checks.check_sound),
    ModelCheck("decode", speed_checks.check_decode),
    ModelCheck("latency", speed_checks.check_latency),
    ModelCheck("memory", speed_checks.check_memory),
    # last: the model is released, so that upstream's has room
    ModelCheck("upstream ids", upstream_checks.check_upstream_text),
    ModelCheck("upstream mel", upstream_checks.check_upstream_sound),
)


@dataclass(frozen=True)
class CheckedRow:
    """A check and its outcome."""

    name: str
    outcome: CheckOutcome


def run_checks(model: ModelUnderTest) -> Iterator[CheckedRow]:
    """Run every check, one after the other; yield each row as it is known."""
    for check in CHECKS:
        yield CheckedRow(check.name, run_check(check, model))


def run_check(check: ModelCheck, model: ModelUnderTest) -> CheckOutcome:
    """Run one check; whatever it raises becomes its outcome."""
    try:
        return check.run(model)
    except NotCheckedError as error:
        return CheckOutcome(CheckVerdict.SKIP, str(error))
    except EngineError as error:
        return CheckOutcome(CheckVerdict.FAIL, str(error))
    except Exception as error:  # noqa: BLE001 - one check must not end the others
        first = next(iter(str(error).splitlines()), "")
        return CheckOutcome(
            CheckVerdict.FAIL, f"unexpected {type(error).__name__}: {first}", "send the report"
        )
