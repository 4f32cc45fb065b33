"""How soon speech stops the robot, and what stops it wrongly."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from bench.listening_feed import Session, quiet
from bench.listening_sounds import (
    RATE,
    VOICES,
    Wave,
    at_level,
    in_room,
    knocks,
    music,
    noise,
    pause,
    spoken,
)
from video_commentary.listening.intents import ActKind, understand
from video_commentary.listening.items import BargedIn, BargeInState, Heard

STOP_BAR = 300
"""Milliseconds from the start of a word, as it arrives at the listener, to STOP."""
FALSE_STOPS_BAR, FALSE_ACTS_BAR = 2, 0
COMMENTARY = (
    "A person in a red coat walks past the blue car, and a dog runs after them.",
    "Two cyclists wait at the light. The bus leaves.",
    "A woman with a bag comes from the left and looks at her phone.",
    "The white van has been parked here for a minute.",
    "Three people stand near the entrance, one of them waves.",
    "It is getting darker; a cyclist arrives.",
    "Two children play with a ball next to the bench.",
    "Somebody enters from the right, carrying a box.",
)
INTERRUPTIONS = (
    "Stop talking.",
    "Be quiet.",
    "Go on.",
    "What is the man on the left doing?",
    "Only talk about the cars.",
    "Tell me when a person enters.",
    "How many people are there?",
    "Look for a red bicycle.",
)
_LEARN = 12.0
_EVERY = 7.0
_ONSET = 10 ** (-30 / 20)


def onset(words: Wave) -> int:
    """Return the first sample of a sentence's first 10 ms within 30 dB of its loudest."""
    levels = np.sqrt((words[: len(words) // 160 * 160].reshape(-1, 160) ** 2).mean(axis=1))
    return int(np.argmax(levels > levels.max() * _ONSET)) * 160


def commentary(seconds: float, voice: str, pauses: float = 1.0) -> Wave:
    """Return what the robot says, sentence after sentence."""
    pieces = [np.concatenate([spoken(text, voice), pause(pauses)]) for text in COMMENTARY]
    return np.resize(np.concatenate(pieces), int(seconds * RATE))


@dataclass
class Stops:
    """Milliseconds to DUCK and to STOP, None where it did not come before the words' end."""

    duck: list[float | None] = field(default_factory=list)
    stop: list[float | None] = field(default_factory=list)


def measure_stops(session: Session, voice: str, robot: str, rounds: int = 1) -> Stops:
    """Interrupt the robot in real time, again and again; it goes on in spite of that."""
    said = [spoken(text, voice) for text in INTERRUPTIONS * rounds]
    played = commentary(_LEARN + _EVERY * len(said), robot, 0.3)
    heard = in_room(played) + quiet(len(played) / RATE)[: len(played)]
    begins = [_LEARN + _EVERY * number for number in range(len(said))]
    for begin, words in zip(begins, said, strict=True):
        first = int(begin * RATE) - onset(words)
        heard[first : first + len(words)] += words
    before = len(session.events)
    session.run(heard, played, live=True)
    stops = Stops()
    for begin, words in zip(begins, said, strict=True):
        for state, times in ((BargeInState.DUCK, stops.duck), (BargeInState.STOP, stops.stop)):
            delays = [
                1000 * (at - session.begun - begin)
                for at, event in session.events[before:]
                if isinstance(event, BargedIn) and event.state is state
            ]
            limit = 1000 * len(words) / RATE
            times.append(next((delay for delay in delays if 0 < delay < limit), None))
    return stops


def measure_ends(session: Session, voice: str) -> list[float]:
    """Return milliseconds from the end of each sentence to its final transcript, in real time."""
    delays = []
    for text in INTERRUPTIONS:
        words = spoken(text, voice)
        session.run(np.concatenate([quiet(1.0), words, quiet(2.5)]), live=True)
        end = session.begun + 1.0 + len(words) / RATE
        finals = [at for at, event in session.events if isinstance(event, Heard) and event.final]
        if finals and finals[-1] > session.begun:
            delays.append(1000 * (finals[-1] - end))
    return delays


@dataclass
class FalseStops:
    """What happened though nobody spoke. `where`: the sounds in which the robot was stopped."""

    minutes: float = 0.0
    ducks: int = 0
    stops: int = 0
    acts: int = 0
    where: list[str] = field(default_factory=list)


def _sounds(minutes: float) -> Iterator[tuple[str, Wave, str]]:
    """Yield a minute of sound after another: its name, the sound, and the robot's voice."""
    kinds = ("nothing", "white", "pink", "brown", "motor", "music", "music", "knocks", "music")
    for number in range(max(1, round(minutes))):
        kind, robot = kinds[number % len(kinds)], VOICES[number // len(kinds) % len(VOICES)]
        level = (-35.0, -28.0, -22.0)[number % 3]
        if kind == "nothing":
            sound = pause(60)
        elif kind == "music":
            sound = at_level(music(60, number), level)
        elif kind == "knocks":
            sound = at_level(knocks(60, number), level)
        else:
            sound = at_level(noise(60, kind, number), level)
        yield f"{kind} at {level:.0f} dB, {robot}", sound, robot


def measure_false(session: Session, minutes: float, verbose: bool = False) -> FalseStops:
    """Play the robot's commentary into a room with noise and music, where nobody speaks."""
    found = FalseStops()
    for number, (name, sound, robot) in enumerate(_sounds(minutes)):
        played = commentary(60, robot, 1.0 + number % 3)
        heard = in_room(played, seed=number // 9) + sound + quiet(60, number)
        for at in range(len(played) // (20 * RATE)):  # the words that are being said
            session.listener.said(" ".join(COMMENTARY), session.next_stamp + at * 20 * 10**9)
        events = session.run(heard, played)
        states = [event.state for event in events if isinstance(event, BargedIn)]
        said = [event.text for event in events if isinstance(event, Heard) and event.final]
        acts = [text for text in said if understand(text).kind is not ActKind.NONE]
        found.minutes += 1
        found.ducks += states.count(BargeInState.DUCK)
        found.stops += states.count(BargeInState.STOP)
        found.acts += len(acts)
        if BargeInState.STOP in states or acts:
            found.where.append(f"{name}: {acts or said}")
        if verbose:
            print(f"  {name}: {[state.name for state in states]} {said}", flush=True)
    return found


def measure_cpu(session: Session, seconds: float, voice: str | None) -> float:
    """Return percent of a core over some seconds: idle, or while a voice goes on speaking."""
    sound = quiet(seconds)
    if voice:
        sound += np.resize(commentary(30, voice, 0.6), len(sound))
    session.run(quiet(1.0), live=True)
    used, begun = time.process_time(), time.monotonic()
    session.run(sound, live=True)
    return 100 * (time.process_time() - used) / (time.monotonic() - begun)
