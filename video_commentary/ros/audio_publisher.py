"""The thread that publishes the playout's sound, just before it is due to be heard."""

from __future__ import annotations

import threading
from collections.abc import Callable

from audio_common_msgs.msg import AudioData

from ..core.audio import OUTPUT_FORMAT, Pcm
from ..core.clock import Clock
from ..core.gain import GainRamp
from ..core.pacing import Playout
from ..core.stamp import from_seconds
from .messages import audio, audio_stamped


class AudioPublisher:
    """Publishes from construction to `close`.

    When the playout is cleared in mid-sentence, a stamped message without sound follows: players
    then drop what they still hold.
    """

    def __init__(
        self,
        playout: Playout,
        clock: Clock,
        publish: Callable[[object], None],
        publish_stamped: Callable[[object], None],
        volume: Callable[[], float],
    ) -> None:
        """Begin; `publish` takes AudioData, `publish_stamped` AudioDataStamped.

        `volume` returns the gain in force, 1.0 for the sound as it is.
        """
        self._playout = playout
        self._clock = clock
        self._publish = publish
        self._publish_stamped = publish_stamped
        self._volume = volume
        self._gain = GainRamp(OUTPUT_FORMAT.rate, volume())
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audio", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; what is still queued is not handed out."""
        self._stop.set()
        self._playout.changed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._playout.changed.clear()
            if self._playout.take_cut() is not None:
                self._stamped(AudioData(), self._clock.now())
            while block := self._playout.take(self._clock.now()):
                due, pcm = block
                self._gain.level = self._volume()
                data = audio(Pcm(self._gain.apply(pcm.samples), pcm.format))
                self._publish(data)
                self._stamped(data, due)
            self._clock.wait(self._playout.changed, self._playout.due_in(self._clock.now()))

    def _stamped(self, data: AudioData, due: float) -> None:
        heard_at = self._clock.stamp() + from_seconds(due - self._clock.now())
        self._publish_stamped(audio_stamped(data, heard_at, "voice"))
