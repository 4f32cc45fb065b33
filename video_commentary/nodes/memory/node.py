"""The memory node: keeps what is said and seen, and answers questions about the past."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node

from video_commentary.msg import Alert, Commentary, Event
from video_commentary.srv import History, Keep, ListClips, ReadClip, Recall, Recap

from ...config.memory_settings import MemorySettings
from ...config.paths import state_dir
from ...core.memory_entry import MemoryEntry
from ...core.stamp import Stamp
from ...memory.database import size_on_disk
from ...memory.named_places import load_places
from ...memory.recorder import Recorder
from ...memory.retention import RetentionLimits
from ...ros.futures import Futures
from ...ros.health import Check, Rates, camera_check, diagnostic
from ...ros.parameters import LiveParameters, declare
from ...ros.qos import EVENTS
from ...ros.running import run
from ...ros.timers import every
from .clips import MemoryClips
from .memory_camera import MemoryCamera
from .messages import alert_entry, comment_entry, event_entry
from .robot_location import RobotLocation
from .services import MemoryServices


class MemoryNode(Node):
    """Listens to a commentator, which knows nothing of it and never waits for it."""

    def __init__(self) -> None:
        super().__init__("memory")
        settings = declare(self, MemorySettings)
        path = _path(settings, self.get_fully_qualified_name())
        self._live = LiveParameters(self, settings, accept=self._accept)
        self._recorder = Recorder(path, _limits(settings), self._now, self.get_logger().warning)
        folder = _clip_folder(settings, path)
        self._clips = MemoryClips(self, lambda: self._live.settings, folder, path, self._now)
        self._cameras = self._create_cameras(settings)
        self._rates = Rates(self._cameras)
        frame = next(filter(None, settings.memory_fixed_frames), "map")
        places = load_places(settings.places_file, frame)
        self._location = RobotLocation(self, settings, places, self._now)
        self._replies = MemoryServices(path, self._now)
        self._futures = Futures(self)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="recall")
        self._clip_pool = ThreadPoolExecutor(1, thread_name_prefix="read_clip")
        name = settings.memory_commentator
        self._comments = self.create_subscription(
            Commentary, f"{name}/commentary_events", self._on_comment, EVENTS
        )
        self.create_subscription(Event, f"{name}/events", self._on_event, EVENTS)
        self.create_subscription(Alert, f"{name}/alerts", self._on_alert, EVENTS)
        self._serve(Recall, "~/recall", self._replies.recall, self._pool)
        self._serve(Recap, "~/recap", self._replies.recap, self._pool)
        self._serve(History, "~/history", self._replies.history, self._pool)
        self._serve(ReadClip, "~/read_clip", self._clips.read_clip, self._clip_pool)
        self.create_service(Keep, "~/keep", self._clips.keep)
        self.create_service(ListClips, "~/list_clips", self._clips.list_clips)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        every(self, 1.0, self._report)
        self.get_logger().info(f"remembering in {path}")

    def destroy_node(self) -> None:
        """Write what has come, stop every thread, then destroy the node."""
        self._recorder.close()
        for camera in self._cameras:
            camera.close()
        self._clips.close()
        for pool in (self._pool, self._clip_pool):
            pool.shutdown(wait=False, cancel_futures=True)
        super().destroy_node()

    def _create_cameras(self, settings: MemorySettings) -> list[MemoryCamera]:
        if not settings.memory_thumbnails and settings.clip_seconds <= 0:
            return []
        return [
            MemoryCamera(
                self,
                topic,
                thumbnails=settings.memory_thumbnails,
                clips=self._clips.buffer(topic),
                clip_max_side=settings.clip_max_side,
            )
            for topic in settings.memory_topics
        ]

    def _serve(
        self, kind: Any, name: str, reply: Callable[[Any, Any], Any], pool: ThreadPoolExecutor
    ) -> None:
        async def callback(request: Any, response: Any) -> Any:
            return await self._futures.of(pool.submit(reply, request, response))

        # A search may take a while: in its own group, the coroutine that waits for it blocks no
        # other callback.
        self.create_service(kind, name, callback, callback_group=ReentrantCallbackGroup())

    def _now(self) -> Stamp:
        return int(self.get_clock().now().nanoseconds)

    def _accept(self, settings: MemorySettings) -> None:
        self._recorder.limits = _limits(settings)
        self._clips.set_disk_limit(settings.clip_disk_megabytes)

    def _on_comment(self, message: Commentary) -> None:
        self._clips.on_comment(message)
        if (entry := comment_entry(message)) is not None:
            self._remember(entry)

    def _on_event(self, message: Event) -> None:
        self._remember(event_entry(message))

    def _on_alert(self, message: Alert) -> None:
        entry = self._remember(alert_entry(message))
        self._clips.on_alert(entry, message.name)

    def _remember(self, entry: MemoryEntry) -> MemoryEntry:
        """Complete an entry, store it and return it."""
        stamp = entry.stamp or self._now()  # an engine without frames has no stamp
        camera = self._camera_of(entry.camera)
        correction = camera.clock.correction if camera else 0
        thumbnail = entry.thumbnail or (camera.find(stamp) if camera else b"")
        time = stamp + correction
        location = self._location.find(time)
        entry = replace(entry, stamp=stamp, time=time, thumbnail=thumbnail, location=location)
        self._recorder.add(entry)
        return entry

    def _camera_of(self, frame_id: str) -> MemoryCamera | None:
        for camera in self._cameras:
            if frame_id == (camera.frame_id or camera.topic):
                return camera
        return self._cameras[0] if len(self._cameras) == 1 else None

    def _report(self) -> None:
        for camera in self._cameras:
            camera.follow_publishers()
        self._rates.update()
        cameras = zip(self._cameras, self._rates.fps, strict=True)
        checks = [
            self._memory_check(),
            self._clips.check(),
            self._commentator_check(),
            *(camera_check(camera, fps) for camera, fps in cameras),
        ]
        report = DiagnosticArray(status=[diagnostic(self.get_name(), check) for check in checks])
        report.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(report)

    def _memory_check(self) -> Check:
        recorder = self._recorder
        values = {
            "file": recorder.path,
            "size MB": f"{size_on_disk(recorder.path) / 1e6:.1f}",
            "entries written": recorder.written,
            "entries dropped": recorder.dropped,
            "damaged file moved to": recorder.damaged,
            "robot": self._location.words,
        }
        return Check("memory", recorder.trouble, True, values)

    def _commentator_check(self) -> Check:
        topic = self._comments.topic_name
        trouble = ""
        if not self.count_publishers(topic):
            trouble = (
                f"nobody publishes {topic}: start the commentator, or set memory_commentator to "
                "its name"
            )
        return Check("commentator", trouble, False, {})


def _path(settings: MemorySettings, node: str) -> Path:
    """Return the database file; by default two robots on one machine have different ones."""
    if settings.memory_path:
        return Path(settings.memory_path).expanduser().absolute()
    return state_dir() / f"{node.strip('/').replace('/', '.')}.db"


def _clip_folder(settings: MemorySettings, database: Path) -> Path:
    if settings.clip_folder:
        return Path(settings.clip_folder).expanduser().absolute()
    return database.with_suffix(".clips")


def _limits(settings: MemorySettings) -> RetentionLimits:
    return RetentionLimits(settings.memory_days, settings.memory_megabytes * 1_000_000)


def main() -> None:
    """Run the memory node."""
    run(MemoryNode)


if __name__ == "__main__":
    main()
