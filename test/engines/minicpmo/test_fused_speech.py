"""The fused vocoder and encoder on a CPU, in Triton's interpreter."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .interpreted_speech import CHECKS
from .interpreting import failures_in


@pytest.fixture(scope="module")
def failures() -> dict[str, str]:
    """The checks that failed in the interpreter."""
    return failures_in("interpreted_speech")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_fused_modules_compute_what_the_plain_ones_do(
    failures: dict[str, str], check: Callable[[], None]
) -> None:
    assert check.__name__ not in failures, failures[check.__name__]
