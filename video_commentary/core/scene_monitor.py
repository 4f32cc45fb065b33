"""What the cameras have shown lately: sliding windows, and change since the last comment."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cached_property
from math import ceil

from .change import ChangeDetector, Intensity
from .cycle_settings import CycleSettings
from .engine import Engine
from .facts import FrameFacts
from .facts_observer import OBSERVED_FPS, FactsObserver
from .frames import Frame, FrameWindow, StampSampler
from .stamp import Stamp, from_seconds

STALE = 5.0
"""Seconds a camera may lag behind the freshest one before views leave it out."""


class Use(Enum):
    """What a frame is for: nothing, the observer only, the engine's `look`, or requests as well."""

    NONE = auto()
    OBSERVE = auto()
    LOOK = auto()
    KEEP = auto()


@dataclass(frozen=True)
class View:
    """Frames for a request, oldest first, and how much changed since the view before it."""

    frames: tuple[Frame, ...]
    intensity: Intensity


@dataclass(frozen=True)
class CameraWindow:
    """The newest frames of one camera, oldest first; at least one.

    `changed`: the stamp of the newest kept frame that differs from the one before it.
    """

    frames: tuple[Frame, ...]
    changed: Stamp


class _CameraState:
    """One camera's samplers, window and change."""

    def __init__(
        self, settings: CycleSettings, engine: Engine, cameras: int, observed: bool
    ) -> None:
        self._capture_fps = settings.capture_fps
        self._engine = engine
        self.keep = StampSampler(settings.capture_fps)
        self.window = FrameWindow(
            settings.window_capacity,
            ceil(settings.frames_per_request / cameras),
            settings.frame_stride,
        )
        self.change = ChangeDetector(settings.change_threshold)
        self.changed: Stamp = 0
        self._observe = StampSampler(OBSERVED_FPS) if observed else None
        # A frame that is kept or looked at is offered to the observer only when that is due.
        self.offer = StampSampler(OBSERVED_FPS)

    @cached_property
    def look(self) -> StampSampler | None:
        # with the first frame of use: an engine knows its rate once it is loaded
        look_fps = self._engine.look_fps
        return StampSampler(look_fps) if look_fps > self._capture_fps else None

    def use(self, stamp: Stamp) -> Use:
        kept = self.keep.take(stamp)
        looked = self.look is not None and self.look.take(stamp)
        observed = self._observe is not None and self._observe.take(stamp)
        if kept:
            return Use.KEEP
        return Use.LOOK if looked else Use.OBSERVE if observed else Use.NONE


class SceneMonitor:
    """Collects the frames of any number of cameras and makes views of them.

    `use` is called where frames arrive, `add` on the thread that converts them, `view` and `tune`
    on any thread.
    """

    def __init__(
        self, settings: CycleSettings, engine: Engine, observer: FactsObserver | None = None
    ) -> None:
        """Watch the cameras that `settings.image_topics` names; `engine` looks at their frames.

        `observer`: looks beside an engine that only writes.
        """
        self._engine = engine
        self._observer = observer
        self._settings = settings
        self._lock = threading.Lock()
        self.watch(settings.image_topics)

    def watch(self, topics: Sequence[str]) -> None:
        """Watch these cameras from now on, while no other thread calls `use` or `add`."""
        with self._lock:
            self._cameras = {
                topic: _CameraState(
                    self._settings, self._engine, len(topics), self._observer is not None
                )
                for topic in topics
            }
            self._intensity = Intensity.NORMAL
        self._owners: dict[str, str] = {}

    def use(self, topic: str, stamp: Stamp) -> Use:
        """Return what the frame of this stamp is for, before anyone converts it."""
        return self._cameras[topic].use(stamp)

    def add(self, topic: str, frame: Frame, use: Use) -> FrameFacts | None:
        """Add a frame that is of use; return what the engine saw in it, None if it only writes.

        Raise EngineError if the engine can't look. Of two topics with one frame_id, the second is
        called by its topic.
        """
        camera = self._cameras[topic]
        # Renamed before anyone sees the frame: caches are keyed by its identity.
        if self._owners.setdefault(frame.camera, topic) != topic:
            frame = replace(frame, camera=topic)
        if use is Use.KEEP:
            change = camera.change.observe(frame)
            with self._lock:
                camera.window.add(frame)
                if change.intensity is not Intensity.NONE:
                    camera.changed = frame.stamp
                self._intensity = max(self._intensity, change.intensity)
        if self._observer and camera.offer.take(frame.stamp):
            self._observer.offer(frame)
        return None if use is Use.OBSERVE else self._engine.look(frame)

    def view(self, reset_change: bool = True) -> View:
        """Return the newest frames of all cameras; `reset_change`: measure change from here on.

        No frames come from a camera that has fallen `STALE` behind the others.
        """
        with self._lock:
            chosen = [camera.window.select() for camera in self._cameras.values()]
            intensity = self._intensity
            if reset_change:
                self._intensity = Intensity.NONE
        newest = max((frames[-1].stamp for frames in chosen if frames), default=0)
        oldest = newest - from_seconds(STALE)
        fresh = [f for frames in chosen if frames and frames[-1].stamp > oldest for f in frames]
        return View(tuple(sorted(fresh, key=lambda frame: frame.stamp)), intensity)

    def windows(self) -> list[CameraWindow]:
        """Return the newest frames of each camera that has sent any."""
        with self._lock:
            return [
                CameraWindow(frames, camera.changed)
                for camera in self._cameras.values()
                if (frames := camera.window.select())
            ]

    def mark_changed(self) -> None:
        """Count the scene as changed, so that the next view is commented on."""
        with self._lock:
            self._intensity = Intensity.NORMAL

    def tune(self, settings: CycleSettings) -> None:
        """Apply what may change while running."""
        for camera in self._cameras.values():
            camera.change.threshold = settings.change_threshold
