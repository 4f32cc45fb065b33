"""The thread that turns wanted images into frames and shows them to the lookout."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from ..core.engine import EngineError
from ..core.lookout import Lookout, Use
from .camera import Camera


class Eyes:
    """Runs from construction to `close`. `error` says why the engine can't look; else empty."""

    def __init__(
        self,
        cameras: Sequence[Camera],
        lookout: Lookout,
        noticed: Callable[[], None],
        arrived: threading.Event,
    ) -> None:
        """Call `noticed` after each frame that was kept; wait for `arrived`."""
        self._cameras = cameras
        self._lookout = lookout
        self._noticed = noticed
        self._arrived = arrived
        self._stop = threading.Event()
        self.error = ""
        self._thread = threading.Thread(target=self._run, name="eyes", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._stop.set()
        self._arrived.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._arrived.wait()
            self._arrived.clear()
            if self._stop.is_set():
                return
            for camera in self._cameras:
                while self._look(camera):
                    pass

    def _look(self, camera: Camera) -> bool:
        """Look at a camera's next frame; return whether there was one."""
        if (seen := camera.next_frame()) is None:
            return False
        frame, use = seen
        try:
            self._lookout.see(camera.topic, frame, use)
            self.error = ""
        except EngineError as error:
            self.error = str(error)
        except Exception as error:  # noqa: BLE001 - whatever an engine raises, the node stays up
            self.error = f"{type(error).__name__}: {error}"
        if use is Use.KEEP:
            self._noticed()
        return True
