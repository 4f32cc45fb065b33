"""The commentator's voice as a LiveKit audio track."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from ...core.audio import OUTPUT_FORMAT
from ...core.gain import GainRamp
from ..broadcast import Broadcast
from ..items import Cut, Loudness, Sound

_RATE = OUTPUT_FORMAT.rate
_FRAME = _RATE // 50
"""Samples in a frame of 20 ms, as in Opus."""
_MAX_AHEAD = 1.0
"""Seconds; sound due later than that was stamped by another clock, and is played at once."""
_MARGIN = 0.01
NAME = "speech"


@dataclass(eq=False)
class _QueuedFrame:
    """A frame in the track's queue, as it came and as it is played.

    `gain`: of the sample before it. `end`: when it has been played, by the loop's clock.
    """

    samples: NDArray[np.int16]
    scaled: NDArray[np.int16]
    gain: float
    end: float = 0.0


class AudioTrack:
    """Plays each block at its stamp and silence in between; a Cut silences it at once.

    Sound that is ahead of its time waits in the track's own queue. A Cut clears that; Loudness has
    it filled again, at the new level.
    """

    def __init__(self, broadcast: Broadcast, now: Callable[[], float]) -> None:
        """Create it on the event loop that runs it. `now` returns seconds of the ROS clock."""
        self._broadcast = broadcast
        self._now = now
        self._clock = asyncio.get_running_loop().time
        self._source = rtc.AudioSource(_RATE, OUTPUT_FORMAT.channels, queue_size_ms=3000)
        self._rest: NDArray[np.int16] = np.zeros(0, np.int16)
        self._gain = GainRamp(_RATE)
        self._queued: deque[_QueuedFrame] = deque()
        self._end = 0.0
        self.sid = ""

    async def publish(self, participant: rtc.LocalParticipant) -> None:
        """Publish the track in the room."""
        track = rtc.LocalAudioTrack.create_audio_track(NAME, self._source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        self.sid = (await participant.publish_track(track, options)).sid

    async def run(self) -> None:
        """Play until cancelled."""
        subscriber = self._broadcast.subscribe(Sound, Cut, Loudness)
        try:
            while True:
                try:
                    item = await asyncio.wait_for(subscriber.next(), self._rest_timeout())
                except asyncio.TimeoutError:
                    await self._flush()
                    continue
                if isinstance(item, Sound):
                    await self.play(item)
                elif isinstance(item, Cut):
                    self.cut()
                elif isinstance(item, Loudness):
                    await self.set_level(item.level)
        finally:
            subscriber.close()

    async def play(self, sound: Sound) -> None:
        """Queue a block, after the silence before it."""
        starts = self._end + len(self._rest) / _RATE
        ahead = sound.heard_at - self._now()
        gap = self._clock() + ahead - max(starts, self._clock())
        if ahead < _MAX_AHEAD and gap > _MARGIN:
            await self._flush()
            await self._queue(np.zeros(round(gap * _RATE), np.int16))
        samples = np.concatenate([self._rest, sound.pcm.samples])
        whole = len(samples) - len(samples) % _FRAME
        for first in range(0, whole, _FRAME):
            await self._queue(samples[first : first + _FRAME])
        self._rest = samples[whole:]

    async def set_level(self, level: float) -> None:
        """Scale what is heard from now on."""
        self._gain.level = level
        now = self._clock()
        waiting = [frame for frame in self._queued if frame.end > now]
        if len(waiting) < 2:
            return
        playing, *waiting = waiting
        played = max(0, len(playing.samples) - round((playing.end - now) * _RATE))
        rest = playing.scaled[played:]  # as it is: a step within a frame would click
        self._clear()
        await self._send(_QueuedFrame(playing.samples[played:], rest, playing.gain))
        self._gain.resume(waiting[0].gain)
        for frame in waiting:
            await self._queue(frame.samples)

    def cut(self) -> None:
        """Fall silent now."""
        self._clear()
        self._rest = self._rest[:0]

    def _clear(self) -> None:
        self._source.clear_queue()
        self._queued.clear()
        self._end = self._clock()

    async def close(self) -> None:
        """Free the track."""
        await self._source.aclose()

    def _rest_timeout(self) -> float | None:
        """Return the seconds that an incomplete frame can wait; None if there is none."""
        if not len(self._rest):
            return None
        return max(0.0, self._end - self._clock() - _MARGIN)

    async def _flush(self) -> None:
        """Queue an incomplete frame, padded with silence."""
        if len(self._rest):
            frame = np.zeros(_FRAME, np.int16)
            frame[: len(self._rest)] = self._rest
            self._rest = self._rest[:0]
            await self._queue(frame)

    async def _queue(self, samples: NDArray[np.int16]) -> None:
        gain = self._gain.now
        await self._send(_QueuedFrame(samples, self._gain.apply(samples), gain))

    async def _send(self, frame: _QueuedFrame) -> None:
        samples = frame.scaled
        now = self._clock()
        while self._queued and self._queued[0].end <= now:
            self._queued.popleft()
        sent = rtc.AudioFrame(samples.tobytes(), _RATE, OUTPUT_FORMAT.channels, len(samples))
        await self._source.capture_frame(sent)
        self._end = max(self._end, self._clock()) + len(samples) / _RATE
        frame.end = self._end
        self._queued.append(frame)
