"""The last seconds of one camera, with what was said meanwhile, from which clips are cut."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from ..core.clip import ClipContents, ClipPicture, ClipSound, ClipWords
from ..core.clock_offset import ClockOffset
from ..core.comment import Comment
from ..core.frames import StampSampler
from ..core.memory_entry import MemoryEntry
from ..core.stamp import NANOSECONDS, Stamp, from_seconds, to_seconds

JUMP: Stamp = 2 * NANOSECONDS
"""By how much a stamp must fall, or rise faster than time passes, for the camera's clock to count
as set."""
MAX_PENDING = 8
"""Clips of one camera that may be under way at once."""
MAX_AFTER = 60.0
"""Seconds after the moment that a clip may go on."""
PATIENCE = 2.0
"""Seconds for which a clip waits for late pictures, and for the end of a sentence."""


class ClipRefusedError(ValueError):
    """A clip can't be begun or read; the message says why and what to do."""


@dataclass(frozen=True)
class BufferLimits:
    """The seconds that are held, the bytes of pictures and sound, and the pictures a second."""

    seconds: float
    size: int
    fps: float


@dataclass(frozen=True, kw_only=True)
class ClipOrder:
    """A clip to be cut. `moment`: what it is kept for happened then.

    `before`, `after`: seconds around that; `before` is None for all that is held. `alert`: the
    entry of the alert, None if somebody asked for the clip.
    """

    id: str
    name: str
    moment: Stamp
    before: float | None
    after: float
    alert: MemoryEntry | None = None


@dataclass(frozen=True)
class CutClip:
    """A clip whose pictures have all come."""

    order: ClipOrder
    contents: ClipContents


@dataclass(frozen=True)
class _Pending:
    order: ClipOrder
    begin: Stamp
    end: Stamp
    deadline: float
    """Monotonic, seconds: it is cut then, whatever has come."""


