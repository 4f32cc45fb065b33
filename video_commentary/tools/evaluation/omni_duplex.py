"""Answers for Omni-DuplexEval's scorer: omni_duplex DATASET FOLDER [name:=value ...]

Watches every video of the data set with its question as the instruction, and writes
FOLDER/<split>/<id>.json, a list of {text, start, end} in seconds. DATASET is a name on the Hugging
Face hub or a folder, as `datasets` loads it (pip install datasets). What is there already is kept.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...config.settings import CommentatorSettings
from ...core.engine import EngineError
from ...core.prompting import MAX_INSTRUCTION
from ..narration.footage import FootageError
from ..narration.video import VideoFootage
from ..offline import command_line, settings_of
from .labels import Clip
from .running import ClipRunner, SpokenComment

SPLITS = (
    *("RTD_world_knowledge", "RTD_counting", "RTD_fine_grained_movement"),
    *("RTD_interaction_relation", "RTD_OCR", "RTD_Omni"),
    *("PR_correction", "PR_event_reminder", "PR_post_event_reminder"),
)


def responses(comments: Sequence[SpokenComment]) -> list[dict[str, object]]:
    """Return comments in the layout that the scorer reads."""
    return [
        {
            "text": comment.caption.text,
            "start": round(comment.caption.start, 3),
            "end": round(comment.end, 3),
        }
        for comment in comments
    ]
