"""A GPU that has no room for speech at first: a fake count of its memory, and the tiny model."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from video_commentary.core.audio import AudioFormat
from video_commentary.core.cancel import CancelToken
from video_commentary.core.load_progress import LoadProgress
from video_commentary.engines.minicpmo.answer import SpeechSynthesizer
from video_commentary.engines.minicpmo.engine import MiniCpmoEngine
from video_commentary.engines.minicpmo.model_loader import MiniCpmoConfig
from video_commentary.engines.minicpmo.speech import speech_loader, speech_recovery
from video_commentary.engines.minicpmo.speech.hift import Hift
from video_commentary.engines.minicpmo.speech.speech_loader import SpeechOptions
from video_commentary.engines.minicpmo.speech.speech_memory import (
    NoRoomError,
    SpeechUnavailableError,
)
from video_commentary.engines.minicpmo.speech.speech_recovery import SpeechRecovery
from video_commentary.engines.minicpmo.speech.vocoder_loader import load_hift

from .test_engine_speech import asked, with_a_voice
from .test_native_speech import speech_of

GB = 1_000_000_000


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_recovery, "CHECK", 0.01)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


class Card:
    """A GPU's memory as the test says; counts how often it was asked."""

    def __init__(self, free: int) -> None:
        self.free = free
        self.asked = threading.Semaphore(0)

    def __call__(self, device: torch.device) -> tuple[int, int]:
        self.asked.release()
        return self.free, 24 * GB


def test_the_voice_comes_by_itself_once_the_card_has_room(parity: Path, tmp_path: Path) -> None:
    card = Card(GB // 10)
    engine = MiniCpmoEngine(
        MiniCpmoConfig(
            model_path=str(with_a_voice(parity, tmp_path)),
            device="cpu",
            speech=SpeechOptions(steps=2),
        ),
        LoadProgress(),
        card,
    )
    engine.load()
    assert engine.description.endswith("text only")
    assert "no room for the native voice on this GPU: it needs 0.6 GB, 0.1 of 24.0 are free" in (
        engine.voice_trouble
    )
    assert "free memory" in engine.voice_trouble
    assert all(delta.pcm is None for delta in engine.comment(asked(), CancelToken()))
    for _ in range(3):
        assert card.asked.acquire(timeout=10)
    assert engine.description.endswith("text only")

    card.free = 20 * GB

    def heard() -> bool:
        before = engine.voice
        deltas = list(engine.comment(asked(speak=before is not None), CancelToken()))
        sounds = [delta.pcm for delta in deltas if delta.pcm is not None]
        # never in the middle of a comment that was begun without
        assert bool(sounds) == (before is not None)
        return bool(sounds)

    until(heard)
    assert engine.voice == AudioFormat(24_000)
    assert engine.voice_trouble == ""
    assert engine.description.endswith("own voice")
    engine.close()


def test_closed_it_looks_no_more(parity: Path, tmp_path: Path) -> None:
    card = Card(GB // 10)
    folder = with_a_voice(parity, tmp_path)
    config = MiniCpmoConfig(model_path=str(folder), device="cpu", speech=SpeechOptions(steps=2))
    engine = MiniCpmoEngine(config, LoadProgress(), card)
    engine.load()
    watcher = next(t for t in threading.enumerate() if t.name == "speech recovery")
    engine.close()
    watcher.join(10)
    assert not watcher.is_alive()
    assert engine.voice_trouble == ""


@pytest.mark.parametrize("room", [True, False])
def test_closed_it_keeps_nothing_of_the_voice(
    parity: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: bool
) -> None:
    made: list[weakref.ref[Hift]] = []

    def noted(folder: Path, device: torch.device) -> Hift:
        hift = load_hift(folder, device)
        made.append(weakref.ref(hift))
        return hift

    monkeypatch.setattr(speech_loader, "load_hift", noted)
    config = MiniCpmoConfig(
        model_path=str(with_a_voice(parity, tmp_path)),
        device="cpu",
        speech=SpeechOptions(steps=2),
    )
    engine = MiniCpmoEngine(config, LoadProgress(), Card(20 * GB if room else 0))
    engine.load()
    engine.close()
    gc.collect()
    assert [hift() for hift in made] == [None]


class Script:
    """A load that raises what is given, one after the other, and then returns `speech`."""

    def __init__(self, speech: SpeechSynthesizer, *errors: Exception) -> None:
        self.speech = speech
        self.errors = list(errors)
        self.threads: list[str] = []

    def __call__(self) -> SpeechSynthesizer:
        self.threads.append(threading.current_thread().name)
        if self.errors:
            raise self.errors.pop(0)
        return self.speech


def test_a_load_that_finds_no_room_after_all_is_tried_again(parity: Path) -> None:
    load = Script(speech_of(parity, 30), NoRoomError("out of memory", 3 * GB))
    recovery = SpeechRecovery(load, lambda: 5 * GB, 2 * GB, "no room")
    assert recovery.trouble == "no room"
    until(lambda: recovery.speech)
    assert recovery.speech is load.speech
    assert "out of memory" in recovery.trouble
    assert load.threads == ["speech recovery"] * 2


def test_what_it_needs_is_what_the_last_load_found(parity: Path) -> None:
    looked = threading.Semaphore(0)

    def free() -> int:
        looked.release()
        return 5 * GB

    load = Script(speech_of(parity, 30), NoRoomError("out of memory", 6 * GB))
    recovery = SpeechRecovery(load, free, 2 * GB, "no room")
    for _ in range(5):
        assert looked.acquire(timeout=10)
    assert len(load.threads) == 1
    assert recovery.speech is None
    recovery.close()


def test_a_lost_gpu_is_reported(parity: Path) -> None:
    def lost() -> int:
        raise RuntimeError("CUDA error: the device is gone")

    load = Script(speech_of(parity, 30))
    recovery = SpeechRecovery(load, lost, 2 * GB, "no room")
    until(lambda: "CUDA error" in recovery.trouble)
    assert load.threads == []


def test_what_room_does_not_cure_is_not_tried_again(parity: Path) -> None:
    load = Script(speech_of(parity, 30), SpeechUnavailableError("no native voice: flow.pt is gone"))
    recovery = SpeechRecovery(load, lambda: None, 2 * GB, "no room")
    until(lambda: "flow.pt" in recovery.trouble)
    until(lambda: not any(t.name == "speech recovery" for t in threading.enumerate()))
    assert recovery.speech is None
