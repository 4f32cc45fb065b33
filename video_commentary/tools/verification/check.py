"""One check of `verify`: what it found, whether that is good, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from .model_under_test import ModelUnderTest

Figure: TypeAlias = "str | int | float | bool | Sequence[Figure] | Mapping[str, Figure] | None"
"""A value of the report, as JSON has it."""


class CheckVerdict(Enum):
    """What a check concluded; only FAIL makes the exit status 1."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"
    SKIP = "skip"


@dataclass(frozen=True)
class CheckOutcome:
    """What a check found, in words and in `figures`; `remedy`: what the user can do about it."""

    verdict: CheckVerdict
    found: str
    remedy: str = ""
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelCheck:
    """One row of `verify`.

    `run` may raise EngineError, which counts as FAIL, or NotCheckedError, which counts as SKIP.
    """

    name: str
    run: Callable[[ModelUnderTest], CheckOutcome]


class NotCheckedError(Exception):
    """The check makes no sense here; the message says why."""


def ok(found: str, **figures: Figure) -> CheckOutcome:
    """Return the outcome of a check that passed."""
    return CheckOutcome(CheckVerdict.OK, found, "", figures)


def warn(found: str, remedy: str, **figures: Figure) -> CheckOutcome:
    """Return the outcome of a check that found something to look at."""
    return CheckOutcome(CheckVerdict.WARN, found, remedy, figures)


def fail(found: str, remedy: str, **figures: Figure) -> CheckOutcome:
    """Return the outcome of a check that failed."""
    return CheckOutcome(CheckVerdict.FAIL, found, remedy, figures)