class ClipBuffer:
    """Keeps one camera's newest pictures, comments and sound; safe on several threads.

    Times called `now` are monotonic, in seconds. `camera`: frame_id of the newest picture, empty
    before the first. `dropped` counts the pictures that went early because they took too many
    bytes.
    """

    def __init__(self, topic: str, limits: BufferLimits) -> None:
        """`topic`: the camera's."""
        self._topic = topic
        self._limits = limits
        self._lock = threading.Lock()
        self._sampler = StampSampler(limits.fps)
        self.camera = ""
        self._pictures: deque[ClipPicture] = deque()
        self._words: deque[ClipWords] = deque()
        self._sound: deque[ClipSound] = deque()
        self._size = 0
        self._came_at = 0.0
        self._offset = ClockOffset()
        self._pending: list[_Pending] = []
        self._cut: list[CutClip] = []
        self.dropped = 0

    @property
    def held(self) -> tuple[int, int]:
        """How many pictures are held, and the bytes of pictures and sound."""
        with self._lock:
            return len(self._pictures), self._size

    @property
    def pending(self) -> int:
        """How many clips are under way."""
        return len(self._pending)

    def wants(self, stamp: Stamp) -> bool:
        """Return whether the picture of this stamp is to be kept; call it once for each."""
        with self._lock:
            return self._sampler.take(stamp)

    def add_picture(self, camera: str, stamp: Stamp, jpeg: bytes, now: float) -> None:
        """Keep a picture of the camera with this frame_id.

        After a jump of the camera's clock, clips under way end with what came before it.
        """
        with self._lock:
            if self._pictures:
                step = stamp - self._pictures[-1].stamp
                if step < -JUMP or step > from_seconds(now - self._came_at) + JUMP:
                    self._start_over()
                elif step <= 0:
                    return
            self.camera, self._came_at = camera, now
            self._offset.add(stamp, from_seconds(now), now)
            self._pictures.append(ClipPicture(stamp, jpeg))
            self._size += len(jpeg)
            self._forget()

    def add_words(self, comment: Comment) -> None:
        """Keep a comment, or its newer state."""
        stamp = comment.first_sound or comment.first_words or comment.newest
        if not comment.text:
            return
        with self._lock:
            for index, known in enumerate(self._words):
                if known.comment.sequence == comment.sequence and not known.comment.final:
                    self._words[index] = ClipWords(stamp, comment)
                    return
            self._words.append(ClipWords(stamp, comment))

    def add_sound(self, due: float, samples: bytes) -> None:
        """Keep a block of speech that is heard at `due`, monotonic seconds."""
        with self._lock:
            stamp = self._stamp(due)
            if stamp is not None:
                self._sound.append(ClipSound(stamp, samples))
                self._size += len(samples)

    def cut_sound(self, now: float) -> None:
        """Drop the sound that was still to be heard."""
        with self._lock:
            stamp = self._stamp(now)
            while stamp is not None and self._sound and self._sound[-1].stamp >= stamp:
                self._size -= len(self._sound.pop().samples)

    def begin(self, order: ClipOrder, now: float) -> None:
        """Begin a clip. Raise ClipRefusedError without pictures, or with too many clips at once."""
        with self._lock:
            current = self._stamp(now)
            if current is None or now - self._came_at > self._limits.seconds:
                raise ClipRefusedError(
                    f"no picture has come on {self._topic} lately: see /diagnostics"
                )
            if len(self._pending) >= MAX_PENDING:
                raise ClipRefusedError(
                    f"{MAX_PENDING} clips are under way already: try again in a few seconds"
                )
            oldest = self._pictures[0].stamp
            begin = oldest if order.before is None else order.moment - from_seconds(order.before)
            end = order.moment + from_seconds(order.after)
            # A moment in the future is a mistake: the clip must not wait for it.
            left = min(max(0.0, to_seconds(end - current)), order.after)
            self._pending.append(_Pending(order, max(begin, oldest), end, now + left + PATIENCE))

    def moment(self, now: float) -> Stamp:
        """Return the camera's time; 0 without a picture."""
        with self._lock:
            return self._stamp(now) or 0

    def take_cut(self, now: float) -> list[CutClip]:
        """Return, once, the clips that are complete."""
        with self._lock:
            done = [pending for pending in self._pending if self._is_complete(pending, now)]
            return self._taken(done)

    def take_all(self) -> list[CutClip]:
        """Return the clips under way with what has come."""
        with self._lock:
            return self._taken(self._pending)

    def _taken(self, done: Iterable[_Pending]) -> list[CutClip]:
        for pending in [*done]:
            self._pending.remove(pending)
            self._finish(pending)
        cut, self._cut = self._cut, []
        return cut

    def _is_complete(self, pending: _Pending, now: float) -> bool:
        if now >= pending.deadline:
            return True
        growing = any(
            not words.comment.final and pending.begin <= words.stamp <= pending.end
            for words in self._words
        )
        return self._pictures[-1].stamp >= pending.end and not growing

    def _finish(self, pending: _Pending) -> None:
        begin, end = pending.begin, pending.end
        pictures = tuple(p for p in self._pictures if begin <= p.stamp <= end)
        if not pictures:  # the moment is not in the buffer: an alert about an old recording
            pictures = (min(self._pictures, key=lambda p: abs(p.stamp - pending.order.moment)),)
        words = sorted(
            (w for w in self._words if begin <= w.stamp <= end), key=lambda words: words.stamp
        )
        sound = sorted(
            (s for s in self._sound if s.end > pictures[0].stamp and s.stamp <= end),
            key=lambda block: block.stamp,
        )
        contents = ClipContents(
            camera=self.camera,
            topic=self._topic,
            pictures=pictures,
            words=tuple(words),
            sound=tuple(sound),
        )
        self._cut.append(CutClip(pending.order, contents))

    def _start_over(self) -> None:
        for pending in self._pending:
            self._finish(pending)
        self._pending.clear()
        for kept in (self._pictures, self._words, self._sound):
            kept.clear()
        self._size = 0
        self._offset.clear()

    def _forget(self) -> None:
        newest = self._pictures[-1].stamp
        begins = (pending.begin for pending in self._pending)
        floor = min([newest - from_seconds(self._limits.seconds), *begins])
        while self._pictures[0].stamp < floor:
            self._size -= len(self._pictures.popleft().jpeg)
        while self._sound and self._sound[0].end < floor:
            self._size -= len(self._sound.popleft().samples)
        while self._words and self._words[0].stamp < floor:
            self._words.popleft()
        while self._size > self._limits.size and len(self._pictures) > 1:
            self._size -= len(self._pictures.popleft().jpeg)
            self.dropped += 1

    def _stamp(self, now: float) -> Stamp | None:
        """Return the camera's time at a monotonic time, None without a picture."""
        if not self._pictures or self._offset.smallest is None:
            return None
        return from_seconds(now - self._offset.smallest)
