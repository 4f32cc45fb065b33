from __future__ import annotations

import re
from pathlib import Path

import pytest

from video_commentary.config.listener_settings import ListenerSettings
from video_commentary.config.rules import rules
from video_commentary.config.settings import CommentatorSettings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)` \| (?:`([^`]*)`)? ?\| ", README, re.MULTILINE)


def test_the_parameter_table_is_there() -> None:
    assert len(ROWS) >= 8


@pytest.mark.parametrize(("name", "default"), ROWS)
def test_the_parameter_table_has_the_true_defaults(name: str, default: str) -> None:
    value = (rules(ListenerSettings) | rules(CommentatorSettings))[name][0]
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    assert default == (",".join(value) if isinstance(value, tuple) else shown)


def test_links_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
