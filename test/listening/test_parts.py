"""The parts of the chain that are pure: ends of utterances, wake word, own words, work in turn."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from video_commentary.core.audio import AudioFormat
from video_commentary.core.cancel import CancelToken
from video_commentary.core.stamp import from_seconds
from video_commentary.listening.barge_in import BargeIn, SpeechSoFar
from video_commentary.listening.echo import coherent_share
from video_commentary.listening.items import BargeInState, RecognizerError, Samples, Transcript
from video_commentary.listening.linear_echo import LinearEcho
from video_commentary.listening.own_words import OwnWords
from video_commentary.listening.room_change import delayed_share
from video_commentary.listening.transcriber import Transcriber, TranscriptionJob
from video_commentary.listening.utterance import Utterance, is_finished
from video_commentary.listening.utterance_detector import SpeechChange, UtteranceDetector, level
from video_commentary.listening.wake_word import FOLLOW_UP, WakeWord

STEP = 0.032


def changes(detector: UtteranceDetector, *parts: tuple[float, float, float]) -> list[SpeechChange]:
    """Return the changes over parts of (seconds, probability, level)."""
    steps = [part for part in parts for _ in range(round(part[0] / STEP))]
    found = [detector.push(probability, loud) for _, probability, loud in steps]
    return [change for change in found if change is not SpeechChange.NONE]


def test_a_pause_shorter_than_the_needed_silence_ends_nothing() -> None:
    speech, breath = (1.0, 0.9, -20.0), (0.4, 0.0, -58.0)
    detector = UtteranceDetector(0.5, 15.0)
    assert changes(detector, breath, speech, breath, speech) == [SpeechChange.BEGAN]
    assert changes(detector, (0.6, 0.0, -58.0)) == [SpeechChange.ENDED]


def test_a_soft_beginning_is_counted_in() -> None:
    detector = UtteranceDetector(0.5, 15.0)
    changes(detector, (2.0, 0.0, -60.0), (2 * STEP, 0.2, -45.0), (STEP, 0.9, -30.0))
    assert detector.onset_steps() == 2


def test_a_room_full_of_voices_is_background() -> None:
    detector = UtteranceDetector(0.5, 15.0)
    babble, speech = (6.0, 0.9, -26.0), (1.5, 0.9, -15.0)
    assert changes(detector, babble)[-1] is SpeechChange.ENDED
    assert changes(detector, speech, babble) == [SpeechChange.BEGAN, SpeechChange.ENDED]


def test_an_utterance_without_end_is_cut() -> None:
    detector = UtteranceDetector(0.5, 4.0)
    loud = [(0.2, 0.9, -20.0), (0.2, 0.9, -40.0)] * 12
    assert changes(detector, *loud)[:2] == [SpeechChange.BEGAN, SpeechChange.ENDED]


def test_the_level_of_silence_is_a_number() -> None:
    assert level(np.zeros(512, np.float32)) == -100.0
    assert level(np.ones(512, np.float32)) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Robot, be quiet.", "be quiet."),
        ("hey robot what do you see?", "what do you see?"),
        ("Robert, go on.", "go on."),
        ("Robots go on", "go on"),
        ("Robot.", ""),
        ("The robot is over there.", "is over there."),
        ("I bought a robot yesterday.", None),
        ("We are about to leave.", None),
        ("", None),
    ],
)
def test_the_wake_word_is_found_and_taken_off(text: str, wanted: str | None) -> None:
    assert WakeWord("robot").strip(text, 0) == wanted


def test_a_wake_word_may_be_two_words() -> None:
    assert WakeWord("Hey Bob").strip("hey Bob, go on", 0) == "go on"
    assert WakeWord("Hey Bob").strip("hey, go on", 0) is None


def test_the_follow_up_ends() -> None:
    wake = WakeWord("robot")
    wake.follow_up(1000)
    assert wake.strip("go on", 1000 + FOLLOW_UP - 1) == "go on"
    assert wake.strip("go on", 1000 + FOLLOW_UP) is None


def test_without_a_wake_word_everything_is_meant() -> None:
    wake = WakeWord("")
    assert wake.strip("go on", 0) == "go on"
    assert not wake.addressed("go on")


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("a person in the red coat walks past a blue car", True),
        ("person in red coat walks past", True),
        ("what is the person in the red coat doing", False),
        ("only talk about the blue car", False),
        ("blue car", True),
        ("stop", False),
        ("", False),
    ],
)
def test_own_words_are_known_though_misheard(text: str, own: bool) -> None:
    words = OwnWords()
    words.add("A person in a red coat walks past the blue car.", 0)
    assert words.matches(text, from_seconds(3)) == own
    assert not words.matches(text, from_seconds(60))


@pytest.mark.parametrize(
    ("text", "finished"),
    [("Go on.", True), ("Tell me when the", False), ("Tell me when.", False), ("", True)],
)
def test_a_finished_sentence_is_told_from_an_unfinished_one(text: str, finished: bool) -> None:
    assert is_finished(text) == finished


def test_of_a_long_utterance_the_newest_half_minute_is_sent() -> None:
    second = np.full(16_000, 0.5, np.float32)
    utterance = Utterance(1, "page", "", 0, sound=[np.zeros(16_000, np.float32), *[second] * 30])
    sound = utterance.question_sound()
    assert sound and sound.format == AudioFormat(16_000) and sound.duration == 30.0
    assert set(sound.samples) == {16_383}
    assert Utterance(2, "page", "", 0).question_sound() is None


def test_the_robot_is_quieter_first_and_stops_then() -> None:
    barge_in = BargeIn()

    def speak(length: float, meant: bool = True, robot: bool = True) -> BargeInState | None:
        speech = SpeechSoFar(length=length, certain=length, meant=meant)
        return barge_in.update(speech, robot)

    assert speak(0.1) is None
    assert speak(0.3, robot=False) is None
    assert speak(0.2) is BargeInState.DUCK
    assert speak(0.5, meant=False) is None
    assert speak(0.5) is BargeInState.STOP
    assert speak(0.6) is None
    assert barge_in.end() is BargeInState.NONE
    assert barge_in.end() is None


def test_an_echo_is_coherent_with_what_was_played_and_others_are_not() -> None:
    rng = np.random.default_rng(0)
    played = rng.normal(0, 0.1, 12_000).astype(np.float32)
    other = rng.normal(0, 0.1, 3_072).astype(np.float32)
    echo = 0.3 * played[-3_072 - 4_000 : -4_000]
    assert coherent_share(echo, played) > 0.8
    assert coherent_share(other, played) < 0.4
    assert coherent_share(np.zeros(3_072, np.float32), played) == 0.0


def test_the_linear_filter_learns_a_room_and_leaves_others_alone() -> None:
    rng = np.random.default_rng(0)
    played = rng.normal(0, 0.1, 512 * 200).astype(np.float32)
    heard = np.concatenate([np.zeros(900, np.float32), 0.5 * played])[: len(played)]
    other = np.zeros_like(heard)
    other[-512 * 4 :] = rng.normal(0, 0.05, 512 * 4)
    linear = LinearEcho(512, 0.2, 16_000)
    rests = [
        linear.split((heard + other)[at : at + 512], played[at : at + 512])[0]
        for at in range(0, len(heard), 512)
    ]
    assert level(rests[150]) < level(heard[150 * 512 : 151 * 512]) - 15
    assert level(rests[-1] - other[-512:]) < level(other[-512:]) - 6


def test_after_a_gap_the_linear_filter_hears_nothing_of_what_was_played_before() -> None:
    rng = np.random.default_rng(0)
    played = rng.normal(0, 0.1, 512 * 60).astype(np.float32)
    heard = np.concatenate([np.zeros(900, np.float32), 0.5 * played])[: len(played)]
    linear, silence = LinearEcho(512, 0.2, 16_000), np.zeros(512, np.float32)
    for at in range(0, len(heard), 512):
        linear.split(heard[at : at + 512], played[at : at + 512])
    linear.forget_played()
    assert level(linear.split(silence, silence)[1]) == -100.0
    assert level(linear.split(silence, played[:512])[1]) < -50.0  # its echo comes later
    assert level(linear.split(silence, silence)[1]) > -40.0


def test_a_mixture_of_delays_is_an_echo_and_another_sound_is_not() -> None:
    rng = np.random.default_rng(0)
    played = rng.normal(0, 0.1, 2_240).astype(np.float32)
    echo = 0.5 * played[192:] + 0.3 * played[100:-92] - 0.3 * played[20:-172]
    other = rng.normal(0, 0.1, len(echo)).astype(np.float32)
    assert delayed_share(echo, played) > 0.8
    assert delayed_share(other, played) < 0.4
    assert delayed_share(np.zeros_like(echo), played) == 0.0


class _Gated:
    description = "gated"

    def __init__(self) -> None:
        self.order: list[int] = []
        self.started, self.gate = threading.Event(), threading.Event()

    def load(self) -> None:
        pass

    def transcribe(self, samples: Samples, cancel: CancelToken) -> Transcript:
        self.order.append(len(samples))
        self.started.set()
        while not self.gate.wait(0.01) and not cancel.cancelled:
            pass
        if len(samples) == 13:
            raise RecognizerError("thirteen")
        return Transcript(str(len(samples)), 1.0)

    def close(self) -> None:
        pass


def job(utterance: int, size: int, whole: bool) -> TranscriptionJob:
    return TranscriptionJob(utterance, np.zeros(size, np.float32), whole)


def test_whole_utterances_go_first_and_failures_do_not_end_the_work() -> None:
    recognizer, done = _Gated(), dict[int, Transcript | None]()
    finished = threading.Event()

    def take(job: TranscriptionJob, transcript: Transcript | None) -> None:
        done[len(job.samples)] = transcript
        if len(done) == 3:
            finished.set()

    transcriber = Transcriber(recognizer, take)
    transcriber.start()
    transcriber.submit(job(1, 10, False))
    assert recognizer.started.wait(10)
    transcriber.submit(job(2, 11, False))
    transcriber.submit(job(3, 12, False))
    transcriber.submit(job(3, 13, True))
    cancelled = job(4, 14, True)
    transcriber.submit(cancelled)
    transcriber.cancel(cancelled)
    transcriber.submit(job(5, 15, True))
    recognizer.gate.set()
    assert finished.wait(10)
    transcriber.close()
    # the first was a beginning: it is stopped for whole utterances
    assert recognizer.order == [10, 13, 15, 11]
    assert done == {13: None, 15: Transcript("15", 1.0), 11: Transcript("11", 1.0)}


def test_what_waits_is_bounded() -> None:
    recognizer, given_up = _Gated(), list[int]()
    transcriber = Transcriber(recognizer, lambda job, _: given_up.append(job.utterance))
    transcriber.start()
    transcriber.submit(job(0, 1, True))
    assert recognizer.started.wait(10)
    for number in range(1, 20):
        transcriber.submit(job(number, 1, True))
    assert transcriber.waiting == 9
    assert given_up == list(range(1, 12))
    transcriber.close()
