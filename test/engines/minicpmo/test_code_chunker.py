from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from video_commentary.engines.minicpmo.speech.code_chunker import CodeChunker


@pytest.mark.parity
def test_the_vocoder_is_called_as_recorded(parity: Path) -> None:
    record = json.loads((parity / "golden.json").read_text())
    golden = np.load(parity / "golden.npz")
    end = json.loads((parity / "checkpoint" / "config.json").read_text())["tts_config"]
    assert record["speech"]
    for turn in record["speech"]:
        drawn = golden[f"speech{turn['scenario']}/{turn['attention']}/tokens"].tolist()
        codes = [code for code in drawn if code != end["num_audio_tokens"] - 1]
        chunker = CodeChunker()
        calls: list[dict[str, Any]] = [
            {"codes": chunk, "last": False}
            for chunk in map(chunker.add, codes)
            if chunk is not None
        ]
        rest = chunker.flush()
        assert rest is not None
        assert [*calls, {"codes": rest, "last": True}] == turn["token2wav_calls"]


def test_a_short_first_chunk() -> None:
    chunker = CodeChunker(first_chunk=10)
    full = [chunk for chunk in map(chunker.add, range(60)) if chunk is not None]
    assert [len(chunk) for chunk in full] == [13, 28, 28]
    assert full[0] == [4218] * 3 + list(range(10))
    assert full[1] == list(range(7, 35))
    assert chunker.flush() == [57, 58, 59]


def test_nothing_is_said_where_there_was_no_code() -> None:
    assert CodeChunker().flush() is None
