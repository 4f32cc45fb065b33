"""Speech that had no room on the GPU, loaded in the background once it has."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ....core.backoff import Backoff
from ....core.engine import EngineError
from ..answer import SpeechSynthesizer
from ..memory import release_gpu_memory
from .speech_memory import NoRoomError

CHECK = 10.0
"""Seconds between two looks at the GPU's free memory; one takes some microseconds."""

LOG = logging.getLogger(__name__)


class SpeechRecovery:
    """Looks now and then whether the GPU has room for speech, and loads it once it has.

    `load` loads it, on this object's thread, when `free_bytes` returns at least `needed`, or None
    for no limit. After a load that found no room after all, the next is 20 to 160 s later.
    `speech`: None until it is loaded. `trouble`: why there is none yet and what to do.
    """

    def __init__(
        self,
        load: Callable[[], SpeechSynthesizer],
        free_bytes: Callable[[], int | None],
        needed: int,
        trouble: str,
    ) -> None:
        self._load = load
        self._free_bytes = free_bytes
        self._needed = needed
        self.trouble = trouble
        self.speech: SpeechSynthesizer | None = None
        self._closed = threading.Event()
        thread = threading.Thread(target=self._run, name="speech recovery", daemon=True)
        thread.start()

    def close(self) -> None:
        """Stop; a load under way is dropped when it ends."""
        self._closed.set()

    def _run(self) -> None:
        wait, backoff = CHECK, Backoff(2 * CHECK, 16 * CHECK)
        while not self._closed.wait(wait):
            wait = CHECK
            try:
                free = self._free_bytes()
                if free is not None and free < self._needed:
                    continue
                self.speech = self._load()
            except NoRoomError as error:
                self.trouble, self._needed = str(error), error.needed
                wait = backoff.failed()
            except (EngineError, RuntimeError) as error:
                # nothing that more room would cure, such as a GPU that is lost
                self.trouble = str(error)
                return
            # not in the handlers: there the error still holds what was loaded
            if self.speech is None:
                release_gpu_memory()
                continue
            if self._closed.is_set():
                self.speech = None
                release_gpu_memory()
            else:
                LOG.info("the GPU has room for the native voice: it is loaded")
            return
