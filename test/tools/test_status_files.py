from __future__ import annotations

from pathlib import Path

import pytest

from video_commentary.core.status import STATUS_FIELDS
from video_commentary.tools.status_files import files

FILES = files(Path(__file__).resolve().parents[2])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_is_made_from_the_table_is_as_it_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == FILES[path], "run: make config"


def test_both_name_every_field() -> None:
    for text in FILES.values():
        assert [name for name in STATUS_FIELDS if name not in text] == []
