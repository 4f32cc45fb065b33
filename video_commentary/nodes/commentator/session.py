"""Everything that lives from configure to cleanup, and the threads from activate to deactivate."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from rclpy.node import Node

from ...config.settings import CommentatorSettings
from ...core.audio import OUTPUT_FORMAT
from ...core.clock import CameraClock, Clock
from ...core.comment import Comment
from ...core.commentator import Commentator
from ...core.control import Control
from ...core.facts import FrameFacts
from ...core.facts_observer import FactsObserver
from ...core.frames import Frame
from ...core.loading import Loader
from ...core.pacing import Playout
from ...core.pause_worker import PauseWorker
from ...core.scene_monitor import SceneMonitor, Use
from ...core.stamp import Stamp
from ...core.watch_judge import WatchJudge
from ...ros.audio_publisher import AudioPublisher
from ...ros.camera import Camera
from ...ros.frame_worker import FrameWorker
from ...ros.health import Rates
from ...wiring import Assembly
from .scene_sound import SceneSound
from .watch_services import WatchServices


class Session:
    """The engine, loading or loaded, and the commentary it makes while active."""

    def __init__(
        self,
        node: Node,
        settings: CommentatorSettings,
        assembly: Assembly,
        control: Control,
        clock: Clock,
        publish: Callable[[Comment], None],
        publish_facts: Callable[[Frame, FrameFacts], None],
        watches: WatchServices,
    ) -> None:
        """Hold what is needed; `loader.start` begins to load the engine."""
        self._node = node
        self._settings = settings
        self._clock = clock
        self._control = control
        self._publish_facts = publish_facts
        self.assembly = assembly
        # how long the engine took to load, and its phases; empty before it is loaded
        self.load_time = ""
        self.loader = Loader(assembly.engine, on_ready=self._loaded)
        self.playout = Playout(OUTPUT_FORMAT)
        observer = assembly.observer
        self.observer = FactsObserver(observer, publish_facts) if observer else None
        self._scene = SceneMonitor(settings, assembly.engine, self.observer)
        self.judge = WatchJudge(
            assembly.engine,
            self._scene,
            watches.watches,
            clock,
            watches.publish_alert,
            settings.watch_threshold,
        )
        self.cameras: list[Camera] = []
        self.sound: SceneSound | None = None
        self._camera_clock = CameraClock(clock, self._clock_correction)
        self.commentator = Commentator(
            assembly.engine,
            self._scene,
            control,
            self.playout,
            self._camera_clock,
            publish,
            PauseWorker(self.judge.due, self.judge.run),
        )
        self.rates = Rates([])
        self._stop = threading.Event()
        self._audio_publisher: AudioPublisher | None = None
        self._frames: FrameWorker | None = None
        self._thread: threading.Thread | None = None

    @property
    def active(self) -> bool:
        """Whether the commentary thread runs."""
        return self._thread is not None

    @property
    def speaking(self) -> bool:
        """Whether sound is still to be heard."""
        now = self._clock.now()
        return self.playout.ends_at(now) > now

    @property
    def error(self) -> str:
        """What is wrong with the engine and what to do; empty when it works."""
        frames = self._frames.error if self._frames else ""
        return self.loader.error or self.commentator.error or frames

    def activate(
        self,
        publish_audio: Callable[[Any], None],
        publish_stamped: Callable[[Any], None],
        volume: Callable[[], float],
    ) -> None:
        """Watch the cameras; comment as soon as the engine is loaded."""
        self._stop = threading.Event()
        self.commentator.reset()
        self._open_cameras(self._settings.image_topics)
        self._open_sound()
        self._audio_publisher = AudioPublisher(
            self.playout, self._clock, publish_audio, publish_stamped, volume
        )
        self._thread = threading.Thread(target=self._run, name="commentary", daemon=True)
        self._thread.start()

    def deactivate(self) -> None:
        """Fall silent at once and stop the threads."""
        if self._thread is None:
            return
        self._stop.set()
        self._control.interrupt()
        self._thread.join()
        self._thread = None
        if self._audio_publisher:
            self._audio_publisher.close()
        if self.sound:
            self.sound.close()
            self.sound = None
        self._close_cameras()

    def watch(self, topics: Sequence[str]) -> None:
        """Watch these cameras instead, unless they are the same."""
        self._settings = replace(self._settings, image_topics=tuple(topics))
        if self.active and [camera.topic for camera in self.cameras] != list(topics):
            self._close_cameras()
            self._open_cameras(topics)

    def close(self) -> None:
        """Free the engine."""
        self.deactivate()
        self.loader.close()
        if self.observer:
            self.observer.close()

    def follow_publishers(self) -> None:
        """Update the cameras' subscriptions and rates; called about once a second."""
        self.rates.update()
        for camera in self.cameras:
            camera.follow_publishers()
        if self.sound:
            self.sound.follow_publishers()

    def _loaded(self, seconds: float) -> None:
        phases = self.assembly.progress.summary
        self.load_time = f"{seconds:.1f} s" + (f" ({phases})" if phases else "")
        self._node.get_logger().info(f"the engine was loaded in {self.load_time}")
        self._control.wake.set()

    def _open_cameras(self, topics: Sequence[str]) -> None:
        self._scene.watch(topics)
        arrived = threading.Event()
        self.cameras = [self._camera(topic, arrived) for topic in topics]
        self.rates = Rates(self.cameras)
        self._frames = FrameWorker(
            self.cameras, self._scene, self.commentator.on_frame, self._publish_facts, arrived
        )

    def _open_sound(self) -> None:
        if self._settings.hear:
            topic, engine = self._settings.sound_topic, self.assembly.engine
            self.sound = SceneSound(self._node, topic, engine, self.loader, self._camera_clock)

    def _close_cameras(self) -> None:
        if self._frames:
            self._frames.close()
        for camera in self.cameras:
            camera.close()

    def _camera(self, topic: str, arrived: threading.Event) -> Camera:
        settings = self._settings
        return Camera(
            self._node, topic, settings.image_transport, settings.max_image_side, self._use, arrived
        )

    def _use(self, topic: str, stamp: Stamp) -> Use:
        return self._scene.use(topic, stamp) if self.loader.ready.is_set() else Use.NONE

    def _clock_correction(self) -> Stamp:
        """Return what to add to the first camera's stamps to get our time."""
        return self.cameras[0].clock.correction if self.cameras else 0

    def _run(self) -> None:
        while not self._stop.is_set():
            self._control.wake.clear()
            if not self.loader.ready.is_set():
                if not self._stop.is_set():
                    self._control.wake.wait()
                continue
            try:
                self.commentator.run(self._stop)
            except Exception:  # noqa: BLE001 - without this thread the node would stay silent
                self._node.get_logger().error(f"a comment failed:\n{traceback.format_exc()}")
