"""A listener that is fed from arrays, as fast as it can take them or in real time."""

from __future__ import annotations

import time

import numpy as np

from bench.listening_sounds import RATE, Wave, pause, pcm
from video_commentary.config.listener_settings import ListenerSettings
from video_commentary.core.stamp import NANOSECONDS, Stamp, from_seconds
from video_commentary.listening.items import ListeningEvent
from video_commentary.listening.listener import Listener
from video_commentary.listening.registry import create_recognizer

PIECE = 0.02
"""Seconds of sound that arrive at once."""
AHEAD = 0.2
"""Seconds by which the listener knows what will be played."""
START = 1_700_000_000 * NANOSECONDS
_GAP = 100


class Session:
    """One stream of one listener, with the settings' own recognizer."""

    def __init__(self, settings: ListenerSettings | None = None) -> None:
        settings = settings or ListenerSettings()
        self.events: list[tuple[float, ListeningEvent]] = []
        """With the time, by the monotonic clock, at which each was reported."""
        self.listener = Listener(settings, create_recognizer(settings), self._take)
        self.listener.load()
        self.next_stamp = START
        """When the sound of the next run begins."""
        self.begun = 0.0

    def _take(self, event: ListeningEvent) -> None:
        self.events.append((time.monotonic(), event))

    def run(
        self, heard: Wave, played: Wave | None = None, *, live: bool = False
    ) -> list[ListeningEvent]:
        """Feed sound, and what is played meanwhile; return what was reported.

        Not `live`: each piece once all before it is recognized, as by an infinitely fast machine.
        """
        known = len(self.events)
        begin = self.next_stamp
        self.next_stamp += from_seconds(len(heard) / RATE + _GAP)
        size = int(PIECE * RATE)
        pieces = [pcm(heard[at : at + size]) for at in range(0, len(heard), size)]
        if played is not None:
            self._play(played, 0.0, AHEAD, begin)
        self.begun = time.monotonic()
        for number, piece in enumerate(pieces):
            at = number * PIECE
            if played is not None:
                self._play(played, at + AHEAD, PIECE, begin)
            if live:
                time.sleep(max(0.0, self.begun + at + PIECE - time.monotonic()))
            self.listener.hear("microphone", piece, begin + from_seconds(at))
            if not live:
                self._settle()
        self._settle()
        return [event for _, event in self.events[known:]]

    def _play(self, played: Wave, at: float, seconds: float, begin: Stamp) -> None:
        first = round(at * RATE)
        piece = played[first : first + round(seconds * RATE)]
        if len(piece):
            self.listener.played(pcm(piece), begin + first * NANOSECONDS // RATE)

    def _settle(self) -> None:
        while (state := self.listener.state).waiting or state.unrecognized:
            time.sleep(0.0005)

    def close(self) -> None:
        """End the listener."""
        self.listener.close()


def quiet(seconds: float, seed: int = 0) -> Wave:
    """Return a quiet room: noise at -60 dB."""
    rng = np.random.default_rng(seed)
    return pause(seconds) + rng.normal(0, 1e-3, int(seconds * RATE)).astype(np.float32)
