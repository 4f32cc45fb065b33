"""The layout for Foxglove: whole, and about topics, fields and services that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from video_commentary.core.status import STATUS_FIELDS

ROOT = Path(__file__).resolve().parents[1]
LAYOUT = json.loads((ROOT / "config" / "foxglove_layout.json").read_text(encoding="utf-8"))
PANELS = {"CallService", "DiagnosticSummary", "Image", "Plot", "RawMessages"}
"""Of Foxglove's, those that we use."""


def leaves(node: Any) -> list[str]:
    """Return the panels of a layout, which is a tree of splits."""
    if isinstance(node, str):
        return [node]
    assert node["direction"] in ("row", "column") and 0 < node["splitPercentage"] < 100
    return leaves(node["first"]) + leaves(node["second"])


def test_every_panel_is_shown_once_and_configured() -> None:
    shown = leaves(LAYOUT["layout"])
    assert sorted(shown) == sorted(LAYOUT["configById"])
    assert {panel.partition("!")[0] for panel in shown} <= PANELS


def test_it_names_what_the_commentator_offers() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = {f"/commentator/{name}" for name in re.findall(r"`~/([\w/]+)`", readme)}
    text = json.dumps(LAYOUT)
    used = set(re.findall(r"/commentator/[\w/]+", text))
    assert used and used <= named
    fields = set(re.findall(r"/commentator/status\.(\w+)", text))
    assert fields and fields <= {*STATUS_FIELDS}
    (service,) = (each for name, each in LAYOUT["configById"].items() if "CallService" in name)
    assert set(json.loads(service["requestPayload"])) == {"instruction"}
