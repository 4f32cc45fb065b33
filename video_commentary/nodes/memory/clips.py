"""Clips of what the memory's cameras see: what goes into them, when they are cut, and services."""

from __future__ import annotations

import array
import math
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from audio_common_msgs.msg import AudioDataStamped
from rclpy.node import Node

from video_commentary.msg import Clip, Commentary
from video_commentary.srv import Keep, ListClips, ReadClip

from ...config.memory_settings import MemorySettings
from ...core.clock_offset import ClockOffset
from ...core.memory_entry import ALERT, MemoryEntry
from ...core.pacing import LEAD
from ...core.stamp import Stamp, from_seconds, to_seconds
from ...memory.clip_buffer import MAX_AFTER, BufferLimits, ClipBuffer, ClipOrder, ClipRefusedError
from ...memory.clip_recorder import ClipRecorder
from ...memory.clip_store import ClipStore
from ...memory.filters import EntryFilter
from ...memory.reader import MemoryReadError, reading
from ...ros.clip_messages import clip_message
from ...ros.health import Check
from ...ros.messages import comment
from ...ros.qos import CLIPS, EVENTS
from ...ros.time import to_stamp
from ...ros.timers import every
from .clip_files import ClipFileFormats
from .services import replied

MAX_NAME = 100
"""Characters in a clip's name."""
_PAGE, _MAX_PAGE = 50, 500
_POLL = 0.25
"""Seconds between looks whether a clip is complete."""
_SOUND_WINDOW = 300.0
"""Seconds for which the fastest block of speech shows when blocks are due: speech pauses."""


