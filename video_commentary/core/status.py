"""The commentator's status: one table from which every form of it is made.

`CommentatorStatus` declares each field: its kind, its description, how it is shown. Made from it:

- `msg/Status.msg` and `docs/status.md` (`make config` writes them, a test compares them),
- the conversion to and from the ROS message (`ros/messages.py`, which refuses to be imported with
  a message built from other fields),
- `GET /api/status`, the Prometheus metrics, /diagnostics and the text of `say watch`.

To add a field, declare it here, compute it in `nodes/commentator/report.py`, then run `make config`
and build the messages again. A number without a metric fails at import, a field that is not
computed fails in test/nodes/test_report.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any


class StatusKind(Enum):
    """What a field holds: its type in the .msg file, its type in Python, its unit."""

    TEXT = ("string", "str", "")
    FLAG = ("bool", "bool", "")
    COUNT = ("uint64", "int", "")
    SECONDS = ("float32", "float", "s")
    TEXTS = ("string[]", "tuple[str, ...]", "")
    RATES = ("float32[]", "tuple[float, ...]", "Hz")

    def __init__(self, message_type: str, python_type: str, unit: str) -> None:
        self.message_type = message_type
        self.python_type = python_type
        self.unit = unit

    @property
    def is_list(self) -> bool:
        """Whether a field holds several values."""
        return self.message_type.endswith("[]")


_EMPTY: dict[StatusKind, Any] = {
    StatusKind.TEXT: "",
    StatusKind.FLAG: False,
    StatusKind.COUNT: 0,
    StatusKind.SECONDS: 0.0,
    StatusKind.TEXTS: (),
    StatusKind.RATES: (),
}
_NUMBERS = (StatusKind.COUNT, StatusKind.SECONDS)


@dataclass(frozen=True)
class StatusField:
    """How one field is described and shown.

    `metric`: name in Prometheus without the common prefix; counts and seconds need one.
    `summary`: format of the value in the one line of `say watch`; empty leaves it out.
    `diagnostic`: key in the engine's entry of /diagnostics; empty leaves it out.
    """

    kind: StatusKind
    description: str
    metric: str = ""
    summary: str = ""
    diagnostic: str = ""


def status_field(
    kind: StatusKind,
    description: str,
    *,
    metric: str = "",
    summary: str = "",
    diagnostic: str = "",
) -> Any:
    """Declare a field of `CommentatorStatus`; by default it is empty, false or 0."""
    described = StatusField(kind, description, metric, summary, diagnostic)
    return field(default=_EMPTY[kind], metadata={"status": described})


@dataclass(frozen=True, kw_only=True)
class CommentatorStatus:
    """What the commentator is doing, in the order of the message's fields."""

    state: str = status_field(
        StatusKind.TEXT,
        "unconfigured, loading, inactive, waiting (no camera yet), watching, commenting, speaking, "
        "paused or error",
        diagnostic="state",
    )
    detail: str = status_field(
        StatusKind.TEXT,
        "why it is in this state and what to do, in one sentence; empty if all is well",
    )
    engine: str = status_field(
        StatusKind.TEXT, "the engine, in one line", summary="{}", diagnostic="engine"
    )
    voice: str = status_field(
        StatusKind.TEXT,
        "the voice, in one line, or why there is none and what to install; empty until the engine "
        "is loaded",
        summary="voice: {}",
    )
    speaks: bool = status_field(StatusKind.FLAG, "whether there is a voice")
    profile: str = status_field(StatusKind.TEXT, "profile in force", summary="profile: {}")
    instruction: str = status_field(
        StatusKind.TEXT, "instruction in force; empty if none", summary="instruction: {}"
    )
    enabled: bool = status_field(StatusKind.FLAG, "false while paused")
    cameras: tuple[str, ...] = status_field(StatusKind.TEXTS, "image topics")
    camera_fps: tuple[float, ...] = status_field(
        StatusKind.RATES, "images received per second, in the order of cameras"
    )
    comments: int = status_field(
        StatusKind.COUNT,
        "comments finished and not silent, since activation",
        metric="comments",
        diagnostic="comments",
    )
    silent: int = status_field(
        StatusKind.COUNT,
        "cycles with nothing new to say, since activation",
        metric="silent_cycles",
        diagnostic="silent",
    )
    cancelled: int = status_field(
        StatusKind.COUNT,
        "comments stopped in mid-sentence, since activation",
        metric="cancelled_comments",
        diagnostic="cancelled",
    )
    engine_errors: int = status_field(
        StatusKind.COUNT,
        "failures of the engine, since activation",
        metric="engine_errors",
        diagnostic="errors",
    )
    frames_dropped: int = status_field(
        StatusKind.COUNT,
        "selected frames dropped because they arrived faster than they could be used",
        metric="commentator_frames_dropped",
    )
    words_delay: float = status_field(
        StatusKind.SECONDS,
        "newest frame to first words, exponential average",
        metric="words_delay_seconds",
        summary="words {:.2f} s",
        diagnostic="words delay",
    )
    sound_delay: float = status_field(
        StatusKind.SECONDS,
        "newest frame to first sound, exponential average; 0 without a voice",
        metric="sound_delay_seconds",
        summary="sound {:.2f} s",
        diagnostic="sound delay",
    )
    cycle_time: float = status_field(
        StatusKind.SECONDS,
        "request to its last word, for the last comment",
        metric="cycle_seconds",
        diagnostic="cycle time",
    )


def status_table(status: type) -> dict[str, StatusField]:
    """Return the description of each field of a dataclass by name, in order.

    Raise TypeError for a field that is not declared in full.
    """
    table: dict[str, StatusField] = {}
    for declared in fields(status):
        described = declared.metadata.get("status")
        if not isinstance(described, StatusField):
            raise TypeError(f"{declared.name}: declare it with status_field")
        if declared.type != described.kind.python_type:
            raise TypeError(f"{declared.name}: {described.kind} needs {described.kind.python_type}")
        if bool(described.metric) != (described.kind in _NUMBERS):
            raise TypeError(f"{declared.name}: counts and seconds, and only those, have a metric")
        table[declared.name] = described
    return table


STATUS_FIELDS = status_table(CommentatorStatus)
"""Every field's description by name, in the message's order."""


def status_values(status: CommentatorStatus) -> Iterator[tuple[str, StatusField, Any]]:
    """Yield name, description and value of each field."""
    for name, described in STATUS_FIELDS.items():
        yield name, described, getattr(status, name)
