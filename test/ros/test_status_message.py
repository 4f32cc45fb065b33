"""The commentator's status as a ROS message, and what happens when that was built from another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from builtin_interfaces.msg import Time

from video_commentary.core.status import CommentatorStatus, StatusKind, status_values
from video_commentary.ros.messages import commentator_status, status_message

ROOT = Path(__file__).resolve().parents[2]
SAMPLES: dict[StatusKind, Any] = {
    StatusKind.TEXT: "wörds",
    StatusKind.FLAG: True,
    StatusKind.COUNT: 2**40,
    StatusKind.SECONDS: 0.25,
    StatusKind.TEXTS: ("/left", "/right"),
    StatusKind.RATES: (29.5, 0.5),
}


def test_every_field_survives_the_way_there_and_back() -> None:
    empty = CommentatorStatus()
    full = CommentatorStatus(**{name: SAMPLES[f.kind] for name, f, _ in status_values(empty)})
    message = status_message(full, Time(sec=5))
    assert message.stamp.sec == 5
    assert commentator_status(message) == full
    assert commentator_status(status_message(empty, Time())) == empty


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("del table['silent']", "(silent)"),
        ("table['silent'] = table['speaks']", "(silent)"),
        ("table['state'] = table.pop('state')", "(their order)"),
    ],
)
def test_a_message_built_from_other_fields_is_refused_at_import(change: str, named: str) -> None:
    code = (
        "from video_commentary.core.status import STATUS_FIELDS as table\n"
        f"{change}\nimport video_commentary.ros.messages"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "ImportError" in done.stderr and named in done.stderr
    assert "make config" in done.stderr
