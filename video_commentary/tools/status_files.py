"""Write msg/Status.msg and docs/status.md from core/status.py: `make config`."""

from __future__ import annotations

import sys
from pathlib import Path

from ..config.paths import source_tree
from ..core.status import STATUS_FIELDS, StatusField, StatusKind

_MESSAGE_HEAD = """\
# What the commentator is doing; latched, published every second.
# Written by `make config` from core/status.py.

builtin_interfaces/Time stamp
"""
_PAGE_HEAD = """\
# The commentator's status

The fields of `~/status` (video_commentary/Status) and of `GET /api/status`, where `camera_fps` is
the rate of the picture shown; and the metrics of `GET /metrics`, whose names begin with
`video_commentary_`. Written by `make config` from core/status.py.

| field | type | what | metric |
| --- | --- | --- | --- |
"""


def render_message() -> str:
    """Return msg/Status.msg."""
    declarations = {
        f"{field.kind.message_type} {name}": _described(field)
        for name, field in STATUS_FIELDS.items()
    }
    width = max(map(len, declarations))
    lines = [f"{text:{width}}  # {comment}" for text, comment in declarations.items()]
    return _MESSAGE_HEAD + "\n".join(lines) + "\n"


def render_page() -> str:
    """Return docs/status.md."""
    rows = [
        f"| `{name}` | {field.kind.message_type} | {_described(field)} | {_metric(field)} |"
        for name, field in STATUS_FIELDS.items()
    ]
    return _PAGE_HEAD + "\n".join(rows) + "\n"


def _described(field: StatusField) -> str:
    unit = field.kind.unit
    return f"{unit}, {field.description}" if unit else field.description


def _metric(field: StatusField) -> str:
    total = "_total" if field.kind is StatusKind.COUNT else ""
    return f"`{field.metric}{total}`" if field.metric else ""


def files(root: Path) -> dict[Path, str]:
    """Return the text of each file below `root` that is made from the table."""
    return {
        root / "msg" / "Status.msg": render_message(),
        root / "docs" / "status.md": render_page(),
    }


def main() -> int:
    """Write both into the source tree."""
    root = source_tree()
    if root is None:
        print("status_files: this is not a source tree", file=sys.stderr)
        return 1
    for path, text in files(root).items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
