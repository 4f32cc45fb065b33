"""Sounds for bench.listening: voices, babble, noise, music-like sound and a simulated room."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from video_commentary.core.audio import AudioFormat, Pcm
from video_commentary.core.cancel import CancelToken
from video_commentary.core.resample import resample
from video_commentary.core.voice import Voice
from video_commentary.voices.espeak import EspeakVoice
from video_commentary.voices.neural import NeuralVoice

RATE = 16_000
Wave = NDArray[np.float32]
VOICES = ("hibari", "en-us", "en-gb+f3")
BABBLERS = ("en-us+m3", "en-gb+m7", "en-us+f2", "en-gb-scotland", "en-us+f5", "en-029")
"""None of the voices that give commands."""
CHATTER = (
    "We had a long walk by the river yesterday and then went home for dinner.",
    "The meeting was moved to Thursday because nobody could find the room.",
    "My sister bought a new bicycle, but the brakes make a terrible noise.",
    "If the weather stays like this we will have to water the garden again.",
    "He told me that the train was late and the next one was full.",
    "They are painting the kitchen blue, which I think is a mistake.",
)


@cache
def _voice(name: str) -> Voice:
    voice: Voice = NeuralVoice() if name == "hibari" else EspeakVoice(name)
    voice.load()
    return voice


@cache
def spoken(text: str, name: str) -> Wave:
    """Return a sentence in a voice at 16 kHz, at -20 dB of full scale."""
    voice = _voice(name)
    pieces = [pcm.samples for pcm in voice.say(text, CancelToken())]
    samples = resample(Pcm(np.concatenate(pieces), voice.format), AudioFormat(RATE)).samples
    return at_level(samples.astype(np.float32) * np.float32(1 / 32768), -20.0)


def level(wave: Wave) -> float:
    """Return the level in dB of full scale of the 20 ms pieces that are not pauses."""
    pieces = wave[: len(wave) // 320 * 320].reshape(-1, 320)
    power = (pieces**2).mean(axis=1)
    return float(10 * np.log10(power[power > power.max() * 1e-3].mean() + 1e-12))


def at_level(wave: Wave, db: float) -> Wave:
    """Return a sound at a level."""
    return (wave * 10 ** ((db - level(wave)) / 20)).astype(np.float32)


def pause(seconds: float) -> Wave:
    """Return silence."""
    return np.zeros(int(seconds * RATE), np.float32)


@cache
def babble(seconds: int, seed: int = 0) -> Wave:
    """Return six other voices that talk at once, at -20 dB."""
    rng = np.random.default_rng(seed)
    mixed = pause(seconds)
    for name in BABBLERS:
        said = np.concatenate([spoken(CHATTER[i], name) for i in rng.permutation(len(CHATTER))])
        begin = int(rng.integers(len(said)))
        mixed += np.resize(np.roll(said, begin), len(mixed))
    return at_level(mixed, -20.0)


def noise(seconds: float, colour: str, seed: int = 0) -> Wave:
    """Return white, pink or brown noise, or the hum of a motor, at -20 dB."""
    rng = np.random.default_rng(seed)
    count = int(seconds * RATE)
    if colour == "motor":
        time = np.arange(count) / RATE
        speed = 90 + 20 * np.sin(2 * np.pi * 0.2 * time)
        phase = 2 * np.pi * np.cumsum(speed) / RATE
        wave = sum(np.sin(k * phase) / k for k in range(1, 12)) + rng.normal(0, 0.3, count)
        return at_level(np.asarray(wave, np.float32), -20.0)
    power = {"white": 0.0, "pink": 0.5, "brown": 1.0}[colour]
    spectrum = np.fft.rfft(rng.normal(size=count))
    spectrum /= np.maximum(np.arange(len(spectrum)), 20 * seconds) ** power
    return at_level(np.fft.irfft(spectrum, count).astype(np.float32), -20.0)


def knocks(seconds: float, seed: int = 0) -> Wave:
    """Return clicks, knocks and slammed doors, at -20 dB."""
    rng = np.random.default_rng(seed)
    wave = pause(seconds)
    for begin in rng.integers(0, max(1, len(wave) - RATE), int(seconds * 1.5)):
        length, pitch = int(rng.integers(200, 8000)), rng.uniform(60, 1500)
        time = np.arange(length) / RATE
        burst = rng.normal(size=length) + np.sin(2 * np.pi * pitch * time)
        wave[begin : begin + length] += (burst * np.exp(-6 * time * RATE / length)).astype("f4")
    return at_level(wave, -20.0)


def music(seconds: float, seed: int = 0) -> Wave:
    """Return chords, a melody with vibrato and a drum, at -20 dB."""
    rng = np.random.default_rng(seed)
    wave = pause(seconds)
    beat = int(RATE * rng.uniform(0.35, 0.6))
    scale = 220 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16]) / 12)
    for number, begin in enumerate(range(0, len(wave) - 4 * beat, beat)):
        _add(wave, begin, _note(rng.choice(scale) * 2, beat * 2, 0.006, rng), 0.5)
        if number % 4 == 0:
            for step in (0, 2, 4):
                _add(wave, begin, _note(scale[(number // 4 + step) % 7], beat * 4, 0.0, rng), 0.25)
        drum = rng.normal(size=beat // 2) * np.exp(-np.arange(beat // 2) / (beat / 12))
        _add(wave, begin, drum, 0.3 if number % 2 else 0.1)
    return at_level(wave, -20.0)


def _note(
    pitch: float, length: int, vibrato: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    time = np.arange(length) / RATE
    phase = 2 * np.pi * pitch * (time + vibrato * np.sin(2 * np.pi * 5.5 * time) / 35)
    harmonics = 1 / np.arange(1, 9) ** rng.uniform(0.8, 2.0)
    tone = sum(h * np.sin((k + 1) * phase) for k, h in enumerate(harmonics))
    envelope = np.minimum(1, time * 40) * np.exp(-1.5 * time * RATE / length)
    return np.asarray(tone * envelope)


def _add(wave: Wave, begin: int, sound: NDArray[np.float64], gain: float) -> None:
    room = wave[begin : begin + len(sound)]
    room += (gain * sound[: len(room)]).astype(np.float32)


def in_room(wave: Wave, delay: float = 0.04, gain_db: float = -6.0, seed: int = 0) -> Wave:
    """Return what a microphone hears of a loudspeaker: delayed, quieter, with 0.15 s of reverb."""
    rng = np.random.default_rng(seed)
    tail = np.arange(int(0.15 * RATE))
    path = rng.normal(size=len(tail)) * np.exp(-tail / (0.03 * RATE)) * 0.05
    path[0] = 1.0
    size = len(wave) + len(path)
    heard = np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(path, size), size)[: len(wave)]
    heard *= 10 ** (gain_db / 20)
    return np.concatenate([pause(delay), heard.astype(np.float32)])[: len(wave)]


def pcm(wave: Wave) -> Pcm:
    """Return a sound as the listener takes it."""
    return Pcm((np.clip(wave, -1, 1) * 32767).astype(np.int16), AudioFormat(RATE))
