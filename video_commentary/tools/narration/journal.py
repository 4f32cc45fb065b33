"""The engine's answers so far, on disk: an interrupted narration continues from them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...core.audio import AudioFormat, Pcm, from_bytes
from ...core.engine import Delta
from ...core.facts import Claim, NormalizedBox, Observation

_FORMAT = 3
"""Of a journal's lines; one of another format is not read."""


@dataclass(frozen=True)
class RecordedAnswer:
    """A whole answer: each delta, and the seconds it took the engine."""

    deltas: tuple[tuple[float, Delta], ...]


class AnswerJournal:
    """A folder next to the output, with a line and the sound of every answer.

    `answers` are those of an earlier run; `resumed`: whether there are any.
    """

    def __init__(self, folder: Path, conditions: Mapping[str, Any]) -> None:
        """Open the journal in `folder`; begin a new one if its `conditions` were others."""
        self._folder = folder
        self._lines = folder / "answers.jsonl"
        self._sound = folder / "answers.s16"
        head = json.dumps({"format": _FORMAT, **conditions}, sort_keys=True, default=str)
        self.answers = self._read(head)
        self.resumed = bool(self.answers)
        if not self.resumed:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            self._lines.write_text(head + "\n")
            self._sound.touch()

    def add(self, answer: RecordedAnswer) -> None:
        """Keep one more answer."""
        entries = []
        with self._sound.open("ab") as sound:
            for took, delta in answer.deltas:
                format = None
                if delta.pcm is not None:
                    sound.write(delta.pcm.tobytes())
                    form = delta.pcm.format
                    format = [len(delta.pcm.samples), form.rate, form.channels]
                claims = [asdict(claim) for claim in delta.claims]
                entries.append([took, delta.text, format, delta.silent, claims])
        # The line last: sound without its line is cut off when the journal is read.
        with self._lines.open("a") as lines:
            lines.write(json.dumps(entries) + "\n")

    def remove(self) -> None:
        """Delete it: the narration is complete."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _read(self, head: str) -> list[RecordedAnswer]:
        try:
            first, *lines = self._lines.read_text().splitlines()
            data = self._sound.read_bytes()
        except (OSError, ValueError):
            return []
        if first != head:
            return []
        answers, at, whole = [], 0, [first]
        for line in lines:
            try:
                answer, at = _answer(json.loads(line), data, at)
            except (json.JSONDecodeError, IndexError):
                break  # torn by a crash
            answers.append(answer)
            whole.append(line)
        if answers:
            self._lines.write_text("\n".join(whole) + "\n")
            with self._sound.open("r+b") as sound:
                sound.truncate(at)
        return answers


def _answer(entries: list[Any], data: bytes, at: int) -> tuple[RecordedAnswer, int]:
    deltas = []
    for took, text, format, silent, claims in entries:
        pcm: Pcm | None = None
        if format is not None:
            end = at + 2 * format[0]
            if end > len(data):
                raise IndexError("sound is missing")
            pcm = from_bytes(data[at:end], AudioFormat(format[1], format[2]))
            at = end
        delta = Delta(text, pcm, silent, claims=tuple(_claim(fields) for fields in claims))
        deltas.append((took, delta))
    return RecordedAnswer(tuple(deltas)), at


def _claim(fields: Mapping[str, Any]) -> Claim:
    """Return the claim whose fields `asdict` gave."""
    evidence = tuple(
        Observation(**{**seen, "box": NormalizedBox(**seen["box"]) if seen["box"] else None})
        for seen in fields["evidence"]
    )
    return Claim(**{**fields, "evidence": evidence})
