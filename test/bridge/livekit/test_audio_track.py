"""What a participant of the room hears, against what was said on the topic."""

from __future__ import annotations

import asyncio
import time

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import correlate

from video_commentary.bridge.items import Cut, Loudness, Sound
from video_commentary.bridge.robot_gateway import RobotGateway
from video_commentary.core.audio import OUTPUT_FORMAT, Pcm

from .people import Person, bridge, credentials_for, person, until
from .server import LiveKitServer

RATE = 48_000
LOUD = 1000
PIECE = RATE // 10
IT_IS = 0.4
"""Another tone has a likeness below 0.2; the codec bends the first 0.1 s after a silence, and a
receiver that plays faster to catch up bends the rest."""


def sweep(seconds: float, low: float = 300.0, high: float = 3000.0) -> NDArray[np.int16]:
    """Return a rising tone: it matches itself at one place only."""
    t = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * (low * t + (high - low) * t**2 / (2 * seconds))
    return np.asarray(8000 * np.sin(phase), np.int16)


def say(
    gateway: RobotGateway, samples: NDArray[np.int16], at: float, sizes: tuple[int, ...] = (1920,)
) -> None:
    """Publish sound in blocks of these sizes, in turn; the first is due `at`."""
    first = index = 0
    while first < len(samples):
        size = sizes[index % len(sizes)]
        block = Pcm(samples[first : first + size], OUTPUT_FORMAT)
        gateway.publish(Sound(block, at + first / RATE, index))
        first, index = first + size, index + 1


def find(said: NDArray[np.int16], heard: NDArray[np.int16]) -> tuple[float, float]:
    """Return where in `heard` it begins, s, and how well it fits there: 1 for the same wave.

    Piece by piece, and the median of these: a receiver stretches sound a little where packets
    come unevenly.
    """
    found = []
    for first in range(0, len(said) - PIECE + 1, PIECE):
        x, y = said[first : first + PIECE].astype(float), heard.astype(float)
        scores = correlate(y, x, "valid")
        best = int(np.argmax(scores))
        there = y[best : best + len(x)]
        likeness = scores[best] / (np.linalg.norm(x) * np.linalg.norm(there) + 1)
        found.append(((best - first) / RATE, float(likeness)))
    place, likeness = np.median(found, axis=0)
    return float(place), float(likeness)


