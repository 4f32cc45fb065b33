"""The thread that converts wanted images to frames and hands them to the scene monitor."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from ..core.engine import EngineError, unexpected
from ..core.facts import FrameFacts
from ..core.frames import Frame
from ..core.scene_monitor import SceneMonitor, Use
from .camera import Camera

HUNG_AFTER = 10.0
"""Seconds that `Engine.look` may take: on a GPU, the first call compiles kernels."""
GRACE = 1.0
"""Seconds for which `close` waits for a frame that is being looked at."""


class FrameWorker:
    """Runs from construction to `close`."""

    def __init__(
        self,
        cameras: Sequence[Camera],
        scene: SceneMonitor,
        on_frame: Callable[[bool], None],
        on_facts: Callable[[Frame, FrameFacts], None],
        arrived: threading.Event,
    ) -> None:
        """Call `on_frame` after each frame: was it kept? `arrived` wakes the thread.

        `on_facts` gets what the engine saw in a frame, if it states facts.
        """
        self._cameras = cameras
        self._scene = scene
        self._on_frame = on_frame
        self._on_facts = on_facts
        self._arrived = arrived
        self._stop = threading.Event()
        self._error = ""
        self._looking_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="frames", daemon=True)
        self._thread.start()

    @property
    def error(self) -> str:
        """Why the engine can't look at frames and what to do; empty if it can."""
        since = self._looking_since
        hung = 0.0 if since is None else time.monotonic() - since
        if hung > HUNG_AFTER:
            return (
                f"the engine has been looking at one frame for {hung:.0f} s; "
                "if it keeps happening, restart the node or choose another engine"
            )
        return self._error

    def close(self) -> None:
        """Stop the thread, without waiting for an engine that hangs."""
        self._stop.set()
        self._arrived.set()
        self._thread.join(GRACE)

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
        """Look at a camera's next frame; return False if there is none."""
        try:
            if (seen := camera.next_frame()) is None:
                return False
            frame, use = seen
            self._looking_since = time.monotonic()
            try:
                facts = self._scene.add(camera.topic, frame, use)
            finally:
                self._looking_since = None
                self._on_frame(use is Use.KEEP)
            if facts:
                self._on_facts(frame, facts)
            self._error = ""
        except EngineError as error:
            self._error = str(error)
        except Exception as error:  # noqa: BLE001 - whatever an engine raises, the node stays up
            self._error = str(unexpected(error))
        return True
