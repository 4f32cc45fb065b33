from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from video_commentary.core.audio import Pcm
from video_commentary.core.cancel import CancelToken
from video_commentary.engines.minicpmo.speech.native_speech import NativeSpeech

from .talkers import silence_after, tiny_talker, tts_tensors
from .token2wav import Token2wav

pytestmark = pytest.mark.parity


def speech_of(parity: Path, codes_a_group: int, first_chunk: int = 25) -> NativeSpeech:
    talker = tiny_talker(parity, silence_after(parity, codes_a_group))
    return NativeSpeech(talker, Token2wav.read(parity).vocoder(), first_chunk)


def words(parity: Path, count: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(count)
    tensors = tts_tensors(parity)
    ids = torch.randint(0, len(tensors["emb_text.weight"]), (count,), generator=generator)
    width = tensors["projector_semantic.linear1.weight"].shape[1]
    return ids, torch.randn(count, width, generator=generator)


def turn(speech: NativeSpeech, parity: Path, groups: tuple[int, ...] = (10, 10, 4)) -> list[Pcm]:
    speech.start(CancelToken())
    said = []
    for i, count in enumerate(groups):
        said += list(speech.feed(*words(parity, count), last=i == len(groups) - 1))
    return said


def test_a_turn_says_everything_and_closes(parity: Path) -> None:
    said = turn(speech_of(parity, 30), parity)
    assert all(pcm.format == NativeSpeech.format for pcm in said)
    # 90 codes and the lookahead of silence before them, less the silence trimmed at the start
    total = sum(len(pcm.samples) for pcm in said)
    assert 90 * 960 <= total <= 93 * 960


def test_sound_comes_while_the_text_still_grows(parity: Path) -> None:
    speech = speech_of(parity, 30)
    speech.start(CancelToken())
    assert len(list(speech.feed(*words(parity, 10), last=False))) == 1


def test_a_shorter_first_chunk_comes_after_fewer_codes(parity: Path) -> None:
    speech = speech_of(parity, 12, first_chunk=10)
    speech.start(CancelToken())
    first = list(speech.feed(*words(parity, 10), last=False))
    assert len(first) == 1 and 0.1 < first[0].duration < 0.4


def test_cancel_in_the_middle_of_a_word_and_a_clean_next_turn(parity: Path) -> None:
    expected = turn(speech_of(parity, 30), parity)
    speech = speech_of(parity, 30)
    cancel = CancelToken()
    speech.start(cancel)
    sounding = speech.feed(*words(parity, 10), last=False)
    next(sounding)
    cancel.cancel()
    assert list(sounding) == []
    assert list(speech.feed(*words(parity, 10), last=True)) == []
    assert list(speech.flush()) == []

    speech._talker._sample_code = silence_after(parity, 30)
    again = turn(speech, parity)
    assert len(again) == len(expected)
    for ours, wanted in zip(again, expected, strict=True):
        # Another vocoder's tensors are elsewhere in memory, which may change the last bit.
        np.testing.assert_allclose(
            ours.samples.astype(np.int32), wanted.samples.astype(np.int32), rtol=0, atol=2
        )


def test_cancel_while_the_vocoder_works_emits_nothing(
    parity: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speech = speech_of(parity, 30)
    cancel = CancelToken()
    speech.start(cancel)
    chunk = speech._vocoder.chunk

    def cancelled_meanwhile(codes: list[int], last: bool) -> np.ndarray:
        cancel.cancel()
        return chunk(codes, last)

    monkeypatch.setattr(speech._vocoder, "chunk", cancelled_meanwhile)
    assert list(speech.feed(*words(parity, 10), last=False)) == []


def test_a_turn_without_a_code_makes_no_sound(parity: Path) -> None:
    assert turn(speech_of(parity, 0), parity) == []


def test_a_turn_cut_short_is_flushed(parity: Path) -> None:
    speech = speech_of(parity, 30)
    speech.start(CancelToken())
    said = list(speech.feed(*words(parity, 10), last=False))
    said += list(speech.flush())
    assert sum(len(pcm.samples) for pcm in said) >= 30 * 960


def test_silence_at_the_start_is_left_out(parity: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speech = speech_of(parity, 30)
    quiet = [np.zeros(20_160, np.float32), np.zeros(24_000, np.float32)]
    quiet[1][12_000:] = 0.5
    monkeypatch.setattr(speech._vocoder, "chunk", lambda codes, last: quiet.pop(0))
    speech.start(CancelToken())
    said = list(speech.feed(*words(parity, 10), last=False))
    assert said == []
    (pcm,) = speech.feed(*words(parity, 10), last=False)
    assert len(pcm.samples) == 12_000 + 480
