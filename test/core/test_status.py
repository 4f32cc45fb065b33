from __future__ import annotations

from dataclasses import dataclass

import pytest

from video_commentary.core.status import (
    CommentatorStatus,
    StatusKind,
    status_field,
    status_table,
    status_values,
)


def test_every_field_has_its_description_and_value_in_order() -> None:
    status = CommentatorStatus(state="watching", cameras=("/left", "/right"), comments=3)
    found = {name: (field.kind, value) for name, field, value in status_values(status)}
    assert next(iter(found)) == "state"
    assert found["cameras"] == (StatusKind.TEXTS, ("/left", "/right"))
    assert found["comments"] == (StatusKind.COUNT, 3)
    assert found["words_delay"] == (StatusKind.SECONDS, 0.0)
    assert all(field.description for _, field, _ in status_values(status))


def test_no_two_fields_share_a_metric() -> None:
    metrics = [field.metric for field in status_table(CommentatorStatus).values() if field.metric]
    assert len(metrics) == len(set(metrics))


@dataclass(frozen=True)
class Bare:
    power: float = 0.0


@dataclass(frozen=True)
class OfAnotherType:
    power: float = status_field(StatusKind.COUNT, "watts", metric="power")


@dataclass(frozen=True)
class WithoutMetric:
    power: float = status_field(StatusKind.SECONDS, "watts")


@dataclass(frozen=True)
class MetricOfText:
    power: str = status_field(StatusKind.TEXT, "watts", metric="power")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Bare, "power: declare it with status_field"),
        (OfAnotherType, "power: StatusKind.COUNT needs int"),
        (WithoutMetric, "power: counts and seconds"),
        (MetricOfText, "power: counts and seconds"),
    ],
)
def test_a_field_that_is_declared_by_half_is_refused(status: type, reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        status_table(status)
