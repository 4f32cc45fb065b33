from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from test.fakes import tone
from video_commentary.core.engine import Delta
from video_commentary.core.facts import Claim, NormalizedBox, Observation
from video_commentary.tools.narration.journal import AnswerJournal, RecordedAnswer


def answer(text: str) -> RecordedAnswer:
    return RecordedAnswer(((0.1, Delta(text)), (0.2, Delta(pcm=tone(0.1)))))


def test_answers_come_back_with_their_sound(tmp_path: Path) -> None:
    journal = AnswerJournal(tmp_path / "j", {"a": 1})
    assert not journal.resumed
    journal.add(answer("One."))
    journal.add(answer("Zwei. ✓"))
    again = AnswerJournal(tmp_path / "j", {"a": 1})
    assert again.resumed
    assert [a.deltas[0][1].text for a in again.answers] == ["One.", "Zwei. ✓"]
    took, delta = again.answers[1].deltas[1]
    assert took == 0.2
    assert delta.pcm is not None
    np.testing.assert_array_equal(delta.pcm.samples, tone(0.1).samples)


def test_silence_comes_back_as_such(tmp_path: Path) -> None:
    journal = AnswerJournal(tmp_path / "j", {})
    journal.add(RecordedAnswer(((0.1, Delta(silent=True, last=True)),)))
    (again,) = AnswerJournal(tmp_path / "j", {}).answers
    assert again.deltas == ((0.1, Delta(silent=True)),)


def test_claims_come_back_with_their_evidence(tmp_path: Path) -> None:
    box = NormalizedBox(left=0.1, top=0.2, right=0.3, bottom=0.4)
    seen = Observation(camera="c", stamp=1_700_000_000_123_456_789, box=box, name="cup", track=3)
    whole = Observation(camera="c", stamp=5)
    claims = (
        Claim(kind="picks_up", who="cup", where="left", count=1, colour="red", evidence=(seen,)),
        Claim(kind="light", who="camera", evidence=(whole,)),
    )
    journal = AnswerJournal(tmp_path / "j", {})
    journal.add(RecordedAnswer(((0.1, Delta("A cup is gone.", claims=claims)),)))
    (again,) = AnswerJournal(tmp_path / "j", {}).answers
    assert again.deltas[0][1].claims == claims


def test_a_journal_of_another_format_is_not_read(tmp_path: Path) -> None:
    journal = AnswerJournal(tmp_path / "j", {"a": 1})
    journal.add(answer("One."))
    lines = tmp_path / "j" / "answers.jsonl"
    head, line = lines.read_text().splitlines()
    assert json.loads(head).pop("format")
    lines.write_text(json.dumps({"a": 1}) + f"\n{line}\n")
    assert AnswerJournal(tmp_path / "j", {"a": 1}).answers == []


def test_other_conditions_begin_another(tmp_path: Path) -> None:
    AnswerJournal(tmp_path / "j", {"a": 1}).add(answer("One."))
    assert AnswerJournal(tmp_path / "j", {"a": 2}).answers == []
    assert AnswerJournal(tmp_path / "j", {"a": 1}).answers == []


def test_what_a_crash_has_torn_is_left_out_and_written_over(tmp_path: Path) -> None:
    journal = AnswerJournal(tmp_path / "j", {})
    journal.add(answer("One."))
    with (tmp_path / "j" / "answers.s16").open("ab") as sound:
        sound.write(b"torn")
    with (tmp_path / "j" / "answers.jsonl").open("a") as lines:
        lines.write('[[0.1, "Tw')
    again = AnswerJournal(tmp_path / "j", {})
    assert len(again.answers) == 1
    again.add(answer("Two."))
    (_, two) = AnswerJournal(tmp_path / "j", {}).answers
    assert two.deltas[1][1].pcm is not None
    np.testing.assert_array_equal(two.deltas[1][1].pcm.samples, tone(0.1).samples)


def test_it_leaves_nothing_behind(tmp_path: Path) -> None:
    journal = AnswerJournal(tmp_path / "j", {})
    journal.add(answer("One."))
    journal.remove()
    assert list(tmp_path.iterdir()) == []
