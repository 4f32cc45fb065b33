"""The listener: sound of several streams in, who speaks and what was said out."""

from __future__ import annotations

from collections.abc import Callable

from ..config.settings import ListenerSettings
from ..core.audio import Pcm
from ..core.stamp import Stamp
from .items import ListeningEvent, Recognizer


class Listener:
    """Hears several streams of sound and reports speech, words and barging in.

    Thread-safe. `handle` is called by the listener's own threads, one call at a time.
    """

    def __init__(
        self,
        settings: ListenerSettings,
        recognizer: Recognizer,
        handle: Callable[[ListeningEvent], None],
    ) -> None:
        self._settings = settings
        self._recognizer = recognizer
        self._handle = handle

    def load(self) -> None:
        """Import and load what is heavy, on this thread, and begin to listen.

        Raise RecognizerError, saying what to install or to fetch.
        """
        self._recognizer.load()

    def hear(self, stream: str, pcm: Pcm, stamp: Stamp, speaker: str = "") -> None:
        """Take sound of a stream, of any rate and one or more channels; never blocks.

        `stamp`: when its first sample was recorded. `speaker`: who speaks, if known.
        """

    def played(self, pcm: Pcm, stamp: Stamp) -> None:
        """Take sound that the robot's loudspeaker plays, which is due at `stamp`."""

    def said(self, text: str, stamp: Stamp) -> None:
        """Take words that the robot is saying from `stamp` on."""

    def forget(self, stream: str) -> None:
        """End a stream and its utterance."""

    def close(self) -> None:
        """End all threads and close the recognizer; nothing is reported afterwards."""
        self._recognizer.close()
