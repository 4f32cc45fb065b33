"""Reads the files of languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ENGLISH = "en"
_BY_NUMBER = re.compile(r"\[([^|\]]*)\|([^\]]*)\]")
_FOLDER = Path(__file__).parent
LANGUAGES = tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml") if path.stem != ENGLISH))
"""Codes of the languages other than English."""


def read_table(code: str) -> dict[str, Any]:
    """Return what the file of a language says."""
    table: dict[str, Any] = yaml.safe_load((_FOLDER / f"{code}.yaml").read_text("utf-8"))
    return table


def by_number(template: str, several: bool) -> str:
    """Return a template with one of each "[is|are]", for one or for several."""
    return _BY_NUMBER.sub(lambda forms: forms[1 + several], template)