class MemoryClips:
    """Holds the last seconds of each camera; writes clips on a thread of its own."""

    def __init__(
        self,
        node: Node,
        settings: Callable[[], MemorySettings],
        folder: Path,
        database: Path,
        now: Callable[[], Stamp],
    ) -> None:
        """`database` has the entries of alerts. `now`: this machine's time."""
        self._node = node
        self._settings = settings
        self._database = database
        self._now = now
        self._buffers: list[ClipBuffer] = []
        self._sound_clock = ClockOffset(_SOUND_WINDOW)
        chosen = settings()
        buffer_size = chosen.clip_buffer_megabytes * 1_000_000
        self._limits = BufferLimits(chosen.clip_seconds, buffer_size, chosen.clip_fps)
        commentator = node.resolve_topic_name(chosen.memory_commentator)
        limit = chosen.clip_disk_megabytes * 1_000_000
        self._store = ClipStore(folder, ClipFileFormats(commentator), limit)
        self._published = node.create_publisher(Clip, "~/clips", CLIPS)
        self._recorder = ClipRecorder(
            self._store,
            format=chosen.clip_format,
            max_waiting_size=buffer_size,
            entry_id=self._entry_id,
            on_written=lambda clip: self._published.publish(clip_message(clip)),
            log=node.get_logger().warning,
        )
        if chosen.clip_seconds > 0:
            topic = f"{chosen.memory_commentator}/audio_stamped"
            node.create_subscription(AudioDataStamped, topic, self._on_sound, EVENTS)
            every(node, _POLL, self._cut)

    def buffer(self, topic: str) -> ClipBuffer | None:
        """Return a new buffer for a camera, None without clips."""
        if self._limits.seconds <= 0:
            return None
        buffer = ClipBuffer(self._node.resolve_topic_name(topic), self._limits)
        self._buffers.append(buffer)
        return buffer

    def close(self) -> None:
        """Write the clips under way with what has come, and stop."""
        for buffer in self._buffers:
            for cut in buffer.take_all():
                self._recorder.add(cut)
        self._recorder.close()

    def set_disk_limit(self, megabytes: int) -> None:
        """Set the size of all clips from which on the oldest are deleted, at the next clip."""
        self._store.limit = megabytes * 1_000_000

    def on_comment(self, message: Commentary) -> None:
        """Take a comment as it grows."""
        said = comment(message)
        for buffer in self._buffers:
            if len(self._buffers) == 1 or buffer.camera == said.camera:
                buffer.add_words(said)

    def on_alert(self, entry: MemoryEntry, name: str) -> None:
        """Begin a clip about an alert, if that is wanted. `name`: the watch's."""
        settings = self._settings()
        if not settings.clip_on_alert or not self._buffers:
            return
        before, after = settings.clip_seconds, settings.clip_after
        try:
            self._begin(self._buffer_of(entry.camera), name, before, after, entry)
        except ClipRefusedError as error:
            self._node.get_logger().warning(f"no clip of the alert {name!r}: {error}")

    def keep(self, request: Keep.Request, response: Keep.Response) -> Keep.Response:
        """Begin a clip of the first camera that has pictures."""

        def reply() -> None:
            name, before = request.name.strip(), request.before
            after = self._settings().clip_after if request.after == 0 else request.after
            if len(name) > MAX_NAME:
                raise ClipRefusedError(f"name: at most {MAX_NAME} characters")
            if not (math.isfinite(before) and before >= 0):
                raise ClipRefusedError("before: seconds, or 0 for all that are held")
            if not (math.isfinite(after) and after <= MAX_AFTER):
                raise ClipRefusedError(f"after: at most {MAX_AFTER:g} seconds; negative for none")
            buffers = [each for each in self._buffers if each.held[0]] or self._buffers
            if not buffers:
                raise ClipRefusedError("clips are off: set clip_seconds and memory_topics")
            response.id = self._begin(buffers[0], name, before or None, max(after, 0.0), None)
            response.message = f"it will be in {self._store.root / response.id}"

        return replied(response, "message", reply)

    def list_clips(
        self, request: ListClips.Request, response: ListClips.Response
    ) -> ListClips.Response:
        """List the clips, the newest first."""

        def reply() -> None:
            limit = request.limit or _PAGE
            if limit > _MAX_PAGE:
                raise ClipRefusedError(f"limit: {limit} is above {_MAX_PAGE}")
            clips = self._store.newest(to_stamp(request.before), limit)
            response.clips = [clip_message(clip) for clip in clips]
            response.total, response.bytes = len(self._store), self._store.size

        return replied(response, "message", reply)

    def read_clip(
        self, request: ReadClip.Request, response: ReadClip.Response
    ) -> ReadClip.Response:
        """Read a part of a clip; may take seconds if an mp4 file has to be made."""

        def reply() -> None:
            data, total = self._store.read(
                request.id, request.format, request.offset, request.length
            )
            # An array is assigned as it is; bytes are checked one by one (rosidl_python#156).
            response.data, response.total = array.array("B", data), total

        return replied(response, "message", reply)

    def check(self) -> Check:
        """Return the check for /diagnostics."""
        held = [buffer.held for buffer in self._buffers]
        values = {
            "folder": self._store.root,
            "clips": len(self._store),
            "size MB": f"{self._store.size / 1e6:.1f}",
            "under way": sum(buffer.pending for buffer in self._buffers),
            "written": self._recorder.written,
            "dropped": self._recorder.dropped,
            "pictures held": sum(pictures for pictures, _ in held),
            "held MB": f"{sum(size for _, size in held) / 1e6:.1f}",
            "pictures dropped early": sum(buffer.dropped for buffer in self._buffers),
        }
        return Check("clips", self._recorder.trouble, True, values)

    def _begin(
        self,
        buffer: ClipBuffer,
        name: str,
        before: float | None,
        after: float,
        alert: MemoryEntry | None,
    ) -> str:
        now = time.monotonic()
        order = ClipOrder(
            id=self._store.new_id(self._now()),
            name=name,
            moment=alert.stamp if alert else buffer.moment(now),
            before=before,
            after=after,
            alert=alert,
        )
        buffer.begin(order, now)
        return order.id

    def _buffer_of(self, camera: str) -> ClipBuffer:
        return next((each for each in self._buffers if each.camera == camera), self._buffers[0])

    def _cut(self) -> None:
        now = time.monotonic()
        for buffer in self._buffers:
            for cut in buffer.take_cut(now):
                self._recorder.add(cut)

    def _on_sound(self, message: AudioDataStamped) -> None:
        now, stamp = time.monotonic(), to_stamp(message.header.stamp)
        samples = message.audio.data.tobytes()
        if samples and stamp:
            # It was sent LEAD before it is due; the fastest block shows how the clocks differ.
            self._sound_clock.add(stamp - from_seconds(LEAD), from_seconds(now), now)
        offset = self._sound_clock.smallest
        due = now if offset is None or not stamp else to_seconds(stamp) + offset
        for buffer in self._buffers:
            if samples:
                buffer.add_sound(due, samples)
            else:
                buffer.cut_sound(due)

    def _entry_id(self, alert: MemoryEntry) -> int:
        at = EntryFilter(kinds=(ALERT,), start=alert.time, end=alert.time)
        with suppress(MemoryReadError), reading(self._database) as reader:
            for entry in reader.page(at, limit=10).entries:
                if entry.text == alert.text:
                    return entry.id
        return 0