async def spoken(ann: Person, seconds: float, since: int = 0) -> NDArray[np.int16]:
    """Return what is heard from a sample on, after most of `seconds` of sound and then silence."""

    def over() -> bool:
        loud = np.abs(ann.sound[since:]) > LOUD
        return bool(loud.sum() > 0.7 * seconds * RATE and not loud[-3 * RATE // 10 :].any())

    await until(over, what="all that is said")
    return ann.sound[since:]


def test_a_listener_hears_what_the_topic_says(server: LiveKitServer) -> None:
    """Also in blocks that are no whole frames, as a voice hands them out."""
    said = sweep(1.5)

    async def scene() -> NDArray[np.int16]:
        credentials = credentials_for(server)
        async with person(credentials) as ann, bridge(credentials) as robot:
            await until(lambda: len(ann.heard) > 20, what="silence heard")
            say(robot.gateway, said, time.time() + 0.2, sizes=(1920, 1920, 350))
            return await spoken(ann, 1.5)

    heard = asyncio.run(scene())
    _, likeness = find(said, heard)
    assert likeness > 0.95
    loud = np.flatnonzero(np.abs(heard) > LOUD)
    assert abs((loud[-1] - loud[0]) / RATE - 1.5) < 0.2


def test_the_stamps_set_the_pace(server: LiveKitServer) -> None:
    first, second = sweep(0.4), sweep(0.4, 3000.0, 300.0)

    async def scene() -> NDArray[np.int16]:
        credentials = credentials_for(server)
        async with person(credentials) as ann, bridge(credentials) as robot:
            await until(lambda: len(ann.heard) > 20, what="silence heard")
            now = time.time()
            say(robot.gateway, first, now + 0.1)
            say(robot.gateway, second, now + 0.9)
            return await spoken(ann, 0.8)

    heard = asyncio.run(scene())
    (begin, likeness), (again, likeness_again) = find(first, heard), find(second, heard)
    assert min(likeness, likeness_again) > IT_IS
    assert abs(again - begin - 0.8) < 0.15


@pytest.mark.parametrize("off", [-3600.0, 3600.0])
def test_stamps_of_another_clock_still_sound(server: LiveKitServer, off: float) -> None:
    said = sweep(0.4)

    async def scene() -> NDArray[np.int16]:
        credentials = credentials_for(server)
        async with person(credentials) as ann, bridge(credentials) as robot:
            await until(lambda: len(ann.heard) > 20, what="silence heard")
            say(robot.gateway, said, time.time() + off)
            return await spoken(ann, 0.4)

    assert find(said, asyncio.run(scene()))[1] > IT_IS


def test_loudness_changes_what_is_queued_already_and_nothing_is_lost(
    server: LiveKitServer,
) -> None:
    tone = (8000 * np.sin(2 * np.pi * 500 * np.arange(5 * RATE // 2) / RATE)).astype(np.int16)

    def peaks(sound: NDArray[np.int16]) -> NDArray[np.int16]:
        """Return the peak of each 50 ms, of what is no silence."""
        pieces = np.abs(sound[: len(sound) // 2400 * 2400].reshape(-1, 2400)).max(axis=1)
        return np.asarray(pieces[pieces > 700], np.int16)

    async def scene() -> None:
        credentials = credentials_for(server)
        async with person(credentials) as ann, bridge(credentials) as robot:
            await until(lambda: len(ann.heard) > 20, what="silence heard")
            start = time.time() + 0.1
            say(robot.gateway, tone, start)
            await until(lambda: len(peaks(ann.sound)) > 8, what="the first words")
            robot.gateway.publish(Loudness(0.2))
            await until(lambda: (peaks(ann.sound) < 2500).sum() > 8, what="quieter words")
            robot.gateway.publish(Loudness(1.0))
            await until(lambda: not peaks(ann.sound[-RATE // 4 :]).size, what="the end")
            heard = peaks(ann.sound)
            quiet = np.flatnonzero(heard[2:-2] < 2500) + 2
            assert len(quiet) < 26 and quiet[0] < 20, "not at once"
            assert np.median(heard[quiet]) == pytest.approx(1600, rel=0.2)
            assert np.median(heard[quiet[-1] + 2 : -2]) == pytest.approx(8000, rel=0.2)
            assert len(heard) == pytest.approx(50, abs=4), "sound was lost or played twice"

    asyncio.run(scene())


def test_a_cut_is_heard_at_once_and_new_words_after_it(server: LiveKitServer) -> None:
    said, next_words = sweep(2.5), sweep(0.8, 3000.0, 300.0)

    def loud(sound: NDArray[np.int16]) -> float:
        return float((np.abs(sound) > LOUD).sum() / RATE)

    async def scene() -> None:
        credentials = credentials_for(server)
        async with person(credentials) as ann, bridge(credentials) as robot:
            await until(lambda: len(ann.heard) > 20, what="silence heard")
            start = time.time() + 0.1
            say(robot.gateway, said, start)
            await until(lambda: loud(ann.sound) > 0.3, what="the first words")
            robot.gateway.publish(Cut(time.time()))
            most = time.time() - start + 0.4
            before = await spoken(ann, 0.3)
            assert loud(before) < min(most, 2.0)
            say(robot.gateway, next_words, time.time() + 0.1)
            after = await spoken(ann, 0.8, since=len(before))
            assert find(next_words, after)[1] > IT_IS

    asyncio.run(scene())
